"""Runs the steps: `python3 -m deploy.setup [--rebuild-native] [--peers]`, or `--fresh`."""

from __future__ import annotations

import argparse
import signal
import sys
from pathlib import Path

from deploy.setup import (
    asterisk,
    environment,
    fresh,
    native,
    packages,
    pjsip,
    postgres,
    programs,
    python_choice,
    stamps,
    systemd,
)
from deploy.setup import peers as debian_peers
from deploy.setup.checkout import Checkout
from deploy.setup.errors import SetupError, describe
from deploy.setup.pjsip_source import VERSION
from deploy.setup.progress import Steps
from deploy.setup.shell import Machine, Shell

INTERRUPTED = 130


def set_up(
    checkout: Checkout,
    shell: Shell,
    steps: Steps,
    *,
    rebuild_native: bool = False,
    peers: bool = False,
) -> None:
    with steps.step("Python") as step:
        python = python_choice.choose(checkout, shell)
        step.done(f"{python.name} at {python.executable}")
    with steps.step("system packages") as step:
        packages.ensure(checkout, shell, step, python)
        if python.missing:
            python = python_choice.choose(checkout, shell)
    with steps.step(f"PJSIP {VERSION}") as step:
        built = pjsip.ensure(checkout, shell, step, python)
    with steps.step("Python packages") as step:
        key = environment.ensure(checkout, shell, step, python, built)
        programs.note(checkout, shell)
    with steps.step("native extensions") as step:
        if rebuild_native:
            environment.stamps(checkout).drop("native")
        native.ensure(checkout, shell, step, built, key)
    if peers:
        with steps.step("Asterisk, a peer of the tests") as step:
            asterisk.ensure(checkout, shell, step)
        with steps.step("PostgreSQL, a peer of the tests") as step:
            postgres.ensure(checkout, shell, step)
        with steps.step("other peers of the tests") as step:
            debian_peers.ensure(checkout, shell, step)
        with steps.step("systemd's analyser, for the tests") as step:
            systemd.ensure(checkout, shell, step)


def main() -> int:
    parser = argparse.ArgumentParser(prog="set-up", description="Prepares this checkout.")
    parser.add_argument(
        "--rebuild-native", action="store_true", help="build the extensions, changed or not"
    )
    parser.add_argument(
        "--peers", action="store_true", help="fetch what the tests set against us as well"
    )
    parser.add_argument(
        "--fresh", action="store_true", help="run the README's commands on a bare Debian instead"
    )
    arguments = parser.parse_args()
    checkout = Checkout(Path(__file__).resolve().parents[2])
    # Ended politely or by the keyboard: the programs we started end with us.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        lock = checkout.cache / ("fresh.lock" if arguments.fresh else "set-up.lock")
        with stamps.only_one(lock, lambda text: print(text, flush=True)):
            if arguments.fresh:
                fresh.run(checkout, Machine(), Steps(3 + len(fresh.commands())))
                return 0
            set_up(
                checkout,
                Machine(),
                Steps(9 if arguments.peers else 5),
                rebuild_native=arguments.rebuild_native,
                peers=arguments.peers,
            )
    except SetupError as error:
        print(describe(error), file=sys.stderr)
        return 1
    except OSError as error:
        print(f"set-up failed: {error}", file=sys.stderr)
        print("  what to do: see that the disk has room and is yours to write", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("set-up was interrupted; nothing half-built was kept", file=sys.stderr)
        return INTERRUPTED
    return 0


if __name__ == "__main__":
    sys.exit(main())
