"""A client of the 689Cloud API that knows only how to send what a test says."""

import hashlib
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any, Self

import httpx
import trio

from cloudfs.emulators.server import Running

EMAIL, PASSWORD = "ann@example.com", "demo"  # of the account that is there from the start
PLAIN_OK = b'{"status_code":200,"total_records":null}'
FORM = "application/x-www-form-urlencoded;charset=UTF-8"

# Nothing here is https, and a context that reads the system's certificates takes its time.
_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


class Client:
    """Calls with a token, or without one; about one project, if none is named."""

    def __init__(self, url: str, token: str | None = None, project: str | None = None) -> None:
        self.token = token
        self.project = project
        self.http = httpx.AsyncClient(base_url=f"{url}/", timeout=20, verify=_TLS)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.http.aclose()

    def fields(self, params: dict[str, Any]) -> dict[str, str]:
        """*params* in words of the wire, with what every call needs. None leaves one out."""
        usual = {"auth_token": self.token, "project_id": self.project}
        given = {name: _word(value) for name, value in {**usual, **params}.items()}
        return {name: value for name, value in given.items() if value is not None}

    async def post(self, call: str, **params: Any) -> httpx.Response:
        return await self.http.post(call, data=self.fields(params), headers={"Content-Type": FORM})

    async def get(self, call: str, **params: Any) -> httpx.Response:
        return await self.http.get(call, params=self.fields(params))

    async def ok(self, call: str, **params: Any) -> Any:
        """The result of a POST that succeeds."""
        return result(await self.post(call, **params))

    async def done(self, call: str, **params: Any) -> None:
        """A POST that succeeds and has nothing to tell."""
        response = await self.post(call, **params)
        assert response.content == PLAIN_OK, response.text

    async def refused(self, call: str, **params: Any) -> tuple[int, str]:
        """Code and description of a POST that is refused."""
        return refusal(await self.post(call, **params))

    async def send(
        self, data: bytes, type_: str = "application/octet-stream", **params: Any
    ) -> httpx.Response:
        """A file, or a chunk of one."""
        name = params.get("file_name") or "chunk"
        part = {"file": (name, data, type_)}
        return await self.http.post("upload", data=self.fields(params), files=part)

    async def upload(
        self, file_name: str, data: bytes = b"", folder: str | None = None, **more: Any
    ) -> Any:
        """FILE of a new file."""
        return result(await self.send(data, file_name=file_name, folder_id=folder, **more))

    async def file(self, name: str, data: bytes = b"", folder: str | None = None) -> str:
        """The id of a new file."""
        return str((await self.upload(name, data, folder))["file_id"])

    async def folder(self, name: str, parent: str | None = None) -> str:
        """The id of a new folder."""
        found = await self.ok("project/f/create", name=name, parent_folder_id=parent)
        return str(found["folder_id"])

    async def ls(self, folder: str | None = None, **params: Any) -> list[Any]:
        """The entries of a folder."""
        return list((await self.ok("project/f/browse", folder_id=folder, **params))["file_info"])

    async def names(self, folder: str | None = None, **params: Any) -> list[str]:
        return [entry["name"] for entry in await self.ls(folder, **params)]

    async def bin(self) -> list[str]:
        return await self.names(active=False)

    async def stat(self, file: str, **params: Any) -> Any:
        """FILE."""
        return (await self.ok("project/f/info", f_id=file, **params))["file"]

    async def download(self, file: str, **params: Any) -> httpx.Response:
        usual = {"file_id": file, "download_type": 1, "require_auth": True}
        return await self.post("download", **{**usual, **params})

    async def fetch(self, file: str) -> bytes:
        response = await self.download(file)
        assert "content-disposition" in response.headers, response.text
        return response.content

    async def history(self, **params: Any) -> list[Any]:
        """Events of the project, newest first."""
        response = await self.get("history/project", **{"page_size": 1000, **params})
        return list(result(response))

    async def new_project(self, name: str) -> str:
        """The id of a new project."""
        found = await self.ok("project/create", name=name, max_download=1, project_id=None)
        return str(found["project_id"])

    async def projects(self, **params: Any) -> list[Any]:
        usual = {"start": 0, "length": 100, "project_id": None}
        return list((await self.ok("project/list", **{**usual, **params}))["data"])

    async def broken_off(self, call: str, data: bytes, content_type: str) -> None:
        """Send a request by a connection that the server resets before it has read it."""
        where = self.http.base_url.join(call)
        head = (
            f"POST {where.path} HTTP/1.1\r\nHost: {where.host}\r\n"
            f"Content-Type: {content_type}\r\nContent-Length: {len(data)}\r\n\r\n"
        )
        async with await trio.open_tcp_stream(where.host, where.port or 0) as stream:
            with suppress(trio.BrokenResourceError):
                await stream.send_all(head.encode() + data)
                await stream.receive_some()


@asynccontextmanager
async def signed_in(
    running: Running,
    email: str = EMAIL,
    password: str = PASSWORD,
    *,
    keep: bool = True,
    team_id: str | None = None,
) -> AsyncIterator[Client]:
    """Somebody, in the first project of his."""
    async with Client(running.api_url) as client:
        team = team_id or (await teams(client, email))[0]
        found = await client.ok(
            "user/login",
            email_address=email,
            password=md5(password),
            team_id=team,
            keep_me_login=keep,
        )
        client.token = found["session_id"]
        projects = await client.projects()
        client.project = projects[-1]["project_id"] if projects else None
        yield client


async def teams(client: Client, email: str = EMAIL) -> list[str]:
    """The ids of the teams that somebody is in."""
    found = await client.ok("user/login/checkmail", email_address=email)
    return [team["team_id"] for team in found]


def md5(text: str) -> str:
    return hashlib.md5(text.encode()).hexdigest()


def result(response: httpx.Response) -> Any:
    body = response.json()
    assert (response.status_code, body["status_code"]) == (200, 200), response.text
    return body.get("result")


def refusal(response: httpx.Response) -> tuple[int, str]:
    body = response.json()
    assert list(body) == ["result", "description", "status_code", "total_records"], body
    assert body["result"] is None
    assert body["total_records"] is None
    return body["status_code"], body["description"]


def _word(value: Any) -> str | None:
    if isinstance(value, bool):
        return str(value).lower()
    return ",".join(value) if isinstance(value, list) else None if value is None else str(value)
