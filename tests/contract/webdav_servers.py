"""WebDAV servers not written here, on this machine: the contract suite runs against each.

A server is started when the first test asks for it, and ends with the test run (or with its
death: `setpriv --pdeathsig`). Each test gets a collection of its own.
"""

import atexit
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from cloudfs.http.client import Http
from cloudfs.providers.base import Provider
from cloudfs.providers.webdav.provider import WebDavProvider
from cloudfs.providers.webdav.settings import WebDavSettings
from tests.contract.bad_line import BadLine
from tests.providers.webdav.nextcloud_server import DAV, USER, Nextcloud

NGINX_MODULE = Path("/usr/lib/nginx/modules/ngx_http_dav_ext_module.so")
APACHE_MODULES = Path("/usr/lib/apache2/modules")
STARTUP = 20.0  # seconds


@dataclass(frozen=True)
class Server:
    """A running server."""

    url: str
    auth: httpx.Auth | None = None

    @contextmanager
    def collection(self) -> Iterator[str]:
        """URL of an empty collection that nobody else uses."""
        url = f"{self.url}{uuid4().hex}/"
        self._do("MKCOL", url)
        try:
            yield url
        finally:
            self._do("DELETE", url)

    def _do(self, method: str, url: str) -> None:
        with httpx.Client(trust_env=False, auth=self.auth) as client:
            client.request(method, url).raise_for_status()


def _scratch(name: str) -> Path:
    path = Path(tempfile.mkdtemp(prefix=f"cloudfs-{name}-"))
    atexit.register(shutil.rmtree, path, ignore_errors=True)
    return path


def _home_for_others(name: str) -> Path:
    """A place for a server that runs as another user when started by root."""
    home = _scratch(name)
    for part in (home, home / "files", home / "state"):
        part.mkdir(exist_ok=True)
        part.chmod(0o777)
    return home


def _start(command: list[str], *, announces: str | None = None) -> str:
    """Start a server for the rest of the test run; return what it says that *announces* finds."""
    keeper = ["setpriv", "--pdeathsig", "TERM"] if shutil.which("setpriv") else []
    process = subprocess.Popen(
        keeper + command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )

    def stop() -> None:
        process.terminate()
        process.wait(STARTUP)
        if process.stdout:
            process.stdout.close()

    atexit.register(stop)
    assert process.stdout is not None
    found = ""
    said = b""
    while announces and not found:
        line = process.stdout.readline()
        said += line
        assert line, f"{command[0]} ended: {said.decode(errors='replace')}"
        if match := re.search(announces, line.decode(errors="replace")):
            found = match[1]
    threading.Thread(target=_drain, args=(process.stdout,), daemon=True).start()
    return found


def _drain(pipe: object) -> None:
    try:
        for _ in pipe:  # type: ignore[attr-defined]
            pass
    except ValueError:
        pass  # closed at exit


def _free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


def _wait_for(url: str) -> None:
    deadline = time.monotonic() + STARTUP
    while True:
        try:
            httpx.request("OPTIONS", url, trust_env=False)
        except httpx.TransportError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)  # another process: there is no event to wait for
        else:
            return


WSGIDAV = """
import json, sys
from cheroot import wsgi
from wsgidav.wsgidav_app import WsgiDAVApp
app = WsgiDAVApp({
    "provider_mapping": {"/": sys.argv[1]}, **json.loads(sys.argv[2]),
    "verbose": 1, "logging": {"enable": False}, "property_manager": True, "lock_storage": True,
})
server = wsgi.Server(("127.0.0.1", 0), app, numthreads=8, server_name="WsgiDAV/4 Cheroot")
server.prepare()
print("port", server.bind_addr[1], flush=True)
server.serve()
"""


def _wsgidav(config: object) -> str:
    command = [sys.executable, "-c", WSGIDAV, str(_scratch("wsgidav")), json.dumps(config)]
    return f"http://127.0.0.1:{_start(command, announces=r'^port ([0-9]+)')}/"


@cache
def wsgidav() -> Server:
    return Server(_wsgidav({"simple_dc": {"user_mapping": {"*": True}}}))


@cache
def wsgidav_digest() -> Server:
    """One that lets in the user "reader" with the password "secret", by Digest only."""
    config = {
        "simple_dc": {"user_mapping": {"*": {"reader": {"password": "secret"}}}},
        "http_authenticator": {
            "accept_basic": False,
            "accept_digest": True,
            "default_to_digest": True,
        },
    }
    return Server(_wsgidav(config), auth=httpx.DigestAuth("reader", "secret"))


