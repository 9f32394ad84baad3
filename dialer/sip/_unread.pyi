# ruff: noqa: PYI021  the extension has no other place for its documentation
"""Messages that PJSIP could not read, or not in full.

RFC 3261 8.2.2 has malformed headers ignored that are not needed. So a reply counts for what is left
of it, where its Via, From, To, Call-ID and CSeq can be read; a request also needs what it asks for.
What cannot be read so far is dropped. Both are noted. All of it belongs to the SIP thread.
"""

class Note:
    """One such message. It holds no packet content but the Call-ID, and the method's name."""

    @property
    def source(self) -> str:
        """The IP address it came from."""

    @property
    def call_id(self) -> bytes:
        """Empty where it could not be read."""

    @property
    def method(self) -> bytes:
        """Of a reply, the request's that it answers; empty where it could not be read."""

    @property
    def code(self) -> int:
        """The reply's; 0 for a request."""

    @property
    def header(self) -> str:
        """The first that could not be read, or is missing; empty where it is none that we know."""

    @property
    def dropped(self) -> bool:
        """Whether it was not processed at all."""

def install() -> None:
    """Have PJSIP tell here: after libInit(). Raises RuntimeError."""

def notes() -> list[Note]:
    """What came since the last call; at most 256, the oldest lost."""

def left_out() -> list[bytes]:
    """The headers that were left out of the message that is being processed, in small letters."""
