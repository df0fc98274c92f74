"""An ASUS Cloud in memory, for these tests: written from the reference, with faults on cue.

It answers through `httpx.MockTransport` and plays all roles, each on a host of its own. Every
request is kept in `calls`, so that a test can look at what was sent, and in which order.
"""

import xml.etree.ElementTree as ET
from collections import defaultdict, deque
from collections.abc import Callable
from itertools import count
from typing import Any
from urllib.parse import parse_qsl, unquote

import httpx
import trio

from cloudfs.http.client import Http
from cloudfs.providers.asus import (
    OmniStorProvider,
    OmniStorSettings,
    WebStorageProvider,
    WebStorageSettings,
)
from cloudfs.providers.asus.passwords import digest_form
from cloudfs.providers.asus.provider import AsusProvider
from cloudfs.providers.asus.signing import authorization
from tests.providers.asus.files import Files
from tests.providers.asus.lists import Lists
from tests.providers.asus.speech import (
    GATEWAY,
    INFO,
    PORTAL,
    SEARCH,
    WEB,
    Call,
    element,
    unread,
)
from tests.providers.asus.transfers import Transfers
from tests.providers.asus.tree import USER, Refusal

SID = "10000001"
PROGKEY = "0123456789ABCDEF0123456789ABCDEF"
PASSWORD = "PassW0rd!"

Answer = httpx.Response | Exception


