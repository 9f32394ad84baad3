"""The door under any traffic: its limits hold, and whoever may come in does."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from dialer.core.trunks.door import Away, ComeIn, Door, DoorLimits, TurnedAwayFor
from dialer.core.values.number import E164

OURS = E164("+861065550100")
CALLERS = [E164(f"+861391234560{n}") for n in range(4)]

KNOCKS = st.lists(
    st.tuples(
        st.floats(0, 3),
        st.sampled_from([*CALLERS, None]),
        st.sampled_from(["in", "in", "in", "out", "strange", "wrong"]),
    ),
    max_size=60,
)


@given(KNOCKS, st.integers(0, 4), st.integers(1, 4), st.integers(1, 4))
def test_the_limits_hold(
    knocks: list[tuple[float, E164 | None, str]], channels: int, cps: int, per_minute: int
) -> None:
    door = Door(DoorLimits(channels, cps, per_minute))
    now = 0.0
    inside: dict[str, E164 | None] = {}
    let_in: list[tuple[float, E164 | None]] = []
    for number, (pause, caller, what) in enumerate(knocks):
        now += pause
        if what == "out" and inside:
            gone = next(iter(inside))
            del inside[gone]
            door.left(gone)
            continue
        trunk = None if what == "strange" else "t"
        said = door.knock(str(number), trunk, None if what == "wrong" else OURS, caller, now)
        if what == "strange":
            assert said == Away(TurnedAwayFor.STRANGER)
        elif what == "wrong":
            assert said == Away(TurnedAwayFor.NOT_OURS)
        elif isinstance(said, ComeIn):
            inside[str(number)] = caller
            let_in.append((now, caller))
        else:
            assert said.retry_after is not None
            assert said.retry_after >= 1
        assert door.inside == len(inside) <= channels
        assert sum(1 for at, _ in let_in if at > now - 1) <= cps
        in_a_minute = Counter(who for at, who in let_in if at > now - 60)
        assert all(in_a_minute[who] <= per_minute for who in CALLERS)
        assert max(Counter(who for who in inside.values() if who).values(), default=0) <= 1
        assert sum(1 for who in inside.values() if who is None) <= (channels + 1) // 2
    assert sum(door.counts().values()) + len(let_in) + sum(
        1 for _, _, what in knocks if what == "out"
    ) >= len(knocks)


@given(st.integers(1, 5))
def test_who_waits_as_told_is_let_in(per_minute: int) -> None:
    door = Door(DoorLimits(per_minute=per_minute, cps=100))
    now = 0.0
    for number in range(per_minute):
        assert door.knock(str(number), "t", OURS, CALLERS[0], now) == ComeIn()
        door.left(str(number))
        now += 0.1
    said = door.knock("x", "t", OURS, CALLERS[0], now)
    assert isinstance(said, Away)
    assert (said.why, said.code) == (TurnedAwayFor.CALLER, 486)
    assert said.retry_after is not None
    assert door.knock("y", "t", OURS, CALLERS[1], now) == ComeIn()
    assert door.knock("z", "t", OURS, CALLERS[0], now + said.retry_after) == ComeIn()


def test_a_door_that_is_closing_says_when_to_come_again() -> None:
    door = Door(DoorLimits())
    door.close()
    assert door.knock("a", "t", OURS, None, 0.0) == Away(TurnedAwayFor.CLOSING, 60)
    assert Away(TurnedAwayFor.CLOSING).code == 503
