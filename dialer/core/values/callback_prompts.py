"""The prompts of a call that came in, by the names that `callback:` may give words to."""

from __future__ import annotations

from typing import Final

IDENTITY: Final = "callback.identity"
REASON: Final = "callback.reason"
CHOICE: Final = "callback.choice"
PERSON: Final = "callback.person"
ASK: Final = "callback.ask"
NO_CALL: Final = "callback.no_call"
MOMENT: Final = "callback.moment"
NOBODY: Final = "callback.nobody"
KEPT: Final = "callback.kept"
NOT_KEPT: Final = "callback.not_kept"
GOODBYE: Final = "callback.goodbye"
