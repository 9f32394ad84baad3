"""Protections that nothing but a named switch leaves off."""

from __future__ import annotations

from pathlib import Path

import pytest

from dialer.config import load_config
from dialer.config.unsafe import is_read_on_the_way
from dialer.errors import InputError
from dialer.reading.database import PostgresUrl
from tests.support.inputs import CONFIG, NOW, Inputs, short

REMOTE = "postgresql://dialer@db.example/dialer"


def faults(inputs: Inputs, text: str) -> list[str]:
    inputs.config.write_text(text, encoding="utf-8")
    try:
        load_config(inputs.config, now=NOW)
    except InputError as refused:
        return [short(fault) for fault in refused.faults]
    return []


@pytest.mark.parametrize(
    "store",
    [
        REMOTE,
        f"{REMOTE}?sslmode=require",
        f"{REMOTE}?sslmode=verify-ca",
        "postgresql://dialer@10.0.0.5/dialer",
        # libpq goes by the option, and by each of a list.
        "postgresql://dialer@127.0.0.1/dialer?host=db.example",
        "postgresql://dialer@/dialer?host=/run/postgresql,db.example",
        "postgresql://dialer@localhost.example/dialer",
    ],
)
def test_a_database_elsewhere_is_reached_by_verified_tls_only(inputs: Inputs, store: str) -> None:
    text = f'store: "{store}"\n{CONFIG}'
    (fault,) = faults(inputs, text)
    assert "sslmode=verify-full" in fault
    assert "unsafe.database_without_tls" in fault
    assert faults(inputs, f"{text}\nunsafe: {{database_without_tls: true}}\n") == []


@pytest.mark.parametrize(
    "store",
    [
        f"{REMOTE}?sslmode=verify-full",
        "postgresql://dialer@127.0.0.1/dialer",
        "postgresql://dialer@[::1]/dialer",
        "postgresql://dialer@localhost/dialer",
        "postgresql://dialer@/dialer?host=/run/postgresql",
    ],
)
def test_a_database_here_or_verified_is_taken(inputs: Inputs, store: str) -> None:
    assert faults(inputs, f'store: "{store}"\n{CONFIG}') == []


def test_a_database_without_any_host_named_is_not_taken_for_one_here() -> None:
    assert is_read_on_the_way(PostgresUrl("dialer", None, 5432, "dialer"))


@pytest.mark.parametrize(
    "url, fine",
    [("mqtt://broker", False), ("mqtts://broker", True), ("mqtt://127.0.0.1", True)],
)
def test_a_broker_s_password_goes_by_tls(inputs: Inputs, url: str, fine: bool) -> None:
    secret = inputs.folder / "secret"
    secret.write_text("hush")
    secret.chmod(0o600)
    text = f"{CONFIG}\nmqtt: {{url: '{url}', username: dialer, password_file: secret}}\n"
    assert (faults(inputs, text) == []) is fine
    assert faults(inputs, f"{text}unsafe: {{broker_without_tls: true}}\n") == []
    assert faults(inputs, f"{CONFIG}\nmqtt: {{url: '{url}'}}\n") == []


@pytest.mark.parametrize("mode", [0o770, 0o707, 0o1777, 0o720])
@pytest.mark.parametrize("which", [".", "var", "var/keys", "var/prompts", "var/recordings"])
def test_a_folder_that_others_may_write_to_is_refused(
    inputs: Inputs, which: str, mode: int
) -> None:
    folder = inputs.folder / which
    folder.mkdir(parents=True, exist_ok=True)
    assert faults(inputs, CONFIG) == []
    folder.chmod(mode)
    (fault,) = faults(inputs, CONFIG)
    assert f"chmod go-w {folder.resolve()}" in fault or f"chmod go-w {folder}" in fault
    assert faults(inputs, f"{CONFIG}\nunsafe: {{folders_others_may_write: true}}\n") == []


def test_a_configuration_that_others_may_write_to_is_refused(inputs: Inputs) -> None:
    inputs.config.chmod(0o664)
    (fault,) = faults(inputs, CONFIG)
    assert f"chmod go-w {inputs.config}" in fault


def test_folders_readable_for_others_are_no_fault(inputs: Inputs, tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    assert faults(inputs, CONFIG) == []


def test_a_link_in_a_folder_that_others_may_write_to_is_refused(
    inputs: Inputs, tmp_path: Path
) -> None:
    inputs.config.write_text(CONFIG, encoding="utf-8")
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(0o777)
    link = shared / "dialer.yaml"
    link.symlink_to(inputs.config)
    with pytest.raises(InputError, match=f"chmod go-w {shared}"):
        load_config(link, now=NOW)
