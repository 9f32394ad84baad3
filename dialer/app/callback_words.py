"""The words for people who call back, on a node: made, held to their approval, and said."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from pathlib import Path

from dialer.campaigns.plan import Say
from dialer.config import Config
from dialer.core.dialog.script_version import canonical, content_hash
from dialer.core.gate.wording_approved import why_not_said
from dialer.errors import ApprovalError, PromptError
from dialer.ports.clock import Clock
from dialer.ports.desks import ScriptDesk
from dialer.prompts.approved import approved_of
from dialer.prompts.book import PromptBook, Words
from dialer.prompts.callback import KEYS, callback_content

_log = logging.getLogger(__name__)


def callback_book(config: Config) -> PromptBook:
    """The prompts for people who call back, not made yet."""
    callback = config.callback
    said = Words(callback.language, callback.utterances(config.operator.name))
    # Paths in the configuration are whole already.
    return PromptBook(said, Path(), config.data_dir / "prompts", config.sip.rate)


@dataclass
class CallbackWords:
    """Said only as approved; or, where all trunks are a lab's, unless they were rejected."""

    config: Config
    book: PromptBook
    desk: ScriptDesk
    clock: Clock
    _lab: bool = field(default=False, init=False)
    _version: str = field(default="", init=False)

    async def make(self) -> None:
        """Make the prompts. Raises PromptError."""
        try:
            await self.book.make()
        except PromptError as error:
            raise PromptError(
                f"{error}. Give the words of callback: by play:, or answer nobody by channels: 0"
            ) from None

    async def settle(self, *, lab: bool) -> None:
        """Find out which version they are; `lab` where all trunks are a lab's, by its clock.

        Raises ApprovalError where that version may not be said.
        """
        self._lab = lab
        own = callback_content(self.config, self.book.contents)
        kept = await approved_of(self.desk, own)
        if kept is None:
            self._version = content_hash(canonical(own))
        else:
            _log.warning("the callback's words: the sounds that were approved are played")
            prompts = kept.read().prompts
            sounds = await self.desk.sounds(kept.version.hash)
            self.book.play_instead({key: prompts[place] for key, place in KEYS.items()}, sounds)
            self._version = kept.version.hash
        await self._must_be_sayable()

    async def prepare(self, purpose: str | None) -> Say:
        """The prompts for one caller. Raises ApprovalError where they may not be said any more."""
        await self._must_be_sayable()
        said = self.config.callback.purpose(purpose or "")
        return await self.book.for_contact({"purpose": said})

    async def _must_be_sayable(self) -> None:
        standing = await self.desk.standing(self._version)
        why = why_not_said(self._version, standing, self.clock.utc(), lab=self._lab)
        if why is not None:
            raise ApprovalError(
                f"callback: {why}. `dialer scripts submit dialer.yaml` asks for approval of what "
                f"people hear who call back; `dialer scripts approve {self._version[:12]}` gives "
                "it; callback.channels: 0 answers nobody"
            )
