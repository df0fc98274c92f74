"""What happens to every request before and after its operation (reference 1.5, 1.6, 2.1, 3)."""

import inspect
from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from cloudfs.emulators.asus.call import Call, Operation, refused, reply
from cloudfs.emulators.asus.fields import Fields
from cloudfs.emulators.asus.payload import Malformed, leaf, parse
from cloudfs.emulators.asus.refusals import Refusal, Status, malformed
from cloudfs.emulators.asus.settings import Profile
from cloudfs.emulators.asus.signature import is_signed
from cloudfs.emulators.routing import TOKEN
from cloudfs.emulators.store.accounts import Account

if TYPE_CHECKING:
    from cloudfs.emulators.asus.emulator import AsusEmulator

LONGEST_BODY = 1 << 20  # of XML
VERSION_COOKIE, VERSION = "OMNISTORE_VER", "1_0"
EXPIRED = "Validate token fail, Error Code:2"  # how the web relay says it (reference 2.5)

_KEY = "cloudfs.asus"


@dataclass(frozen=True, slots=True)
class Asked:
    """What a request turned out to ask for, before anything is done about it."""

    operation: Operation
    values: dict[str, str]
    fields: Fields
    problem: str = ""  # with a body that should be XML
    too_long: bool = False

    @property
    def token(self) -> str | None:
        """The token that the request carries, if it carries one."""
        if TOKEN in self.values:
            return self.values[TOKEN]
        return self.fields.text("tk" if self.operation.needs.relay else "token")


async def read(request: Request, operation: Operation, values: dict[str, str]) -> None:
    """Read what a request asks for, for `asked`; of uploads only the query."""
    request.scope[_KEY] = await _read(request, operation, values)


async def _read(request: Request, operation: Operation, values: dict[str, str]) -> Asked:
    if operation.needs.relay:
        return Asked(operation, values, Fields.of_query(request.url.query))
    body = bytearray()
    async with aclosing(request.stream()) as pieces:
        async for piece in pieces:
            body += piece
            if len(body) > LONGEST_BODY:
                return Asked(operation, values, Fields([]), too_long=True)
    try:
        root = parse(bytes(body))
    except Malformed as error:
        return Asked(operation, values, Fields([]), problem=str(error))
    if root.tag != operation.root and not operation.needs.any_root:
        return Asked(operation, values, Fields.of_xml(root), problem=f"the root is {root.tag}")
    return Asked(operation, values, Fields.of_xml(root))


def asked(request: Request) -> Asked | None:
    """What a request asks for; None if there is no such operation."""
    found = request.scope.get(_KEY)
    assert found is None or isinstance(found, Asked)
    return found


async def answer(emulator: "AsusEmulator", request: Request) -> Response:
    """The answer to a request."""
    wanted = asked(request)
    assert wanted is not None, "only requests with a route are answered"
    root = wanted.operation.reply_root
    if wanted.too_long:
        return PlainTextResponse("the body is too long", 413)
    try:
        return await _answer(emulator, request, wanted)
    except Refusal as refusal:
        if wanted.operation.needs.relay and refusal.status == Status.AUTHENTICATION:
            return token_refused(wanted.operation)
        return refused(root, refusal)


async def _answer(emulator: "AsusEmulator", request: Request, wanted: Asked) -> Response:
    operation, fields = wanted.operation, wanted.fields
    _check_version(request)
    if wanted.problem:
        raise Refusal(operation.needs.unreadable, wanted.problem)
    group = operation.needs.group is not None and fields.text(operation.needs.group) == "1"
    if operation.needs.signed or group:
        _check_signature(emulator, request)
    account = _account(emulator, wanted)
    if operation.needs.group is not None:
        fields.flag(operation.needs.group)
    call = Call(emulator, request, operation.reply_root, fields, wanted.values, account, group)
    if inspect.iscoroutinefunction(operation.function):
        found = await operation.function(call)
    else:
        with emulator.store.transaction():
            found = operation.function(call)
    if isinstance(found, Response):
        return found
    return reply(operation.reply_root, [*found, *_extras(call, found)])


def _extras(call: Call, found: Sequence[Element]) -> list[Element]:
    """What live replies hold besides (reference 1.5), if that is switched on."""
    if not call.settings.live_extras:
        return []
    scrip = [] if any(element.tag == "scrip" for element in found) else [call.scrip()]
    return [*scrip, leaf("srcip", "127.0.0.1"), leaf("message"), leaf("logmessage")]


def _account(emulator: "AsusEmulator", wanted: Asked) -> Account | None:
    """Who asks, by the token; 2 if it is not good, or is not the token of the user id."""
    needs = wanted.operation.needs
    if not needs.token:
        return None
    token = emulator.store.tokens.find(wanted.token or "")
    if token is None:
        raise Refusal(Status.AUTHENTICATION, "the token is missing, unknown or has expired")
    account = emulator.store.accounts.get(token.account)
    if needs.userid:
        claimed = wanted.fields.text("userid")
        if claimed is None:
            raise malformed("userid")
        if emulator.account_of(claimed) != account:
            raise Refusal(Status.AUTHENTICATION, "this is the token of somebody else")
    return account


def _check_version(request: Request) -> None:
    """1 if the request is of another version of the protocol; it need not say any."""
    if cookies(request).get(VERSION_COOKIE, VERSION) != VERSION:
        raise Refusal(Status.VERSION, "this version is not supported")


def _check_signature(emulator: "AsusEmulator", request: Request) -> None:
    """5 unless the request is signed with the ProgKey of its sid."""
    sid = cookies(request).get("sid") or request.headers.get("x-asc-sid")
    sid = sid or request.query_params.get("dis")
    settings = emulator.settings
    header = request.headers.get("authorization")
    if sid != settings.sid or not is_signed(header, settings.progkey, emulator.nonces):
        raise Refusal(Status.DEVELOPER, "sid or ProgKey is wrong, or a nonce was used again")


def cookies(request: Request) -> dict[str, str]:
    """The parts of the Cookie header, of which one may be a path (reference 1.6)."""
    header = "; ".join(request.headers.getlist("cookie"))
    pairs = (part.partition("=") for part in header.split(";"))
    return {name.strip(): value.strip() for name, _, value in pairs}


def token_refused(operation: Operation) -> Response:
    """How it is said that a token is not good (any more)."""
    if operation.needs.relay:
        return PlainTextResponse(EXPIRED, 401, {"Content-Type": "text/plain"})
    why = "the token is missing, unknown or has expired"
    return refused(operation.reply_root, Refusal(Status.AUTHENTICATION, why))


def with_cookie(response: Response, profile: Profile) -> Response:
    """*response* as this deployment sends it (reference 1.4)."""
    if profile == Profile.WEBSTORAGE:
        response.headers["Set-Cookie"] = f"{VERSION_COOKIE}={VERSION};"
    return response
