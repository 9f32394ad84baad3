"""Who asks: whoever the token says, and only if one of their roles gives the right."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from dialer.config import Config
from dialer.core.office.access import Actor, Right
from dialer.core.office.grants import Denial, admit, roles_with
from dialer.credentials.tokens import VARIABLE, Token
from dialer.errors import AccessError, DialerError, TokenFormError
from dialer.ports.office import Desks, UnitsOfWork

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Request:
    """Somebody asks for something.

    `token` gives the token that was shown, None where there is none, and is called only where one
    is needed. It raises TokenFormError where what is shown is none.
    """

    config: Config
    store: UnitsOfWork
    token: Callable[[], Token | None]
    utc: Callable[[], datetime]

    async def acting(self, right: Right) -> Actor:
        """Who asks, and may do this. Whoever may not is on record.

        Raises AccessError where there is no token, it opens nothing any more, or none of its roles
        gives the right; StoreError or VaultError where the store cannot be asked.
        """
        actor = await self._whose(right)
        if actor is None:
            raise AccessError(
                f"to {right} takes a token of the role {roles_with(right)}: set {VARIABLE} to it, "
                "or give --token-file. An admin gives them, by: dialer access grant NAME "
                "--role ROLE"
            )
        return actor

    async def whose(self) -> Actor | None:
        """Whose token was shown, whatever it opens; None without. Raises as `acting` does."""
        return await self._whose(None)

    async def rows(self, read: Callable[[Desks], Awaitable[Sequence[Row]]]) -> Sequence[Row]:
        """The rows that `read` reads; none where nothing was ever kept."""
        if not self.store.exists:
            return ()
        async with self.store.reading() as desks:
            return await read(desks)

    async def _whose(self, right: Right | None) -> Actor | None:
        try:
            token = self.token()
        except TokenFormError as fault:
            await self._put_on_record(Denial(None, right, str(fault), self.utc()))
            raise
        if token is None:
            return None
        if not self.store.exists:
            raise AccessError(
                f"nobody has access to {self.config.data_dir} yet; its first admin is made by: "
                "dialer access grant NAME --role admin"
            )
        async with self.store.reading() as desks:
            grants = await desks.access.grants()
        found = admit(grants, token.hash, right, self.utc())
        if isinstance(found, Denial):
            await self._put_on_record(found)
            raise AccessError(found.why)
        return found

    async def _put_on_record(self, denial: Denial) -> None:
        """Whoever shows what does not open this is on record, where there is a store to keep it.

        Raises AccessError where that cannot be.
        """
        if not self.store.exists:
            return
        try:
            async with self.store.writing() as desks:
                await desks.access.refused(denial)
        except DialerError as error:
            raise AccessError(f"{denial.why} (and that is not on record: {error})") from None
