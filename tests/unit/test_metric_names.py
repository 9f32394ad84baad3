"""Prometheus' own rules for names (its naming guide, and what promtool's lint checks)."""

from __future__ import annotations

import re

import pytest

from dialer.metrics.table import TABLE, Declared, Kind

BASE_UNITS = {
    "seconds",
    "bytes",
    "ratio",
    "celsius",
    "meters",
    "volts",
    "amperes",
    "joules",
    "grams",
}
OTHER_UNITS = {
    *("milliseconds", "microseconds", "nanoseconds", "minutes", "hours", "days"),
    *("kilobytes", "megabytes", "gigabytes", "bits", "percent", "kilometers"),
}
ABBREVIATIONS = {
    *("s", "ms", "us", "ns", "sec", "secs", "min", "mins", "h", "b", "kb", "mb", "gb", "pct"),
    *("num", "cnt", "avg", "lat", "dur", "msg", "msgs", "pdd", "asr", "acd", "cps"),
}
every_metric = pytest.mark.parametrize("row", TABLE, ids=lambda row: row.name)


def test_names_are_declared_once() -> None:
    names = [row.name for row in TABLE]
    assert len(names) == len(set(names))


@every_metric
def test_name_is_snake_case_with_our_prefix(row: Declared) -> None:
    assert re.fullmatch(r"dialer(_[a-z][a-z0-9]*)+", row.name)


@every_metric
def test_units_are_base_units_and_stand_at_the_end(row: Declared) -> None:
    words = row.name.removesuffix("_total").split("_")
    assert not OTHER_UNITS & set(words)
    assert not BASE_UNITS & set(words[:-1])
    if row.unit in BASE_UNITS:
        assert words[-1] == row.unit


@every_metric
def test_nothing_is_abbreviated(row: Declared) -> None:
    assert not ABBREVIATIONS & set(row.name.split("_"))


@every_metric
def test_counters_and_only_counters_end_in_total(row: Declared) -> None:
    assert row.name.endswith("_total") == (row.kind is Kind.COUNTER)
    assert row.name.endswith("_info") == (row.kind is Kind.INFO)


@every_metric
def test_no_name_uses_a_reserved_suffix_or_its_own_type(row: Declared) -> None:
    assert not row.name.endswith(("_count", "_sum", "_bucket", "_created"))
    assert not {"counter", "gauge", "histogram", "summary"} & set(row.name.split("_"))


@every_metric
def test_labels_are_plain_and_not_in_the_name(row: Declared) -> None:
    for label in row.labels:
        assert re.fullmatch(r"[a-z][a-z_]*", label)
        assert label not in {"le", "quantile", "job", "instance"}
        if label != "trunk":  # dialer_trunk_channels names the thing, the label says which
            assert label not in row.name.split("_")


@every_metric
def test_help_says_something_in_one_line(row: Declared) -> None:
    assert row.means.endswith(".")
    assert "\n" not in row.means
    assert "|" not in row.means
