"""Credentials that the service refused, so that they are not tried again (reference 2.2).

Ten refused logins lock a user out. Within a process `http.session.Session` never repeats a
refused login; a process that is started again and again would, so a refusal is also noted for
as long as a lock lasts. The note holds a digest that is slow to guess a password from.
"""

import hashlib
import json
import time
from collections.abc import MutableMapping

import trio

from cloudfs.errors import BadReply
from cloudfs.http.kept import Clock
from cloudfs.providers.cloudike import values

LOCK_SECONDS = 30 * 60
NOTE = "refused"


class Lockout:
    """The memory of a refusal of one pair of login and password, by the wall clock."""

    def __init__(
        self,
        notes: MutableMapping[str, str],
        login: str,
        password: str,
        *,
        clock: Clock = time.time,
    ) -> None:
        self._notes = notes
        self._login = login
        self._password = password
        self._clock = clock

    async def seconds_left(self) -> float:
        """How long these very credentials must not be tried yet; 0.0 if they may be."""
        try:
            note = values.optional_record(values.decoded(self._notes.get(NOTE, "").encode()))
        except BadReply:
            return 0.0
        until = note.get("until")
        now = self._clock()
        if not isinstance(until, int | float) or not now < until <= now + LOCK_SECONDS:
            return 0.0
        return until - now if note.get("who") == await self._digest() else 0.0

    async def remember(self) -> None:
        """These credentials were refused just now."""
        until = self._clock() + LOCK_SECONDS
        self._notes[NOTE] = json.dumps({"who": await self._digest(), "until": until})

    def forget(self) -> None:
        """These credentials are good."""
        self._notes.pop(NOTE, None)

    async def _digest(self) -> str:
        def digest() -> bytes:
            return hashlib.scrypt(
                self._password.encode(), salt=self._login.encode(), n=2**14, r=8, p=1, dklen=16
            )

        return (await trio.to_thread.run_sync(digest)).hex()
