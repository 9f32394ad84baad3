"""Logging, set up once: lines or JSON on stderr, times in UTC, and no number of a person in them.

What libraries and peers wrote is shown, never obeyed: no message ends its line or steers a
terminal.
The code never logs a number: `E164` masks itself and messages are written without one. The
formatters here are the last line of defence, for what libraries, tracebacks and SIP reasons carry.
"""

from __future__ import annotations

import json
import logging
import re
import sys
from contextlib import suppress
from datetime import UTC, datetime
from logging.handlers import WatchedFileHandler
from pathlib import Path
from typing import TextIO

from dialer.core.values.visible import visible, visible_json

HIDDEN = "[number]"

# Each begins with a literal or one set of characters, by which the regex engine skips ahead; the
# look-behinds therefore stand after the first digit. A 150-character line costs some 7 us.
_SIP_USER = re.compile(r"([Ss][Ii][Pp][Ss]?:)[^@\s<>\"',]+@")  # RFC 3261 19.1.1
_TEL = re.compile(r"([Tt][Ee][Ll]:)[^\s<>\"',]+")  # RFC 3966
_INTERNATIONAL = re.compile(r"(?:\+|%2[Bb])[0-9](?:[ .()\-]{0,2}[0-9]){6,14}")
_BARE = re.compile(
    r"[0-9](?<![\w.][0-9])(?<![0-9A-Fa-f]{4}-[0-9])"  # not in a word, a fraction, a UUID
    r"[0-9]{8,14}(?!\w|\.[0-9])"
)


def scrub(text: str) -> str:
    """`text` with whatever looks like a phone number, or the user of a SIP or tel URI, hidden.

    Bare digits count from nine on, so that ports, codes and counts stay readable. They are left
    alone inside a word or a decimal fraction, and as the last group of a UUID: call ids live there.
    """
    if "@" in text:
        text = _SIP_USER.sub(rf"\1{HIDDEN}@", text)
    text = scrub_international(text)
    if ":" in text:
        text = _TEL.sub(rf"\1{HIDDEN}", text)
    return _BARE.sub(HIDDEN, text)


def scrub_international(text: str) -> str:
    """`text` with what is written as +, country code and digits hidden. JSON stays JSON."""
    return _INTERNATIONAL.sub(HIDDEN, text) if "+" in text or "%2" in text else text


def _utc(record: logging.LogRecord) -> str:
    """ISO 8601 in UTC with milliseconds, e.g. 2026-03-01T01:30:00.125Z."""
    at = datetime.fromtimestamp(record.created, UTC)
    return f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03d}Z"


class PlainFormatter(logging.Formatter):
    """One line: time, level, logger, message; a traceback follows on lines that are indented."""

    def format(self, record: logging.LogRecord) -> str:
        lines = [visible(scrub(record.getMessage()))]
        for trace in (record.exc_info and self.formatException(record.exc_info), record.stack_info):
            # Scrubbed before it is cut in lines, and a line of it begins as none of ours does.
            lines += [f"    {visible(line)}" for line in scrub(trace or "").splitlines()]
        text = "\n".join(lines)
        return f"{_utc(record)} {record.levelname.lower():7} {record.name}: {text}"


class JsonFormatter(logging.Formatter):
    """One JSON object a line: time, level, logger, message, and traceback where there is one."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": _utc(record),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": scrub(record.getMessage()),
        }
        if record.exc_info:
            line["traceback"] = scrub(self.formatException(record.exc_info))
        return visible_json(json.dumps(line, ensure_ascii=False))


class KeptLog(WatchedFileHandler):
    """A file that may be renamed while it is written to: then a new one is begun (logrotate).

    What it cannot take, a full disk, is said once on stderr, until it takes something again.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(path, encoding="utf-8")
        self._told = False

    def emit(self, record: logging.LogRecord) -> None:
        self._failed = False
        super().emit(record)
        self._told = self._failed

    def close(self) -> None:
        # The lines that it did not take, it is asked to take once more.
        with suppress(OSError):
            super().close()

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - logging's own name
        error = sys.exc_info()[1]
        if not isinstance(error, OSError):
            super().handleError(record)
            return
        self._failed = True
        if not self._told:
            with suppress(OSError):
                sys.stderr.write(f"dialer: {self.baseFilename} takes no log: {error.strerror}\n")


def set_up(
    *,
    verbose: int = 0,
    as_json: bool = False,
    stream: TextIO | None = None,
    file: Path | None = None,
) -> None:
    """Send all logging to `stream` (stderr) or `file`; again, in place of what was set up before.

    Raises OSError where the file cannot be opened.

    `verbose` is how often -v was given: 0 says what matters to an operator, 1 tells debug lines
    of our own, 2 those of the libraries as well.
    """
    handler = logging.StreamHandler(stream or sys.stderr) if file is None else KeptLog(file)
    handler.setFormatter(JsonFormatter() if as_json else PlainFormatter())
    logging.basicConfig(handlers=[handler], force=True)
    own = logging.INFO if verbose == 0 else logging.DEBUG
    libraries = logging.WARNING if verbose < 2 else logging.DEBUG
    logging.getLogger().setLevel(libraries)
    for package in ("dialer", "audio"):
        logging.getLogger(package).setLevel(own)
    logging.captureWarnings(capture=True)
