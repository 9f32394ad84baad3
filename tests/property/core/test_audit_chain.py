"""Whatever is done to a log, the chain and its checkpoints show it, and where."""

import dataclasses
import random
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialer.core.office.audit_chain import GENESIS, AuditRecord, Chained, chain, verify
from tests.support.audit_log import NODE, a_log, checkpoint

LENGTH = 60

plain = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=6,
)


def changed(each: Chained, lot: random.Random) -> Chained:
    record = each.record
    return Chained(
        dataclasses.replace(
            record,
            **lot.choice(
                [
                    {"kind": record.kind + "x"},
                    {"at": record.at + 1},
                    {"body": {**record.body, "n": -1}},
                    {"body": {key: record.body[key] for key in list(record.body)[1:]}},
                ]
            ),
        ),
        each.hash,
    )


def rechained(stored: list[Chained], since: int) -> list[Chained]:
    """What a forger with all the code would write after his change."""
    done = stored[:since]
    for number, each in enumerate(stored[since:], since + 1):
        previous = done[-1].hash if done else GENESIS
        done.append(chain(previous, dataclasses.replace(each.record, sequence=number)))
    return done


def change(stored: list[Chained], at: int, lot: random.Random) -> list[Chained]:
    return [*stored[:at], changed(stored[at], lot), *stored[at + 1 :]]


def change_hash(stored: list[Chained], at: int, lot: random.Random) -> list[Chained]:
    mask = 1 << lot.randrange(256)
    bent = (int.from_bytes(stored[at].hash) ^ mask).to_bytes(32)
    return [*stored[:at], Chained(stored[at].record, bent), *stored[at + 1 :]]


def remove(stored: list[Chained], at: int, _lot: random.Random) -> list[Chained]:
    return stored[:at] + stored[at + 1 :]


def swap(stored: list[Chained], at: int, lot: random.Random) -> list[Chained]:
    other = (at + lot.randrange(1, len(stored))) % len(stored)
    bent = list(stored)
    bent[at], bent[other] = bent[other], bent[at]
    return bent


def double(stored: list[Chained], at: int, lot: random.Random) -> list[Chained]:
    place = lot.randrange(len(stored) + 1)
    return [*stored[:place], stored[at], *stored[place:]]


def cut(stored: list[Chained], at: int, _lot: random.Random) -> list[Chained]:
    return stored[:at]


def forge(stored: list[Chained], at: int, lot: random.Random) -> list[Chained]:
    return rechained(change(stored, at, lot), at)


def forge_removal(stored: list[Chained], at: int, lot: random.Random) -> list[Chained]:
    return rechained(remove(stored, at, lot), at)


def forge_change(stored: list[Chained], at: int, lot: random.Random) -> list[Chained]:
    bent = change(stored, at, lot)
    previous = bent[at - 1].hash if at else GENESIS
    return [*bent[:at], chain(previous, bent[at].record), *bent[at + 1 :]]


HARMS = (change, change_hash, remove, swap, double, cut, forge, forge_removal, forge_change)


def test_a_log_as_written_is_good() -> None:
    stored = a_log()
    marks = [checkpoint(stored, position) for position in (0, 20, -1)]
    assert verify(NODE, stored, marks) == []
    assert verify(NODE, [], []) == []


@pytest.mark.parametrize("harm", HARMS)
@given(at=st.integers(0, LENGTH - 1), seed=st.integers(0, 2**32))
def test_every_harm_is_found(
    harm: Callable[[list[Chained], int, random.Random], list[Chained]], at: int, seed: int
) -> None:
    stored = a_log()
    bent = harm(stored, at, random.Random(seed))
    assert verify(NODE, bent, [checkpoint(stored)])


@given(at=st.integers(0, LENGTH - 1), seed=st.integers(0, 2**32))
def test_the_record_that_was_changed_is_named(at: int, seed: int) -> None:
    stored = a_log()
    findings = verify(NODE, change(stored, at, random.Random(seed)), [checkpoint(stored)])
    assert [finding.sequence for finding in findings] == [at + 1]


@given(at=st.integers(0, LENGTH - 2))
def test_the_record_that_was_removed_is_named(at: int) -> None:
    stored = a_log()
    findings = verify(NODE, remove(stored, at, random.Random(1)), [checkpoint(stored)])
    assert [finding.sequence for finding in findings] == [at + 1]


@given(at=st.integers(0, LENGTH - 1))
def test_where_the_log_was_cut_is_named(at: int) -> None:
    stored = a_log()
    (finding,) = verify(NODE, stored[:at], [checkpoint(stored)])
    assert finding.sequence == at + 1
    assert "ends at" in finding.what


def test_without_a_checkpoint_a_cut_end_looks_whole() -> None:
    """Why checkpoints are told outside."""
    assert verify(NODE, a_log()[:-1]) == []


def test_another_nodes_record_is_told() -> None:
    stored = a_log(3)
    alien = Chained(dataclasses.replace(stored[1].record, node="node-2"), stored[1].hash)
    assert verify(NODE, [stored[0], alien, stored[2]])


@given(st.dictionaries(st.text(max_size=5), plain, max_size=4))
def test_the_order_of_keys_means_nothing_and_every_value_something(body: dict[str, object]) -> None:
    record = AuditRecord(NODE, 1, 5, "kind", body)
    again = AuditRecord(NODE, 1, 5, "kind", dict(reversed(body.items())))
    assert record.canonical() == again.canonical()
    more = AuditRecord(NODE, 1, 5, "kind", {**body, "another key": 0})
    assert record.canonical() != more.canonical()
