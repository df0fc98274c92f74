"""What the service of these tests hears and says."""

import base64
import time
import xml.etree.ElementTree as ET
from collections.abc import AsyncIterator
from dataclasses import dataclass
from xml.sax.saxutils import escape

import httpx

from tests.providers.asus.tree import Refusal

PORTAL, GATEWAY, INFO, WEB, SEARCH = (f"{name}.test" for name in ("sp", "sg", "ir", "wr", "ss"))


@dataclass
class Call:
    """One request as it came."""

    route: str  # "folder/move"; "read" for a download
    host: str
    request: httpx.Request
    body: bytes
    query: dict[str, str]
    root: ET.Element | None = None
    token: str = ""  # in the path

    def get(self, name: str) -> str:
        value = None if self.root is None else self.root.findtext(name)
        if value is None:
            raise Refusal(225)
        return value

    def all(self, name: str) -> list[str]:
        assert self.root is not None
        return [element.text or "" for element in self.root.findall(name)]

    def has(self, name: str) -> bool:
        return self.root is not None and self.root.find(name) is not None


def streamed(
    status: int, data: bytes, headers: dict[str, str] | None = None, *, sized: bool = True
) -> httpx.Response:
    """An answer whose body comes piece by piece."""

    async def pieces() -> AsyncIterator[bytes]:
        for start in range(0, len(data), 4096):
            yield data[start : start + 4096]

    length = {"Content-Length": str(len(data))} if sized else {}
    return httpx.Response(status, content=pieces(), headers={**length, **(headers or {})})


def unread(answer: httpx.Response) -> httpx.Response:
    """The same answer as it comes from a network: its body is still to be read."""
    if not answer.is_stream_consumed:
        return answer
    stream = httpx.ByteStream(answer.content)
    return httpx.Response(answer.status_code, headers=answer.headers, stream=stream)


def encoded(name: str) -> str:
    return base64.b64encode(name.encode()).decode()


def decoded(text: str) -> str:
    return base64.b64decode(text, validate=True).decode()


def written(seconds: int) -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(seconds))


def element(name: str, content: object = "") -> str:
    return f"<{name}>{escape(str(content))}</{name}>"
