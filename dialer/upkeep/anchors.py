"""Anchors that need no broker: a file on another disk, and a witness that is asked by HTTP."""

from __future__ import annotations

import asyncio
import contextlib
import os
import urllib.error
import urllib.request
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Final
from urllib.parse import quote

from dialer.audit import SignedCheckpoint
from dialer.errors import AnchorError, AuditError

_MOST: Final = 1 << 20
_MOST_OF_ONE: Final = 1 << 14
_PATIENCE: Final = 5.0


class FileAnchor:
    """One checkpoint a line, the last of each chain. Written anew and renamed: never half."""

    name = "file"

    def __init__(self, path: Path) -> None:
        self._path = path

    async def remembered(self, chains: Collection[str]) -> Mapping[str, SignedCheckpoint]:
        found = await asyncio.to_thread(self._read)
        return {chain: signed for chain, signed in found.items() if chain in chains}

    async def keep(self, signed: SignedCheckpoint) -> None:
        await asyncio.to_thread(self._keep, signed)

    def _read(self) -> dict[str, SignedCheckpoint]:
        try:
            with self._path.open(encoding="utf-8") as file:
                text = file.read(_MOST)
        except FileNotFoundError:
            if self._path.parent.is_dir():
                return {}
            raise AnchorError(f"the folder of {self._path} is not there: mount its disk") from None
        except OSError as error:
            raise AnchorError(f"{self._path} cannot be read: {error.strerror}") from None
        except UnicodeDecodeError:
            raise AnchorError(f"{self._path} holds no checkpoints") from None
        try:
            lines = [SignedCheckpoint.from_json(line) for line in text.splitlines() if line]
        except AuditError:
            raise AnchorError(f"{self._path} holds something that is no checkpoint") from None
        return {each.checkpoint.node: each for each in lines}

    def _keep(self, signed: SignedCheckpoint) -> None:
        found = self._read() | {signed.checkpoint.node: signed}
        text = "".join(f"{each.as_json()}\n" for each in found.values())
        beside = self._path.with_name(f".{self._path.name}.new")
        try:
            handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            beside.replace(self._path)
        except OSError as error:
            raise AnchorError(f"{self._path} cannot be written: {error.strerror}") from None


class Witness:
    """`GET URL/CHAIN` gives the last checkpoint of a chain, 404 none; `PUT` keeps a new one.

    What is sent and given is what `SignedCheckpoint.as_json` writes. Redirects are not followed.
    """

    name = "witness"

    def __init__(self, url: str) -> None:
        self._url = url.rstrip("/")

    async def remembered(self, chains: Collection[str]) -> Mapping[str, SignedCheckpoint]:
        found = {}
        for chain in chains:
            body = await asyncio.to_thread(self._ask, chain, None)
            if body is None:
                continue
            try:
                signed = SignedCheckpoint.from_json(body.decode())
            except (AuditError, UnicodeDecodeError):
                raise AnchorError("the witness answers with something else") from None
            if signed.checkpoint.node != chain:
                raise AnchorError("the witness answers of another chain than it was asked of")
            found[chain] = signed
        return found

    async def keep(self, signed: SignedCheckpoint) -> None:
        body = signed.as_json().encode()
        await asyncio.to_thread(self._ask, signed.checkpoint.node, body)

    def _ask(self, chain: str, body: bytes | None) -> bytes | None:
        """What it answers; None for 404 to a question. Blocks for some seconds at most."""
        asked = urllib.request.Request(  # noqa: S310 -- the configuration takes http and https only
            f"{self._url}/{quote(chain, safe='')}",
            data=body,
            method="GET" if body is None else "PUT",
            headers={"Content-Type": "application/json"},
        )
        try:
            with contextlib.closing(_OPENER.open(asked, timeout=_PATIENCE)) as answer:
                return bytes(answer.read(_MOST_OF_ONE))
        except urllib.error.HTTPError as error:
            with contextlib.closing(error):
                if body is None and error.code == 404:
                    return None
                raise AnchorError(f"the witness answers {error.code}") from None
        except (OSError, ValueError) as error:
            why = getattr(error, "reason", error)
            raise AnchorError(f"the witness cannot be asked: {why}") from None


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: object) -> None:
        """Where a witness is, the configuration says."""


_OPENER: Final = urllib.request.build_opener(_NoRedirects, urllib.request.ProxyHandler({}))
