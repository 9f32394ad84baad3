"""Where master keys are to be had, while one follows another."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from dialer.errors import MasterKeyError
from dialer.testing import MemoryKeys
from dialer.vault.place import (
    MasterCommand,
    MasterFile,
    MasterPlaces,
    MasterVariable,
    masters_for,
    write_new,
)
from tests.support.vault import CARDS, master, new_vault, plain_master, shelved


def ids(place: MasterFile | MasterPlaces | MasterVariable | MasterCommand) -> list[str]:
    return [key.id for key in place.read()]


def test_a_key_is_made_once_for_its_owner_only(tmp_path: Path) -> None:
    place = MasterFile(tmp_path / "deep" / "keys" / "master")
    assert place.make()
    (made,) = ids(place)
    text = place.path.read_text()
    assert len(text) == 64
    assert len(set(bytes.fromhex(text))) > 12, "it is random"
    assert stat.S_IMODE(place.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(place.path.parent.stat().st_mode) == 0o700
    assert not place.make(), "there is one"
    assert ids(place) == [made]
    with pytest.raises(MasterKeyError, match=r"no master key was written to .*: File exists"):
        write_new(place.path)
    assert place.path.read_text() == text


def test_what_stands_in_the_key_s_place_is_not_written_over(tmp_path: Path) -> None:
    place = MasterFile(tmp_path / "master")
    place.path.symlink_to(tmp_path / "on a disk that is not mounted")
    place.next.symlink_to(tmp_path / "nor this")
    assert not place.make()
    place.make_next()
    assert [each.name for each in tmp_path.iterdir() if not each.is_symlink()] == []


def test_the_next_key_stands_beside_the_old_one_and_then_in_its_place(tmp_path: Path) -> None:
    place = MasterFile(tmp_path / "master")
    place.make()
    place.make_next()
    assert place.next == tmp_path / "master.next"
    old, new = ids(place)
    place.make_next()
    assert ids(place) == [old, new], "it is not made twice"
    place.take_next()
    assert ids(place) == [new]
    assert not place.next.exists()


def test_only_the_first_of_two_places_is_made(tmp_path: Path) -> None:
    now, to_come = MasterFile(tmp_path / "now"), MasterFile(tmp_path / "to come")
    both = MasterPlaces(now, to_come)
    assert both.make()
    assert not to_come.path.exists()
    to_come.make()
    assert ids(both) == [*ids(now), *ids(to_come)]
    assert not both.make()


def test_a_variable_is_read_once_and_known_for_good(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MASTER", plain_master("first").hex())
    place = MasterVariable("MASTER")
    assert not place.make()
    assert ids(place) == ids(place) == [master("first").id]


def test_a_program_is_asked_each_time_and_makes_none() -> None:
    place = MasterCommand(["printf", plain_master("first").hex()])
    assert not place.make()
    assert ids(place) == ids(place) == [master("first").id]


def test_the_primary_key_is_the_one_that_the_store_goes_by() -> None:
    kept = MemoryKeys()
    new_vault(kept, CARDS, name="first")
    keys = [master("second"), master("first"), master("third")]
    assert masters_for(keys, shelved(kept)).primary.id == master("first").id
    assert masters_for(keys, []).primary.id == master("second").id
    # What other keys are under does not count.
    others = [key for key in shelved(kept) if key.name != "lookup"]
    assert masters_for(keys, others).primary.id == master("second").id
