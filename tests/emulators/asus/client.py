"""A client of the ASUS API that knows only how to send what a test says."""

import base64
import hashlib
import hmac
import secrets
import ssl
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, Self
from urllib.parse import quote
from xml.etree import ElementTree as ET
from xml.sax.saxutils import escape

import httpx

from cloudfs.emulators.server import Running

SID = "10000001"
PROGKEY = "0123456789ABCDEF0123456789ABCDEF"
USER = "user@example.com"
OTHER = "other@example.com"
PASSWORD = "040173afc2e9520e65a1773779691d3e"  # MD5 form of PassW0rd!
NOW = 1_700_000_000  # seconds, of the clock of the fixtures
TIMES = (
    f"<creationtime>{NOW}</creationtime><lastaccesstime>{NOW}</lastaccesstime>"
    f"<lastwritetime>{NOW}</lastwritetime>"
)

DECLARATION = '<?xml version="1.0" encoding="utf-8"?>'
_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


class Xml(str):
    """A text that is XML already."""

    __slots__ = ()


def body(root: str, *pairs: tuple[str, object], **fields: object) -> str:
    """A request document; a list gives one element for each of its values."""
    children = ""
    for name, value in (*pairs, *fields.items()):
        for one in value if isinstance(value, list) else [value]:
            text = one if isinstance(one, Xml) else escape(str(one))
            children += f"<{name}>{text}</{name}>"
    return f"<{root}>{children}</{root}>"


def authorization(progkey: str = PROGKEY, nonce: str | None = None, stamp: object = None) -> str:
    """The header of reference 2.1, step by step."""
    nonce = nonce or secrets.token_hex(16)
    stamp = stamp or int(time.time() * 1000)
    base = f"nonce={nonce}&signature_method=HMAC-SHA1&timestamp={stamp}"
    encoded = base.replace("=", "%3D").replace("&", "%26").encode()
    digest = hmac.new(progkey.encode(), encoded, hashlib.sha1).digest()
    signature = quote(base64.b64encode(digest).decode(), safe="")
    return (
        f'signature_method="HMAC-SHA1",timestamp="{stamp}",nonce="{nonce}",signature="{signature}"'
    )


def b64(name: str) -> str:
    return base64.b64encode(name.encode()).decode()


def sha512(data: bytes) -> str:
    return hashlib.sha512(data).hexdigest()


class Reply:
    """An XML reply."""

    def __init__(self, response: httpx.Response) -> None:
        self.response = response
        self.root = ET.fromstring(response.content)

    @property
    def status(self) -> int:
        """The first child of the root."""
        assert self.root[0].tag == "status"
        return int(self.root[0].text or "")

    def __getitem__(self, path: str) -> str:
        text = self.root.findtext(path)
        assert text is not None, f"{path} is missing in {self.response.text}"
        return text

    def __contains__(self, path: str) -> bool:
        return self.root.find(path) is not None

    def all(self, path: str) -> list[str]:
        return [element.text or "" for element in self.root.findall(path)]

    def tags(self, path: str = ".") -> list[str]:
        """The names of the children of an element, in order."""
        found = self.root.find(path)
        assert found is not None
        return [child.tag for child in found]

    def dicts(self, path: str) -> list[dict[str, str]]:
        return [
            {child.tag: child.text or "" for child in element}
            for element in self.root.findall(path)
        ]


