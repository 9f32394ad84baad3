"""Files of days off: what is read, what is refused, and who is told that next year is missing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from dialer.app.gate import gate_rules
from dialer.config import load_config
from dialer.config.effective import effective_of
from dialer.config.proofs import calendar_end, endings
from dialer.core.gate.calling_hours import CALLING_HOURS
from dialer.core.values.number import parse
from dialer.core.values.records import History
from dialer.core.values.verdict import Allow, Deny
from dialer.errors import InputError
from dialer.files import check_files
from tests.support.calendars import decreed_until_2026
from tests.support.inputs import CONFIG, NOW, Inputs, short
from tests.support.orders import contact, order

ROOT = Path(__file__).parents[3]
END = datetime(2027, 1, 1, tzinfo=UTC)
NOTICE = """\
country: CN
year: 2027
source: State Council, notice no. 0 of 2026
days_off: [2027-01-01, 2027-01-04, 2027-02-05 to 2027-02-11, 2027-04-05, 2027-05-01 to 2027-05-05,
  2027-06-09, 2027-09-15, 2027-10-01 to 2027-10-07]
workdays: [2027-01-09, 2027-02-14]
"""


@pytest.fixture(autouse=True)
def _library_of_2026() -> Iterator[None]:
    with decreed_until_2026():
        yield


def with_days(inputs: Inputs, notice: str = NOTICE, more: str = "") -> None:
    (inputs.folder / "cn.yaml").write_text(notice, "utf-8")
    inputs.config.write_text(f"{CONFIG}compliance:\n  days: [cn.yaml{more}]\n", "utf-8")


def fault_of(inputs: Inputs) -> str:
    with pytest.raises(InputError) as refused:
        load_config(inputs.config, now=NOW)
    (fault,) = refused.value.faults
    return short(fault)


def test_a_year_of_a_file_is_effective_and_called_in(inputs: Inputs) -> None:
    with_days(inputs)
    config = load_config(inputs.config, now=NOW)
    source, off, worked = effective_of(config)["law.days[CN 2027]"]  # type: ignore[misc]
    assert source == "State Council, notice no. 0 of 2026"
    assert (len(off), off[2], worked) == (24, "2027-02-05", ["2027-01-09", "2027-02-14"])
    (hours,) = (rule for rule in gate_rules(config) if rule.name == CALLING_HOURS)

    def kind(day: str) -> type:
        at = datetime.fromisoformat(f"{day}T10:00:00+08:00")
        return type(hours.judge(order(at=at, to=contact(to=parse("+8613800138000"))), History()))

    assert (kind("2027-01-05"), kind("2027-01-09")) == (Allow, Allow)
    assert (kind("2027-01-04"), kind("2027-01-10"), kind("2028-01-04")) == (Deny, Deny, Deny)
    # What was read stays, whatever becomes of the file.
    (inputs.folder / "cn.yaml").unlink()
    assert config.compliance.decreed[0].days_off >= {date(2027, 1, 4)}
    assert calendar_end(config, NOW) == datetime(2028, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    "before, after, what",
    [
        ("country: CN", "country: FR", "cn.yaml:1: country: must be 'CN' or 'US'"),
        ("year: 2027", "year: 2028", "cn.yaml:4: days_off: 2027-01-01 is not in 2028"),
        ("source: State Council, notice no. 0 of 2026\n", "", "cn.yaml:1: source: is missing"),
        ("State Council, notice no. 0 of 2026", '" "', "cn.yaml:3: source: must not be empty"),
        ("2027-01-04", "20270104", "cn.yaml:4: days_off[1]: write a day as 2027-01-01"),
        ("2027-01-04", "2027-02-30", "cn.yaml:4: days_off[1]: write a day as 2027-01-01"),
        ("2027-01-04", "2027-W01-4", "cn.yaml:4: days_off[1]: write a day as 2027-01-01"),
        ("2027-01-04", "2027-01-04 to", "cn.yaml:4: days_off[1]: write a day as 2027-01-01"),
        ("2027-02-05 to 2027-02-11", "2027-02-11 to 2027-02-05", "cn.yaml:4: days_off[2]: a row"),
        ("2027-02-05 to 2027-02-11", "2027-02-05 to 2027-12-11", "cn.yaml:4: days_off[2]: a row"),
        ("2027-01-04", "2027-01-01", "cn.yaml:4: days_off: 2027-01-01 stands there twice"),
        ("2027-04-05, ", "", "cn.yaml:4: days_off: 2027-04-05 is off by statute"),
        ("[2027-01-09", "[2027-01-08", "cn.yaml:6: workdays: 2027-01-08 is no Saturday or Sunday"),
        ("workdays", "workday", "cn.yaml:6: workday: unknown key; did you mean workdays?"),
        ("country: CN", "country: [", "cn.yaml:3: yaml: not YAML"),
        (NOTICE, "", "cn.yaml:1: file: is empty"),
    ],
)
def test_a_file_that_cannot_be_the_notice_is_a_fault(
    inputs: Inputs, before: str, after: str, what: str
) -> None:
    assert before in NOTICE
    with_days(inputs, NOTICE.replace(before, after))
    assert fault_of(inputs).startswith(f"dialer.yaml:15: compliance.days[0]: {what}")


def test_a_file_is_named_once_and_of_the_law_that_holds(inputs: Inputs) -> None:
    with_days(inputs, more=", cn.yaml")
    assert fault_of(inputs).endswith("compliance.days[1]: another file is of 2027, too")
    with_days(inputs, more="]\n  jurisdiction: US\n  lab_numbers: [")
    assert fault_of(inputs).endswith("days[0]: is of CN, but the days of US count")
    with_days(inputs, more=", none.yaml")
    assert "compliance.days[1]: the file it names: " in fault_of(inputs)


def test_check_knows_such_a_file(inputs: Inputs) -> None:
    path = inputs.folder / "cn.yaml"
    path.write_text(NOTICE, "utf-8")
    assert [checked.kind for checked in check_files([path], now=NOW)] == ["days"]
    path.write_text(NOTICE.replace("[2027-01-09", "[2027-01-08"), "utf-8")
    with pytest.raises(InputError, match=r"cn.yaml:6: workdays: 2027-01-08 is no Saturday"):
        check_files([path], now=NOW)
    (sample,) = (ROOT / "deploy/calendars").iterdir()
    assert check_files([sample], now=NOW)[0].kind == "days"


def test_others_may_not_write_it(inputs: Inputs, tmp_path: Path) -> None:
    with_days(inputs)
    (inputs.folder / "cn.yaml").chmod(0o666)
    assert "cn.yaml" in fault_of(inputs)


@pytest.mark.parametrize(
    "at, words",
    [
        (END - timedelta(days=45, seconds=1), None),
        (END - timedelta(days=45), "ends in 45 days; then nobody is called"),
        (END, "ends within a day; then nobody is called"),
        (END + timedelta(days=40), "has expired: nobody is called"),
    ],
)
def test_next_year_is_missing_is_told_ahead(
    inputs: Inputs, at: datetime, words: str | None
) -> None:
    (checked,) = check_files([inputs.config], now=at)
    notices = [short(notice) for notice in checked.notices]
    assert len(notices) == (0 if words is None else 1)
    for notice in notices:
        assert "operator: the calendar of CN, which has no days off of 2027, " in notice
        assert f"{words}. Name a file of the official notice in compliance.days" in notice
    with_days(inputs)
    assert endings(load_config(inputs.config, now=NOW), at) == ()


def test_a_lab_is_not_told(inputs: Inputs) -> None:
    text = CONFIG.replace("sip:sbc.carrier-a.example", "sip:127.0.0.1:9")
    inputs.config.write_text(text.replace("    cps: 20", "    cps: 20\n    lab: true"), "utf-8")
    assert endings(load_config(inputs.config, now=NOW), END) == ()
