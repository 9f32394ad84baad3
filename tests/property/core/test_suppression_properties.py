"""Whatever stands in the book: nobody is called whom one entry still protects."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from dialer.core.gate.compliance import Allow, Deny
from dialer.core.gate.rules import suppressed
from dialer.core.values.records import History
from dialer.core.values.suppression import Suppression, SuppressionKind
from tests.support.orders import NOON, order

INSTANTS = st.integers(-400, 400).map(lambda days: NOON + timedelta(days=days))
ENTRIES = st.builds(
    Suppression,
    why=st.sampled_from(SuppressionKind),
    since=INSTANTS,
    until=st.none() | INSTANTS,
    list=st.just("dnc"),
    source=st.just("the authority"),
)


@given(st.lists(ENTRIES, max_size=6))
def test_the_rule_denies_while_any_entry_stands_and_until_none_does(
    book: list[Suppression],
) -> None:
    verdict = suppressed().judge(order(), History(suppressions=tuple(book)))
    standing = [each for each in book if each.until is None or each.until > NOON]
    if not standing:
        assert verdict == Allow()
        return
    assert isinstance(verdict, Deny)
    assert verdict.why in {each.words for each in standing}
    if any(each.until is None for each in standing):
        assert verdict.until is None
    else:
        assert verdict.until == max(each.until for each in standing if each.until)
        after = suppressed().judge(order(at=verdict.until), History(suppressions=tuple(book)))
        assert after == Allow()


@given(st.lists(ENTRIES, max_size=5), ENTRIES)
def test_an_entry_more_never_allows_a_call(book: list[Suppression], more: Suppression) -> None:
    before = suppressed().judge(order(), History(suppressions=tuple(book)))
    after = suppressed().judge(order(), History(suppressions=(*book, more)))
    assert isinstance(after, Deny) or isinstance(before, Allow)


@given(st.lists(ENTRIES, max_size=5), st.randoms())
def test_the_order_of_entries_says_nothing(book: list[Suppression], random: object) -> None:
    shuffled = list(book)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    one = suppressed().judge(order(), History(suppressions=tuple(book)))
    other = suppressed().judge(order(), History(suppressions=tuple(shuffled)))
    assert type(one) is type(other)
    if isinstance(one, Deny) and isinstance(other, Deny):
        assert one.until == other.until
