"""A token in the notes of a remote, for the next process, or for one that is at work now."""

import time
from collections.abc import Callable, MutableMapping

import trio

from cloudfs.http.session import Token

Clock = Callable[[], float]

TOKEN_NOTE = "token"  # noqa: S105 - the name of a note, not a secret
UNTIL_NOTE = "token_until"  # seconds on the wall clock; "": until it is refused


class KeptToken:
    """The token that the notes have, and the time from which it is not to be used any more."""

    def __init__(self, notes: MutableMapping[str, str], *, clock: Clock = time.time) -> None:
        self._notes = notes
        self._clock = clock

    def keep(self, value: str, usable: float | None) -> Token:
        """Write down a token that was just issued; *usable*: for how many seconds, if one knows."""
        self._notes[UNTIL_NOTE] = "" if usable is None else str(self._clock() + usable)
        self._notes[TOKEN_NOTE] = value
        return Token(value, None if usable is None else trio.current_time() + usable)

    @property
    def value(self) -> str | None:
        """The token itself, whether or not its time is over."""
        return self._notes.get(TOKEN_NOTE)

    def load(self) -> Token | None:
        """The token, if there is one whose time is not over."""
        value, until = self.value, self._notes.get(UNTIL_NOTE, "")
        if not value:
            return None
        if not until:
            return Token(value, issued=False)
        try:
            left = float(until) - self._clock()
        except ValueError:
            return None
        return Token(value, trio.current_time() + left, issued=False) if left > 0 else None

    def drop(self) -> None:
        """Forget it."""
        self._notes.pop(TOKEN_NOTE, None)
        self._notes.pop(UNTIL_NOTE, None)
