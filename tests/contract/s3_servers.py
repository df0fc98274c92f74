"""S3 stores not written here, on this machine: the contract suite runs against each.

A server is started when the first test asks for it, as in `webdav_servers`. Each test gets a
bucket of its own, and works below a prefix in it.
"""

import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

import httpx

from cloudfs.http.client import Http
from cloudfs.providers.s3.provider import S3Provider
from cloudfs.providers.s3.settings import S3Settings
from cloudfs.providers.s3.signing import EMPTY, Credentials, Signed, Signer, Target
from tests.contract.bad_line import BadLine
from tests.contract.webdav_servers import _free_port, _scratch, _start, _wait_for

KEY, SECRET = "cloudfs-tests", "not-a-secret"
VERSIONED = b"<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>"


@dataclass(frozen=True)
class Store:
    """A running store."""

    url: str

    def request(
        self, method: str, path: str, query: tuple[tuple[str, str], ...] = (), body: bytes = b""
    ) -> httpx.Response:
        """Answer to a signed request; *path* as it is sent."""
        host = urlsplit(self.url).netloc
        target = Target(origin=self.url, host=host, path=path, query=query, region="us-east-1")
        payload = "UNSIGNED-PAYLOAD" if body else EMPTY
        auth = Signed(Signer(Credentials(KEY, SECRET)), method, target, payload)
        with httpx.Client(trust_env=False, auth=auth) as client:
            reply = client.request(method, target.url, content=body)
        reply.raise_for_status()
        return reply

    def bucket(self, *, versioned: bool = False) -> str:
        """The name of a new, empty bucket."""
        name = f"b{uuid4().hex}"
        self.request("PUT", f"/{name}")
        if versioned:
            self.request("PUT", f"/{name}", (("versioning", ""),), VERSIONED)
        return name


@cache
def moto() -> Store:
    port = _free_port()
    _start([sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)])
    url = f"http://127.0.0.1:{port}"
    _wait_for(url)
    return Store(url)


@cache
def rclone() -> Store:
    program = Path(sys.executable).parent / "rclone"
    command = [str(program) if program.exists() else "rclone", "serve", "s3"]
    command += [str(_scratch("rclone-s3")), "--auth-key", f"{KEY},{SECRET}"]
    options = ["--addr", "127.0.0.1:0", "--config", "/dev/null"]
    url = _start(command + options, announces=r"(http://127\.0\.0\.1:\d+)")
    return Store(url)


@asynccontextmanager
async def clients(
    start: Callable[[], Store],
    *,
    versioned: bool = False,
    bad_day: bool = False,
    **settings: object,
) -> AsyncIterator[Callable[[], Awaitable[S3Provider]]]:
    """A maker of clients of one new, empty bucket on the store that *start* gives."""
    store = start()
    bucket = store.bucket(versioned=versioned)
    table = {"access_key": KEY, "secret_key": SECRET, "dir_rename": True, **settings}
    async with AsyncExitStack() as stack:

        async def another() -> S3Provider:
            http = Http(transport=BadLine() if bad_day else None)
            stack.push_async_callback(http.aclose)
            known = S3Settings(url=store.url, bucket=bucket, **table)
            provider = S3Provider(known, http=http, notes={})
            await provider.open()
            return provider

        yield another