class Client:
    """Requests of one user."""

    def __init__(self, url: str, user: str = USER, token: str | None = None) -> None:
        headers = {"Cookie": f"OMNISTORE_VER=1_0; path=/; sid={SID}; c=0; v=1.0"}
        self.url = url
        self.user = user
        self.token = token
        self.http = httpx.AsyncClient(base_url=url, timeout=20, verify=_TLS, headers=headers)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.http.aclose()

    # Calls in XML.

    async def send(
        self, path: str, text: str | bytes, headers: Mapping[str, str] | None = None
    ) -> httpx.Response:
        return await self.http.post(path, content=text, headers=headers)

    async def raw(self, path: str, text: str, *, sign: bool = False) -> Reply:
        headers = {"Authorization": authorization()} if sign else {}
        response = await self.send(path, DECLARATION + text, headers)
        assert response.status_code == 200, response.text
        return Reply(response)

    async def call(
        self,
        path: str,
        *pairs: tuple[str, object],
        sign: bool = False,
        root: str | None = None,
        **fields: object,
    ) -> Reply:
        """A call with token and user id."""
        root = root or path.strip("/").rpartition("/")[2]
        given = {"token": self.token, "userid": self.user, **fields}
        given = {name: value for name, value in given.items() if value is not None}
        return await self.raw(path, body(root, *pairs, **given), sign=sign)

    async def ok(self, path: str, *pairs: tuple[str, object], **fields: Any) -> Reply:
        reply = await self.call(path, *pairs, **fields)
        assert reply.status == 0, reply.response.text
        return reply

    async def status(self, path: str, *pairs: tuple[str, object], **fields: Any) -> int:
        return (await self.call(path, *pairs, **fields)).status

    async def mysync(self) -> str:
        return (await self.ok("/folder/getmysyncfolder/"))["id"]

    async def bin_id(self) -> str:
        path = "/folder/getpersonalsystemfolder/"
        return (await self.ok(path, rawfoldername="MyRecycleBin"))["folderid"]

    async def browse(self, folder: object, **fields: Any) -> Reply:
        path = "/inforelay/browsefolder/"
        return await self.ok(path, root="browse", folderid=folder, language="zh_TW", **fields)

    async def names(self, folder: object, **fields: Any) -> list[str]:
        """Names of folders, then of files."""
        found = await self.browse(folder, **fields)
        return found.all("folder/rawfoldername") + found.all("file/rawfilename")

    async def mkdir(self, parent: object, name: str, **fields: Any) -> str:
        path = "/folder/create/"
        attribute = Xml(TIMES)
        fields = {"attribute": attribute, "isencrypted": 0, **fields}
        return (await self.ok(path, parent=parent, display=b64(name), **fields))["id"]

    async def info(self, entry: object, *, folder: bool = False) -> Reply:
        path = "/fsentry/getentryinfo/"
        return await self.ok(path, isfolder=int(folder), entryid=entry, userid=None)

    # The web relay.

    async def relay(
        self, path: str, content: Any = b"", method: str = "POST", **query: object
    ) -> httpx.Response:
        params = {"dis": SID, "tk": self.token, **query}
        headers = query.pop("headers", None)
        params = {k: str(v) for k, v in params.items() if v is not None and k != "headers"}
        text = "&".join(f"{name}={quote(value, safe='')}" for name, value in params.items())
        return await self.http.request(
            method, f"/webrelay/{path}/?{text}", content=content, headers=headers
        )

    async def init(self, parent: object, name: str | None, data: bytes, **query: Any) -> Reply:
        given = {
            "na": None if name is None else b64(name),
            "pa": parent,
            "sg": sha512(data),
            "at": TIMES,
            "fs": len(data),
            **query,
        }
        return Reply(await self.relay("initbinaryupload", **given))

    async def resume(self, tx: str, data: Any, **more: Any) -> Reply:
        return Reply(await self.relay("resumebinaryupload", data, tx=tx, **more))

    async def finish(self, tx: str, **query: Any) -> Reply:
        return Reply(await self.relay("finishbinaryupload", tx=tx, **query))

    async def upload(self, parent: object, name: str, data: bytes, **query: Any) -> str:
        """The id of a file that was uploaded, or recognised."""
        begun = await self.init(parent, name, data, **query)
        assert begun.status == 0, begun.response.text
        if begun["fileid"]:
            return begun["fileid"]
        assert (await self.resume(begun["transid"], data)).status == 0
        lsg = begun["latestchecksum"] or None
        done = await self.finish(begun["transid"], lsg=lsg)
        assert done.status == 0, done.response.text
        return done["fileid"]

    async def download(self, file: object, **headers: str) -> httpx.Response:
        url = f"/webrelay/directdownload/{self.token}/?dis={SID}&fi={file}&pv=0"
        return await self.http.get(url, headers=headers)

    async def content(self, file: object) -> bytes:
        response = await self.download(file)
        assert response.status_code == 200
        return response.content


async def acquire(client: Client, user: str, **fields: object) -> Reply:
    given = {"userid": user, "password": PASSWORD, "time": NOW, **fields}
    given = {name: value for name, value in given.items() if value is not None}
    return await client.raw("/member/acquiretoken/", body("aaa", **given), sign=True)


@asynccontextmanager
async def signed_in(running: Running, user: str = USER) -> AsyncIterator[Client]:
    async with Client(running.api_url, user) as client:
        found = await acquire(client, user)
        assert found.status == 0
        client.token = found["token"]
        yield client
