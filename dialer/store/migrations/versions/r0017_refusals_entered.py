"""Refusals are in the book of suppressions from their instant on, those of calls on record as well.

The calls' column is renamed: a node of the version before that was left running cannot write a
refusal where nobody reads it any more.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"

LATEST = """
INSERT INTO do_not_call (number, why, since, "by")
SELECT number_key, 'refusal', opted_out_at, node
FROM (
    SELECT number_key, opted_out_at, node, row_number() OVER (
        PARTITION BY number_key ORDER BY opted_out_at DESC, id DESC
    ) AS place
    FROM calls
    WHERE opted_out_at IS NOT NULL AND number_key IS NOT NULL
) AS of_number
WHERE place = 1
ON CONFLICT (number, why) DO UPDATE SET since = excluded.since, "by" = excluded."by"
WHERE do_not_call.since < excluded.since
"""


def upgrade() -> None:
    # First: it waits for all who write calls, and holds them off until this is committed.
    op.execute(sa.text("ALTER TABLE calls RENAME COLUMN refused_at TO opted_out_at"))
    op.execute(sa.text(LATEST))
    op.drop_index("calls_refused", "calls")
