"""The one `MetaData` of all tables. Times are whole microseconds since 1970, UTC."""

from __future__ import annotations

from typing import Final

from sqlalchemy import MetaData

metadata: Final = MetaData()