@cache
def rclone() -> Server:
    return Server(_rclone())


@cache
def rclone_basic() -> Server:
    """One that lets in the user "reader" with a password, by Basic only."""
    password = "not to be told"
    return Server(
        _rclone("--user", "reader", "--pass", password), auth=httpx.BasicAuth("reader", password)
    )


def _rclone(*more: str) -> str:
    program = Path(sys.executable).parent / "rclone"
    command = [str(program) if program.exists() else "rclone", "serve", "webdav"]
    options = ["--addr", "127.0.0.1:0", "--config", "/dev/null", *more]
    return _start(
        [*command, str(_scratch("rclone")), *options], announces=r"(http://127\.0\.0\.1:\d+/)"
    )


APACHE = """
ServerRoot {home}
ServerName localhost
Listen 127.0.0.1:{port}
PidFile {home}/pid
ErrorLog {home}/error.log
DefaultRuntimeDir {home}
{modules}
{user}
DocumentRoot {home}/files
DavLockDB {home}/state/locks
<Directory {home}/files>
    Dav On
    Require all granted
</Directory>
KeepAlive On
MaxKeepAliveRequests 0
"""


@cache
def apache() -> Server:
    if not APACHE_MODULES.exists() or not shutil.which("apache2"):
        pytest.skip("no Apache: apt install apache2-bin")
    home, port = _home_for_others("apache"), _free_port()
    names = ["mpm_event", "authz_core", "dav", "dav_fs"]
    config = home / "apache.conf"
    config.write_text(
        APACHE.format(
            home=home,
            port=port,
            modules="\n".join(f"LoadModule {n}_module {APACHE_MODULES}/mod_{n}.so" for n in names),
            user="User www-data\nGroup www-data" if os.getuid() == 0 else "",
        )
    )
    _start(["apache2", "-d", str(home), "-f", str(config), "-DFOREGROUND"])
    url = f"http://127.0.0.1:{port}/"
    _wait_for(url)
    return Server(url)


NGINX = """
load_module {module};
daemon off;
pid {home}/pid;
error_log {home}/error.log;
{user}
events {{}}
http {{
    access_log off;
    client_body_temp_path {home}/state/body;
    proxy_temp_path {home}/state/proxy;
    fastcgi_temp_path {home}/state/fastcgi;
    uwsgi_temp_path {home}/state/uwsgi;
    scgi_temp_path {home}/state/scgi;
    client_max_body_size 0;
    dav_ext_lock_zone zone=locks:1m;
    server {{
        listen 127.0.0.1:{port};
        root {home}/files;
        location / {{
            dav_methods PUT DELETE MKCOL COPY MOVE;
            dav_ext_methods PROPFIND OPTIONS LOCK UNLOCK;
            dav_ext_lock zone=locks;
        }}
    }}
}}
"""


@cache
def nginx() -> Server:
    if not NGINX_MODULE.exists() or not shutil.which("nginx"):
        pytest.skip("no nginx with WebDAV: apt install nginx-light libnginx-mod-http-dav-ext")
    home, port = _home_for_others("nginx"), _free_port()
    config = home / "nginx.conf"
    user = "user www-data;" if os.getuid() == 0 else ""
    config.write_text(NGINX.format(home=home, port=port, module=NGINX_MODULE, user=user))
    _start(["nginx", "-p", str(home), "-c", str(config), "-e", str(home / "error.log")])
    url = f"http://127.0.0.1:{port}/"
    _wait_for(url)
    return Server(url)


@asynccontextmanager
async def clients(
    start: Callable[[], Server], *, bad_day: bool = False, **settings: object
) -> AsyncIterator[Callable[[], Awaitable[Provider]]]:
    """A maker of clients of one new, empty collection on the server that *start* gives."""
    async with AsyncExitStack() as stack:
        url = stack.enter_context(start().collection())

        async def another() -> Provider:
            http = Http(transport=BadLine() if bad_day else None)
            stack.push_async_callback(http.aclose)
            provider = WebDavProvider(WebDavSettings(url=url, **settings), http=http, notes={})
            await provider.open()
            return provider

        yield another


@asynccontextmanager
async def nextcloud_clients() -> AsyncIterator[Callable[[], Awaitable[Provider]]]:
    """A maker of clients of one new account on a Nextcloud that is written here, in memory."""
    server = Nextcloud()
    url = f"https://cloud.example{DAV}/files/{USER}/"

    async def another() -> Provider:
        http = Http(transport=httpx.MockTransport(server))
        provider = WebDavProvider(WebDavSettings(url=url), http=http, notes={})
        await provider.open()
        return provider

    yield another
