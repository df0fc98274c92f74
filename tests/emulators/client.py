"""A client of the Cloudike API that knows only how to send what a test says."""

import hashlib
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Self
from urllib.parse import quote

import httpx

from cloudfs.emulators.clock import Clock
from cloudfs.emulators.server import Running

# Nothing here is https, and a context that reads the system's certificates takes its time.
_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


class Client:
    """Requests to the API with a token, and to the object store without one."""

    def __init__(self, url: str, token: str | None = None) -> None:
        headers = {} if token is None else {"Mountbit-Auth": token}
        self.token = token
        self.http = httpx.AsyncClient(base_url=url, headers=headers, timeout=20, verify=_TLS)
        self.store = httpx.AsyncClient(timeout=20, verify=_TLS)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.http.aclose()
        await self.store.aclose()

    async def get(self, route: str, **params: Any) -> httpx.Response:
        return await self.http.get(f"/api/1/{route}", params=params)

    async def post(self, route: str, **params: Any) -> httpx.Response:
        return await self.http.post(f"/api/1/{route}", data=params)

    async def ok(self, route: str, **params: Any) -> Any:
        """The JSON of a POST that succeeds."""
        return _json(await self.post(route, **params))

    async def look(self, route: str, **params: Any) -> Any:
        """The JSON of a GET that succeeds."""
        return _json(await self.get(route, **params))

    async def refused(self, route: str, **params: Any) -> tuple[int, str]:
        """Status and code of a POST that is refused."""
        return refusal(await self.post(route, **params))

    async def stat(self, path: str) -> Any:
        return await self.look(f"metadata/{in_url(path)}", listing=0, extra=0)

    async def names(self, path: str) -> list[str]:
        found = await self.look(f"metadata/{in_url(path)}")
        return [child["path"].rpartition("/")[2] for child in found["content"]]

    async def ticket(self, path: str, **params: Any) -> Any:
        return await self.ok("files/create/", path=path, create_dirs=0, **params)

    async def send(self, ticket: Any, data: bytes) -> httpx.Response:
        """Send content as the ticket wants it."""
        headers = dict(ticket["headers"])
        if ticket["method"] == "PUT":
            return await self.store.put(ticket["url"], content=data, headers=headers)
        fields = {**ticket["parameters"], **headers}
        part = {"file": ("any", data, "application/octet-stream")}
        return await self.store.post(ticket["url"], data=fields, files=part)

    async def confirm(self, ticket: Any) -> httpx.Response:
        return await self.http.post(ticket["confirm_url"])

    async def upload(self, path: str, data: bytes, **params: Any) -> Any:
        """M of a file that was uploaded, or recognised, whichever way."""
        ticket = await self.ticket(path, size=len(data), checksum=md5(data), **params)
        if "confirm_url" not in ticket:
            return ticket
        assert (await self.send(ticket, data)).is_success
        return _json(await self.confirm(ticket))

    async def link(self, path: str, **params: Any) -> Any:
        return await self.look(f"files/get/{in_url(path)}", **params)

    async def fetch(self, path: str, **params: Any) -> bytes:
        response = await self.store.get((await self.link(path, **params))["url"])
        assert response.status_code == 200
        return response.content

    async def finished(self, taskid: str, clock: Clock) -> Any:
        """The result of a task, after its time has passed."""
        clock.advance(0.2)
        return await self.look(f"task/{taskid}/")

    async def events(self, **params: Any) -> list[Any]:
        found = _json(await self.http.get("/api/0/events/", params=params))
        assert isinstance(found, list)
        return found


@asynccontextmanager
async def signed_in(
    running: Running, login: str = "demo@example.com", password: str = "demo"
) -> AsyncIterator[Client]:
    async with Client(running.api_url) as visitor:
        found = await visitor.ok("accounts/login/", login=login, password=password)
    async with Client(running.api_url, found["token"]) as client:
        yield client


def md5(data: bytes) -> str:
    return hashlib.md5(data).hexdigest()


def in_url(path: str) -> str:
    return "/".join(quote(name, safe="") for name in path.strip("/").split("/"))


def refusal(response: httpx.Response) -> tuple[int, str]:
    body = response.json()
    assert set(body) == {"code", "description"}, body
    return response.status_code, body["code"]


def _json(response: httpx.Response) -> Any:
    assert response.is_success, (response.status_code, response.text)
    return response.json() if response.content else {}
