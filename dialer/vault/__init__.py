"""Numbers, names and recordings at rest: sealed under keys that can be destroyed.

    master key      from a file, the environment or a command; wraps all others, seals nothing
    lookup key      one a store, for ever: keyed hashes of numbers
    data keys       one a campaign and purpose, in generations: fields, and keys of streams
    stream keys     one a recording, at its beginning

Nothing here knows where keys are kept: that is a `KeyShelf`. How to use it, what it protects
against and what it cannot promise is in docs/decisions/vault.md.
"""

from dialer.vault.changes import KeyChanges
from dialer.vault.fields import DataKeys, SealedColumn
from dialer.vault.lookup import Lookup
from dialer.vault.master import MasterKey, Masters
from dialer.vault.place import (
    MasterCommand,
    MasterFile,
    MasterPlace,
    MasterPlaces,
    MasterVariable,
    masters_for,
)
from dialer.vault.shelf import KeyShelf, Purpose, Scope, ShelvedKey
from dialer.vault.sources import from_command, from_environment, from_file
from dialer.vault.streams import HEADER_BYTES, StreamReader, StreamWriter
from dialer.vault.vault import Vault

__all__ = [
    "HEADER_BYTES",
    "DataKeys",
    "KeyChanges",
    "KeyShelf",
    "Lookup",
    "MasterCommand",
    "MasterFile",
    "MasterKey",
    "MasterPlace",
    "MasterPlaces",
    "MasterVariable",
    "Masters",
    "Purpose",
    "Scope",
    "SealedColumn",
    "ShelvedKey",
    "StreamReader",
    "StreamWriter",
    "Vault",
    "from_command",
    "from_environment",
    "from_file",
    "masters_for",
]
