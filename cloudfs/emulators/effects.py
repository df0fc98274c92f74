"""Faults carried out: answers that replace the real one, and changes made to it on its way."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

import trio
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from cloudfs.emulators.connections import Message, Receive, Send, connection_of
from cloudfs.emulators.faults import Kind, Rule

PAGE = "<!DOCTYPE html><html><head><title>Welcome</title></head><body>Please sign in.</body></html>"


class ConnectionEnded(Exception):
    """The connection was broken on purpose; there is nothing more to answer."""


class Refusals(Protocol):
    """How a service says no; every emulator has its own way."""

    def error_for(self, request: Request, status: int, code: str | None) -> Response:
        """An answer of the API to *request*."""

    def store_error(self, status: int, code: str | None) -> Response:
        """An answer of the object store."""

    def refuse_token(self, request: Request) -> Response:
        """Make the token of *request* worthless, and answer that it is."""

    def refuse_link(self) -> Response:
        """Answer that the time of a link is over."""


@dataclass(frozen=True, slots=True)
class Suffering:
    """A request that a fault befalls."""

    rule: Rule
    request: Request
    on_store: bool
    refusals: Refusals
    body_read: bool = False  # was the body read before, to know the token?
    body_bytes: int = 0  # how much of it was


async def instead(case: Suffering) -> Response | None:
    """The answer that replaces the real one; None if the request is to be carried out.

    Raises ConnectionEnded if there is to be no answer at all.
    """
    if case.rule.kind == Kind.CUT_UPLOAD and case.body_read:
        return await _reset(case)
    action = _INSTEAD.get(case.rule.kind)
    return None if action is None else await action(case)


def receiving(case: Suffering, receive: Receive) -> Receive:
    """*receive*, doing to the body of the request what the fault wants done, if anything."""
    return _cut_upload(case, receive) if case.rule.kind == Kind.CUT_UPLOAD else receive


def altering(case: Suffering, send: Send) -> Send:
    """*send*, doing to the answer what the fault wants done. May raise ConnectionEnded."""
    alteration = _ALTERATIONS.get(case.rule.kind)
    return send if alteration is None else alteration(case, send)


async def _status(case: Suffering) -> Response:
    rule = case.rule
    if case.on_store:
        response = case.refusals.store_error(rule.status, rule.code)
    else:
        response = case.refusals.error_for(case.request, rule.status, rule.code)
    if rule.retry_after is not None:
        response.headers["Retry-After"] = f"{rule.retry_after:g}"
    return response


async def _reset(case: Suffering) -> Response:
    await connection_of(case.request.scope).reset()
    raise ConnectionEnded


async def _stall(case: Suffering) -> Response:
    with trio.move_on_after(case.rule.seconds):
        while (await case.request.receive())["type"] != "http.disconnect":
            pass
        raise ConnectionEnded
    return await _reset(case)


async def _expired_token(case: Suffering) -> Response:
    return case.refusals.refuse_token(case.request)


async def _expired_link(case: Suffering) -> Response:
    return case.refusals.refuse_link()


async def _html(_: Suffering) -> Response:
    return HTMLResponse(PAGE)


_INSTEAD: dict[Kind, Callable[[Suffering], Awaitable[Response]]] = {
    Kind.STATUS: _status,
    Kind.RESET: _reset,
    Kind.STALL: _stall,
    Kind.EXPIRED_TOKEN: _expired_token,
    Kind.EXPIRED_LINK: _expired_link,
    Kind.HTML: _html,
}


def _cut_upload(case: Suffering, receive: Receive) -> Receive:
    left = (case.rule.after or 0) - case.body_bytes

    async def altered() -> Message:
        nonlocal left
        if left <= 0:
            await connection_of(case.request.scope).reset()
            return {"type": "http.disconnect"}
        message = await receive()
        part = message.get("body", b"")
        if len(part) >= left:
            message = {**message, "body": part[:left], "more_body": True}
        left -= len(part)
        return message

    return altered


def _reset_after(case: Suffering, _: Send) -> Send:
    async def altered(message: Message) -> None:
        if message["type"] == "http.response.body" and not message.get("more_body"):
            await _reset(case)

    return altered


def _half_body(case: Suffering, send: Send) -> Send:
    left = 0

    async def altered(message: Message) -> None:
        nonlocal left
        if message["type"] == "http.response.start":
            whole, after = _length(message), case.rule.after
            left = whole // 2 if after is None else min(after, whole)
            await send(message)
            return
        part = message.get("body", b"")[:left]
        left -= len(part)
        await send({**message, "body": part, "more_body": True})
        if not left:
            await connection_of(case.request.scope).close()
            raise ConnectionEnded

    return altered


def _wrong_length(case: Suffering, send: Send) -> Send:
    left = 0

    async def altered(message: Message) -> None:
        nonlocal left
        if message["type"] == "http.response.start":
            left = max(0, _length(message) + case.rule.delta)
            _set(message, b"content-length", str(left).encode())
        else:
            part = message.get("body", b"")[:left]
            left -= len(part)
            if not message.get("more_body"):
                part += b"\0" * left
            message["body"] = part
        await send(message)

    return altered


def _wrong_range(_: Suffering, send: Send) -> Send:
    async def altered(message: Message) -> None:
        for name, value in message.get("headers", ()):
            if name == b"content-range":
                span, _, whole = value.removeprefix(b"bytes ").partition(b"/")
                first, last = (int(number) + 1 for number in span.split(b"-"))
                _set(message, name, b"bytes %d-%d/%b" % (first, last, whole))
                break
        await send(message)

    return altered


def _malformed_json(_: Suffering, send: Send) -> Send:
    start: Message = {}
    body = b""

    async def altered(message: Message) -> None:
        nonlocal start, body
        if message["type"] == "http.response.start":
            start = message
            return
        body += message.get("body", b"")
        if message.get("more_body"):
            return
        cut = body[: len(body) // 2] or b"{"
        _set(start, b"content-length", str(len(cut)).encode())
        await send(start)
        await send({**message, "body": cut})

    return altered


def _huge_header(case: Suffering, send: Send) -> Send:
    async def altered(message: Message) -> None:
        if message["type"] == "http.response.start":
            _set(message, b"x-padding", b"x" * case.rule.size)
        await send(message)

    return altered


_ALTERATIONS: dict[Kind, Callable[[Suffering, Send], Send]] = {
    Kind.RESET_AFTER: _reset_after,
    Kind.HALF_BODY: _half_body,
    Kind.WRONG_LENGTH: _wrong_length,
    Kind.WRONG_RANGE: _wrong_range,
    Kind.MALFORMED_JSON: _malformed_json,
    Kind.HUGE_HEADER: _huge_header,
}


def _length(start: Message) -> int:
    return next((int(v) for n, v in start["headers"] if n == b"content-length"), 0)


def _set(start: Message, name: bytes, value: bytes) -> None:
    start["headers"] = [(n, v) for n, v in start["headers"] if n != name] + [(name, value)]
