"""Parameters as a query, a form or JSON, and which of them the service takes (reference 1.3)."""

import json
import logging
from collections.abc import Awaitable, Callable, Mapping, MutableMapping, Sequence
from urllib.parse import urlencode

from cloudfs.http.client import Reply

log = logging.getLogger(__name__)

Parameter = str | int | bool | Sequence[str] | None
Parameters = Mapping[str, Parameter]

JSON = "json"
FORM = "form"
NOTE = "body_encoding"

NOT_UNDERSTOOD = frozenset({400, 415})


def as_pairs(parameters: Parameters) -> list[tuple[str, str]]:
    """Names and values of a query or form: lists repeat the name, None is left out."""
    pairs: list[tuple[str, str]] = []
    for name, value in parameters.items():
        if value is None:
            continue
        if isinstance(value, str):
            pairs.append((name, value))
        elif isinstance(value, int):
            pairs.append((name, str(int(value))))  # booleans are 1 and 0
        else:
            pairs.extend((name, item) for item in value)
    return pairs


def encoded(parameters: Parameters, encoding: str) -> tuple[bytes, str]:
    """The body that carries *parameters*, and its content type."""
    if encoding == FORM:
        return urlencode(as_pairs(parameters)).encode(), "application/x-www-form-urlencoded"
    members = {
        name: list(value) if not isinstance(value, str | int) else value
        for name, value in parameters.items()
        if value is not None
    }
    return json.dumps(members, ensure_ascii=False).encode(), "application/json"


class BodyEncoding:
    """The encoding that the service wants in POST bodies: as set, remembered, or found out.

    With `auto`, the first request whose body the service understands decides; that is the
    login where there is one. A service that answers it 400 or 415 in JSON is asked once more
    with a form. That forms work is kept in *notes*.
    """

    def __init__(self, choice: str, notes: MutableMapping[str, str]) -> None:
        self._notes = notes
        self._fixed = None if choice == "auto" else choice
        if self._fixed is None and notes.get(NOTE) == FORM:
            self._fixed = FORM

    async def post(self, send: Callable[[str], Awaitable[Reply]]) -> Reply:
        """The answer to *send*, which is given the encoding to use."""
        if self._fixed is not None:
            return await send(self._fixed)
        reply = await send(JSON)
        if reply.ok:
            self._fixed = JSON
        if reply.status not in NOT_UNDERSTOOD:
            return reply
        second = await send(FORM)
        if second.ok:
            log.info("the service takes forms, not JSON")
            self._fixed = self._notes[NOTE] = FORM
        return reply if second.status == 415 else second
