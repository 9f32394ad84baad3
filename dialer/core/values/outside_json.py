"""JSON that somebody else wrote, or may have changed."""

from __future__ import annotations

import json
from typing import Any


def read_json(text: str | bytes) -> Any:  # noqa: ANN401 -- JSON may be anything
    """What `text` holds. Raises ValueError for what is no JSON, or nested deeper than we read."""
    try:
        return json.loads(text)
    except RecursionError:
        msg = "it is nested too deeply"
        raise ValueError(msg) from None
