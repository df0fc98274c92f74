"""A client of the PodSpace API that knows only how to send what a test says."""

import base64
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any, Self

import httpx
import trio

from cloudfs.emulators.server import Running

TOKEN = "9c1e0c4dfb5d4e6f8a7b6c5d4e3f2a1b"  # of the account that is there from the start
REFRESH = f"refresh-{TOKEN}"
TUS = {"Tus-Resumable": "1.0.0"}
CHUNK = {**TUS, "Content-Type": "application/offset+octet-stream"}

# Nothing here is https, and a context that reads the system's certificates takes its time.
_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


class Client:
    """Requests to the API with a token, or without one."""

    def __init__(self, url: str, token: str | None = None) -> None:
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        self.token = token
        self.http = httpx.AsyncClient(base_url=url, headers=headers, timeout=20, verify=_TLS)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.http.aclose()

    async def send(self, method: str, path: str, **params: Any) -> httpx.Response:
        """A call whose scalars are in the query string and whose body is empty."""
        return await self.http.request(method, path, params=params)

    async def ok(self, method: str, path: str, **params: Any) -> Any:
        """The result of a call that succeeds."""
        return result(await self.send(method, path, **params))

    async def refused(self, method: str, path: str, **params: Any) -> tuple[int, int | None]:
        """Status and code of a call that is refused."""
        return refusal(await self.send(method, path, **params))

    async def form(self, method: str, path: str, **fields: str) -> httpx.Response:
        """A call whose fields are in a multipart form."""
        parts = {name: (None, value) for name, value in fields.items()}
        return await self.http.request(method, path, files=parts)

    async def post_file(
        self, name: str, data: bytes, path: str = "files", *, method: str = "POST", **params: Any
    ) -> httpx.Response:
        return await self.http.request(method, path, params=params, files={"file": (name, data)})

    async def upload(
        self, name: str, data: bytes = b"", folder: str = "ROOT", **params: Any
    ) -> Any:
        """The Entity of a new file."""
        return result(await self.post_file(name, data, folderHash=folder, **params))

    async def replace(self, hash_: str, data: bytes) -> Any:
        return result(await self.post_file("any", data, f"files/{hash_}", method="PUT"))

    async def folder(self, name: str, parent: str = "ROOT") -> Any:
        """The Entity of a new folder."""
        return await self.ok("POST", "folders", name=name, parentHash=parent)

    async def stat(self, hash_: str) -> Any:
        return await self.ok("GET", f"files/{hash_}/detail")

    async def ls(self, hash_: str = "ROOT", **params: Any) -> list[Any]:
        found = await self.ok("GET", f"folders/{hash_}/children", **{"size": 100, **params})
        return list(found["list"])

    async def names(self, hash_: str = "ROOT", **params: Any) -> list[str]:
        return [display(entity) for entity in await self.ls(hash_, **params)]

    async def bin(self, **params: Any) -> list[str]:
        return [display(e) for e in (await self.ok("GET", "trashes", **params))["list"]]

    async def fetch(self, hash_: str, **params: Any) -> bytes:
        response = await self.send("GET", f"files/{hash_}", **params)
        assert response.status_code == 200, response.text
        return response.content

    async def begin(
        self, size: int, route: str = "resumable_upload", **meta: str
    ) -> httpx.Response:
        """A new resumable upload."""
        headers = {**TUS, "Upload-Length": str(size), "Upload-Metadata": metadata(**meta)}
        return await self.http.post(f"files/{route}", headers=headers)

    async def patch(self, url: str, offset: int, data: bytes) -> httpx.Response:
        headers = {**CHUNK, "Upload-Offset": str(offset)}
        return await self.http.patch(url, content=data, headers=headers)

    async def broken_off(self, method: str, url: str, data: bytes, head: dict[str, str]) -> None:
        """Send a request by a connection that the server resets before it has read it."""
        where = self.http.base_url.join(url)
        headers = {
            "Host": where.host,
            "Authorization": f"Bearer {self.token}",
            "Content-Length": str(len(data)),
            **head,
        }
        lines = [f"{method} {where.path} HTTP/1.1", *(f"{k}: {v}" for k, v in headers.items())]
        async with await trio.open_tcp_stream(where.host, where.port or 0) as stream:
            with suppress(trio.BrokenResourceError):
                await stream.send_all("\r\n".join([*lines, "", ""]).encode() + data)
                await stream.receive_some()

    async def info(self, url: str) -> httpx.Response:
        return await self.send("GET", f"files/uploaded_file_info/{url.rpartition('/')[2]}")


@asynccontextmanager
async def signed_in(running: Running, token: str = TOKEN) -> AsyncIterator[Client]:
    async with Client(running.api_url, token) as client:
        yield client


def metadata(**values: str) -> str:
    pairs = ((k, base64.b64encode(v.encode()).decode()) for k, v in values.items())
    return ",".join(f"{name} {value}".strip() for name, value in pairs)


def display(entity: Any) -> str:
    """The name of an Entity as people see it."""
    name, extension = entity["name"], entity["extension"]
    assert isinstance(name, str)
    return f"{name}.{extension}" if extension else name


def result(response: httpx.Response) -> Any:
    assert response.status_code == 200, (response.status_code, response.text)
    body = response.json()
    assert body["status"] == 200
    assert "hasError" not in body
    return body.get("result")


def refusal(response: httpx.Response) -> tuple[int, int | None]:
    body = response.json()
    assert body["hasError"] is True
    assert body["status"] == response.status_code
    return response.status_code, body.get("errorCode")
