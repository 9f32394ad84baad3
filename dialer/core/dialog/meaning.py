"""What a callee can mean wherever the script stands."""

from __future__ import annotations

from enum import Enum


class Meaning(Enum):
    """The strongest first: what stands further up is acted on where several are heard."""

    COMPLAINT = "complaint"
    """We will be reported or sued. It is a refusal as well, and opens a complaint."""
    REFUSAL = "refusal"
    """No more calls; abuse says so too."""
    WRONG_NUMBER = "wrong_number"
    """Whoever answers is not who is called; nobody else's consent holds for them."""
    LATER = "later"
    """Call me another time."""
    PERSON = "person"
    """Give me a person."""
    SOURCE = "source"
    """Who gave you my number?"""
    ROBOT = "robot"
    """Are you a robot? Who is this?"""
    NO = "no"
    """No: the node's own no where it has one, a refusal where it has none."""
    BYE = "bye"
    """The callee takes leave in the middle: as no."""
    WAIT = "wait"
    """One moment."""
    DOUBT = "doubt"
    """Neither yes nor no: asked again."""
    QUESTION = "question"
    """A question about the matter itself, which only the script can answer."""
    INNOCENT = "innocent"
    """Words that only look like one of the others: `don't hang up`."""
    YES = "yes"
    """Yes; it answers only where the node has an intent that means yes."""
    MAYBE_YES = "maybe_yes"
    """As yes, but only where nothing else is said: `okay`."""

    # What only `understanding.understand` makes of it.
    ANSWER = "answer"
    """One of the node's own intents."""
    FILLER = "filler"
    """A sound that says nothing but that somebody is there: `mm`."""
    UNKNOWN = "unknown"
    """Words, and no list has them."""
    NOTHING = "nothing"
    """No words."""


REFUSING = frozenset(
    {Meaning.COMPLAINT, Meaning.REFUSAL, Meaning.WRONG_NUMBER, Meaning.NO, Meaning.BYE}
)
"""After these, where the node itself has no answer for them, the number rests."""
