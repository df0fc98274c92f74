"""Many deletions in one request (reference 3.12).

Each operation of a batch carries the token itself and has an answer of its own. Where a service
offers no batches, and for what a batch leaves open, the operations are made one by one.
"""

import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from cloudfs.errors import BadReply, CloudError, InvalidRequest, NotFound, Unsupported
from cloudfs.http.client import Reply
from cloudfs.http.retry import Repeat
from cloudfs.http.session import TokenRejected
from cloudfs.model import EntryId
from cloudfs.providers.podspace import values, wire
from cloudfs.providers.podspace.auth import Credentials
from cloudfs.providers.podspace.connection import Connection, check_token
from cloudfs.providers.podspace.refusals import check, check_later

AT_ONCE = 50

JSON = {"Content-Type": "application/json"}

Outcome = CloudError | None

NOT_OFFERED = (NotFound, InvalidRequest, Unsupported, BadReply)


class Batches:
    """Batches of one account."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

        # Changing.
        self._offered = True

    async def each(
        self,
        key: str,
        entry_ids: Sequence[EntryId],
        single: Callable[[EntryId], Awaitable[None]],
    ) -> list[Outcome]:
        """What becomes of operation *key* on each entry, which is a deletion; in their order.

        *single* does one of them, and raises what it fails with.
        """
        outcomes: list[Outcome] = []
        for start in range(0, len(entry_ids), AT_ONCE):
            part = entry_ids[start : start + AT_ONCE]
            batch = _NOTHING_DONE
            if len(part) > 1 and self._offered:
                batch = await self._together(key, part)
            for entry_id in part:
                outcome = None if entry_id in batch.done else await _outcome(single, entry_id)
                if isinstance(outcome, NotFound) and batch.doubtful:
                    outcome = None  # the batch was sent twice, and the first has done it
                outcomes.append(outcome)
        return outcomes

    async def _together(self, key: str, entry_ids: Sequence[EntryId]) -> "_Batch":
        try:
            reply = await self._connection.auth.call(
                lambda credentials: self._send(key, entry_ids, credentials)
            )
            answers = _answers(check(reply, "batch"))
        except NOT_OFFERED:
            self._offered = False
            return _NOTHING_DONE
        done = frozenset(id_ for id_ in entry_ids if _treated(answers.get(id_), key))
        return _Batch(done, reply.doubtful)

    async def _send(
        self, key: str, entry_ids: Sequence[EntryId], credentials: Credentials
    ) -> Reply:
        endpoints = self._connection.endpoints
        target = endpoints.target("batch", {})
        operations = []
        for entry_id in entry_ids:
            inner = endpoints.target(key, {}, hash=entry_id)
            operations.append(
                {
                    "url": inner.path,
                    "method": inner.method,
                    "params": {},
                    "silent": False,
                    "payload": entry_id,
                    "headers": dict(credentials),
                }
            )
        reply = await self._connection.http.request(
            target.method,
            self._connection.url + target.path,
            label="podspace.batch",
            repeat=Repeat.SAFELY,  # what was deleted before is looked at by `single`
            headers={**self._connection.headers, **JSON},
            credentials=credentials,
            body=json.dumps({"operations": operations}, separators=(",", ":")).encode(),
            judge=lambda reply: check_later(reply, "batch"),
        )
        check_token(reply, "batch")
        return reply


@dataclass(frozen=True, slots=True)
class _Batch:
    """What a batch came to."""

    done: frozenset[EntryId]  # what it certainly treated
    doubtful: bool  # an earlier attempt at it may have been carried out


_NOTHING_DONE = _Batch(frozenset(), doubtful=False)


async def _outcome(single: Callable[[EntryId], Awaitable[None]], entry_id: EntryId) -> Outcome:
    try:
        await single(entry_id)
    except CloudError as error:
        return error
    return None


def _answers(value: Any) -> dict[str, dict[str, Any]]:
    """The answer to each operation, by what it was marked with."""
    members = values.record(value)
    rows = members.get("results", members.get("result"))
    found = {}
    for row in values.array(rows):
        members = values.optional_record(row)
        payload = members.get("payload")
        if isinstance(payload, str):
            found[payload] = members
    return found


def _treated(answer: dict[str, Any] | None, key: str) -> bool:
    """Whether an operation affected something, by its answer."""
    if answer is None:
        return False
    body = answer.get("body")
    status = values.integer(answer.get("status")) or 0
    try:
        reply = Reply(status, {}, body.encode() if isinstance(body, str) else b"")
        return wire.affected(wire.result(check(reply, key))) > 0
    except (CloudError, TokenRejected, UnicodeEncodeError):
        return False
