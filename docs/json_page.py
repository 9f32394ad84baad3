"""docs/json.md: the keys of `--json` and the columns of `--csv`, from the commands' own table."""

from __future__ import annotations

from collections.abc import Iterator

from dialer.cli.json_keys import KEYS, OLD_NAMES

_ABOUT = """\
# What `--json` and `--csv` show

For programs. A listing is one JSON array with an object a row; its fields are the columns of
`--csv`. Nothing is rounded. Instants are ISO 8601 with their offset. A key that ends with
`_s` or `seconds` is in seconds, `bytes` are bytes, ratios are from 0 to 1; null is not known, an
empty cell in CSV. In CSV an apostrophe stands before a cell that a spreadsheet would run as a
formula (it begins with `=`, `+`, `-`, `@` or a tab); plain numbers, and phone numbers as
`+8613800138000`, stay
as they are. `dialer calls CALL` adds `attempts` and `legs`, one object each, and with
`--clear` the `transcript`.

Exit codes are the same for every command: 0 done, 1 the job failed, 2 bad input or usage.
"""
_RENAMED = """\
## Renamed

These keys had no unit in their name. The old name stands beside the new one for one release.

| old | new |
|---|---|
"""


def page(notice: str) -> str:
    return "\n".join((notice, "", _ABOUT, *_tables(), _RENAMED + _old()))


def _tables() -> Iterator[str]:
    for command, keys in KEYS.items():
        title = command if command.startswith("`") else f"`{command}`"
        yield f"## {title}\n\n| key | meaning |\n|---|---|"
        yield from (f"| `{key}` | {meaning} |" for key, meaning in keys.items())
        yield ""


def _old() -> str:
    return "".join(f"| `{old}` | `{new}` |\n" for new, old in OLD_NAMES.items())
