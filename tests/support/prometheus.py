"""A real Prometheus on a free loopback port that scrapes one node, and answers questions."""

from __future__ import annotations

import json
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any, Final, Self

import yaml

from tests.support import peers
from tests.support.broker import free_port
from tests.support.rules import RULES

_START_SECONDS: Final = 20.0


class Prometheus:
    """On `deploy/prometheus/prometheus.yml`, but each second and of the node at `target`."""

    def __init__(self, folder: Path, target: str) -> None:
        self.port = free_port()
        self._folder = folder
        self._target = target
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self._folder.mkdir(parents=True, exist_ok=True)
        config = yaml.safe_load((RULES.parent / "prometheus.yml").read_text(encoding="utf-8"))
        config["global"] |= {"scrape_interval": "1s", "evaluation_interval": "1s"}
        config["rule_files"] = [str(RULES.parent / name) for name in config["rule_files"]]
        config["scrape_configs"][0]["static_configs"][0]["targets"] = [self._target]
        file = self._folder / "prometheus.yml"
        file.write_text(yaml.safe_dump(config), encoding="utf-8")
        command = [
            *peers.command("prometheus"),
            f"--config.file={file}",
            f"--storage.tsdb.path={self._folder / 'data'}",
            f"--web.listen-address=127.0.0.1:{self.port}",
        ]
        with (self._folder / "log").open("wb") as log:
            self._process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        try:
            self._wait()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.terminate()
            try:
                process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def ask(self, expression: str, at: float | None = None) -> list[dict[str, Any]]:
        """The vector that the expression gives, now or at a Unix time. AssertionError if wrong."""
        asked = {"query": expression} | ({} if at is None else {"time": f"{at:.3f}"})
        found = self._get("query", asked)
        assert found["resultType"] == "vector", expression
        vector: list[dict[str, Any]] = found["result"]
        return vector

    def rules(self) -> list[dict[str, Any]]:
        """All alert rules, with their health and what they say."""
        return [rule for group in self._get("rules", {})["groups"] for rule in group["rules"]]

    def _get(self, what: str, asked: dict[str, str]) -> dict[str, Any]:
        url = f"http://127.0.0.1:{self.port}/api/v1/{what}?{urllib.parse.urlencode(asked)}"
        try:
            with urllib.request.urlopen(url, timeout=10) as reply:
                data: dict[str, Any] = json.load(reply)["data"]
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{asked}: {error.read().decode()}") from error
        return data

    def _wait(self) -> None:
        until = time.monotonic() + _START_SECONDS
        while True:
            assert self._process is not None
            said = (self._folder / "log").read_text("utf-8", "replace")[-2000:]
            assert self._process.poll() is None, f"Prometheus ended: {said}"
            assert time.monotonic() < until, f"Prometheus does not answer: {said}"
            if self._is_ready():
                return
            time.sleep(0.05)

    def _is_ready(self) -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/-/ready", timeout=5):
                return True
        except OSError:
            return False