class FakeAsus(Transfers, Lists, Files):
    """The service. Change the attributes to make it another installation."""

    def __init__(self, profile: str = "webstorage") -> None:
        super().__init__(profile)
        self.profile = profile
        self.has_search = True
        self.second_factor: tuple[int, str] | None = None
        self.password = PASSWORD
        self.tokens: set[str] = set()
        self.nonces: set[str] = set()
        self.token_numbers = count(1)
        self.uses_left: int | None = None  # of each new token
        self._uses: dict[str, int] = {}

        self.calls: list[Call] = []
        self.faults: dict[str, deque[tuple[str, Any]]] = defaultdict(deque)
        self.disturb: Callable[[int], str] | None = None
        self._undisturbed = 0

    # What a test does ---------------------------------------------------------------------

    def provider(self, notes: dict[str, str] | None = None, **settings: Any) -> AsusProvider:
        """A client of this service."""
        omnistor = self.profile == "omnistor"
        given = {
            "url": f"https://{PORTAL}",
            "username": USER,
            "password": PASSWORD,
            "sid": SID,
            "progkey": PROGKEY,
            "os": "6.1",
            **settings,
        }
        make = OmniStorProvider if omnistor else WebStorageProvider
        read = OmniStorSettings if omnistor else WebStorageSettings
        return make(read(**given), http=self.http(), notes={} if notes is None else notes)

    def http(self) -> Http:
        return Http(transport=httpx.MockTransport(self.handle))

    def refuse(self, route: str, status: int, times: int = 1, **members: str) -> None:
        """The next requests for *route* get this status, and are not carried out."""
        self.faults[route].extend([("instead", Refusal(status, **members))] * times)

    def fail(self, route: str, answer: Answer) -> None:
        """The next request for *route* is answered so, and not carried out."""
        self.faults[route].append(("instead", answer))

    def lose_answer(self, route: str, how: Exception | None = None) -> None:
        """The next request for *route* is carried out, and the connection breaks."""
        self.faults[route].append(("after", how or httpx.ReadError("broken")))

    def break_before(self, route: str) -> None:
        """The connection breaks in the next request for *route*, which is not carried out."""
        self.faults[route].append(("instead", httpx.ReadError("broken")))

    def break_after(self, route: str, length: int) -> None:
        """The connection breaks when *length* bytes of the next upload have arrived."""
        self.faults[route].append(("partly", length))

    def skip(self, route: str) -> None:
        """The next request for *route* is carried out as usual; later faults come after it."""
        self.faults[route].append(("pass", None))

    def during(self, route: str, act: Callable[[], object]) -> None:
        """Just before the next request for *route* is carried out, somebody does this."""
        self.faults[route].append(("before", act))

    def disturbed_by(self, disturb: Callable[[int], str]) -> None:
        """From now on *disturb* says what happens to each request, given its number from 0.

        "pass", "break" or "down" before it is carried out, "fail" instead, "lose" its answer.
        """
        self._undisturbed = len(self.calls)
        self.disturb = disturb

    def answer(self, text: str, status: int = 200) -> httpx.Response:
        """An answer with a text of the test's own, for `fail`."""
        return httpx.Response(status, text=text, headers={"Content-Type": "text/xml"})

    def told(self, route: str, **members: str) -> str:
        """What the service would answer now to the owner of the account, for `answer`."""
        asked = ET.Element("asked")
        for name, value in members.items():
            ET.SubElement(asked, name).text = value
        request = httpx.Request("POST", f"https://{INFO}/{route}/")
        call = Call(route, INFO, request, b"", {}, asked)
        content = getattr(self, "do_" + route.replace("/", "_"))(call)
        return self._xml(call, f"<status>0</status>{content}").text

    def routes(self) -> list[str]:
        """What was asked for, in order, without sign-in and the search for the bin."""
        dull = ("member/", "folder/getmysync", "folder/getpersonal")
        return [call.route for call in self.calls if not call.route.startswith(dull)]

    def of(self, route: str) -> list[Call]:
        return [call for call in self.calls if call.route == route]

    def revoke(self) -> None:
        """No token that was given out is good any more."""
        self.tokens.clear()

    # The wire -----------------------------------------------------------------------------

    async def handle(self, request: httpx.Request) -> httpx.Response:
        return unread(await self._answered(request))

    async def _answered(self, request: httpx.Request) -> httpx.Response:
        call = self._call(request)
        faults = self.faults[call.route]
        when, fault = faults.popleft() if faults else ("pass", None)
        call.body = request.content[:fault] if when == "partly" else request.content
        self.calls.append(call)
        await trio.lowlevel.checkpoint()
        if self.disturb is not None:
            return self._disturbed(call)
        if when == "instead":
            if isinstance(fault, Refusal):
                return self._refused(call, fault)
            if isinstance(fault, Exception):
                raise fault
            assert isinstance(fault, httpx.Response)
            return fault
        if when == "before":
            fault()
        answer = self._carried_out(call)
        if when == "after":
            raise fault
        if when == "partly":
            raise httpx.WriteError("broken")
        return answer

    def _disturbed(self, call: Call) -> httpx.Response:
        assert self.disturb is not None
        what = self.disturb(len(self.calls) - self._undisturbed - 1)
        if what == "down":
            raise httpx.ConnectError("no route")
        if what == "break":
            raise httpx.ReadError("broken")
        if what == "fail":
            return self._refused(call, Refusal(220 if call.route == "read" else 235))
        answer = self._carried_out(call)
        if what == "lose":
            raise httpx.ReadError("broken")
        return answer

    def _call(self, request: httpx.Request) -> Call:
        path = request.url.raw_path.decode("ascii").partition("?")[0]
        route, token = path.strip("/"), ""
        for prefix, name in (
            ("/webrelay/directdownload/", "read"),
            ("/fulltext/sqlquery/", "sqlquery"),
            ("/webrelay/getresizedphoto/", "photo"),
            ("/webrelay/getvideosnapshot/", "snapshot"),
        ):
            if path.startswith(prefix):
                route, token = name, unquote(path.removeprefix(prefix).split("/")[0])
        pairs = request.url.query.decode("ascii")
        query = dict(parse_qsl(pairs, keep_blank_values=True))
        return Call(route, request.url.host, request, b"", query, token=token)

    def _carried_out(self, call: Call) -> httpx.Response:
        if call.route == "read":
            return self._download(call)
        if call.route in {"photo", "snapshot"}:
            return self._picture(call)
        method = getattr(self, "do_" + call.route.replace("/", "_"), None)
        if method is None:
            return httpx.Response(404, text="not found")
        try:
            if call.host != WEB:
                call.root = self._parsed(call)
            if call.host in {INFO, SEARCH} or call.route == "member/getinfo":
                self._check_token(call)
            if call.host == WEB:
                self._check_relay_token(call)
            content = method(call)
        except Refusal as refusal:
            return self._refused(call, refusal)
        except httpx.HTTPStatusError as error:
            return error.response
        return self._xml(call, f"<status>0</status>{content}")

    def _parsed(self, call: Call) -> ET.Element:
        assert call.request.method == "POST"
        if not call.body.startswith(b'<?xml version="1.0" encoding="utf-8"?><'):
            raise Refusal(3)
        try:
            return ET.fromstring(call.body)
        except ET.ParseError:
            raise Refusal(3) from None

    def _refused(self, call: Call, refusal: Refusal) -> httpx.Response:
        members = "".join(element(name, value) for name, value in refusal.members.items())
        return self._xml(call, f"<status>{refusal.status}</status>{members}")

    def _xml(self, call: Call, content: str) -> httpx.Response:
        roots = {"member/acquiretoken": "aaa", "inforelay/browsefolder": "browse"}
        roots |= {"fsentry/comparepassword": "checkpassword", "read": "directdownload"}
        root = roots.get(call.route, call.route.rpartition("/")[2])
        return httpx.Response(
            200,
            text=f'<?xml version="1.0" encoding="utf-8"?><{root}>{content}</{root}>',
            headers={"Content-Type": "text/xml;charset=UTF-8"},
        )

    # Sign-in ------------------------------------------------------------------------------

    def _check_signature(self, call: Call) -> None:
        header = call.request.headers.get("authorization", "")
        pairs = dict(part.split("=", 1) for part in header.split(",") if "=" in part)
        values = {name: value.strip('"') for name, value in pairs.items()}
        nonce, timestamp = values.get("nonce", ""), values.get("timestamp", "")
        wanted = authorization(PROGKEY, nonce=nonce, timestamp=timestamp)
        cookie = f"sid={SID};" in call.request.headers.get("cookie", "")
        if header != wanted or not cookie or nonce in self.nonces:
            raise Refusal(5)
        self.nonces.add(nonce)

    def _check_token(self, call: Call) -> None:
        token = call.token or (call.root.findtext("token") if call.root is not None else "")
        user = call.root.findtext("userid") if call.root is not None else None
        if not self._is_good(token or "") or (user or USER).casefold() != USER:
            raise Refusal(2)
        group = [call.root.findtext(n) for n in ("isgroupaware", "isshared")] if call.root else []
        if "1" in group and call.route != "fsentry/setadvancedsharecode":
            self._check_signature(call)

    def _check_relay_token(self, call: Call) -> None:
        if not self._is_good(call.query.get("tk", "")):
            self._raise_relay_token()
        if call.query.get("igw") == "1":
            self._check_signature(call)

    def _raise_relay_token(self) -> None:
        answer = httpx.Response(401, text="Validate token fail, Error Code:2")
        raise httpx.HTTPStatusError(
            "no", request=httpx.Request("GET", "https://wr.test"), response=answer
        )

    def _is_good(self, token: str) -> bool:
        if token not in self.tokens:
            return False
        if self.uses_left is not None:
            self._uses[token] = self._uses.get(token, 0) + 1
            if self._uses[token] >= self.uses_left:
                self.tokens.discard(token)
        return True

    def do_member_requestservicegateway(self, call: Call) -> str:
        if self.profile == "omnistor" and call.has("password"):
            raise Refusal(3)
        if call.get("userid").casefold() != USER:
            raise Refusal(2)
        if call.has("password") and call.get("password") != digest_form(self.password):
            raise Refusal(2)
        return element("servicegateway", GATEWAY) + element("time", "1617250064991")

    def do_member_acquireservicegateway(self, call: Call) -> str:
        self._check_signature(call)
        if call.get("areaid") != "1":
            raise Refusal(253)
        return element("servicegateway", GATEWAY)

    def do_member_acquiretoken(self, call: Call) -> str:
        self._check_signature(call)
        if call.get("userid").casefold() != USER:
            raise Refusal(2)
        if not call.has("symmetrypwd") and call.get("password") != digest_form(self.password):
            raise Refusal(2)
        if self.second_factor is not None:
            status, wanted = self.second_factor
            if not call.has("auxpassword") or call.get("auxpassword") != wanted:
                raise Refusal(status, auxpasswordurl="https://pictures.test/1.jpg")
        token = f"t/+{next(self.token_numbers):013d}"
        self.tokens.add(token)
        hosts = {"token": token, "inforelay": INFO, "webrelay": WEB}
        if self.has_search:
            hosts["searchserver"] = SEARCH
        package = element("display", "EeePC-20G") + element("maxfilesize", self.largest)
        told = "".join(element(name, value) for name, value in hosts.items())
        return f"{told}<package>{package}</package><time>1</time>"

    def do_member_getinfo(self, _: Call) -> str:
        used = sum(len(n.data) for n in self.nodes.values() if not self.is_binned(n))
        megabytes = -(-used // (1 << 20))
        return (
            f"<package>{element('capacity', self.capacity)}</package>"
            f"{element('usedcapacity', megabytes)}"
            f"{element('freecapacity', max(0, self.capacity - megabytes))}"
        )
