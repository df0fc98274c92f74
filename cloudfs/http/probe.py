"""The way to a server, step by step, for those who want to know where it ends."""

import ssl
import urllib.request
from urllib.parse import urlsplit

import httpx
import trio

from cloudfs.errors import Unreachable
from cloudfs.http.client import CONNECT_TIMEOUT
from cloudfs.http.origins import is_loopback


def uses_proxy(url: str) -> bool:
    """Whether requests to *url* go through a proxy that the environment names."""
    parts = urlsplit(url)
    if parts.hostname is None or urllib.request.proxy_bypass(parts.hostname):
        return False
    proxies = urllib.request.getproxies()
    return not is_loopback(url) and bool(proxies.get(parts.scheme) or proxies.get("all"))


async def addresses(url: str) -> int:
    """How many addresses the host of *url* has. Raises Unreachable if it has none."""
    host, port, _ = _server(url)
    try:
        with trio.fail_after(CONNECT_TIMEOUT):
            found = await trio.socket.getaddrinfo(host, port, type=trio.socket.SOCK_STREAM)
    except trio.TooSlowError as error:
        raise Unreachable("the name service does not answer in time") from error
    except OSError as error:
        raise Unreachable(f"the name {host} is not known: {error.strerror or error}") from error
    return len({address[0] for *_, address in found})


async def handshake(url: str) -> str:
    """Connect to the server of *url*; says how the connection is secured.

    Raises Unreachable if there is none, or none that can be trusted.
    """
    host, port, secure = _server(url)
    try:
        with trio.fail_after(CONNECT_TIMEOUT):
            stream: trio.abc.Stream = await trio.open_tcp_stream(host, port)
            try:
                return await _secured(stream, host) if secure else "not encrypted"
            finally:
                await trio.aclose_forcefully(stream)
    except trio.TooSlowError as error:
        raise Unreachable(f"{host}:{port} does not answer in time") from error
    except trio.BrokenResourceError as error:
        raise Unreachable(_reason(error)) from error
    except OSError as error:
        cause = error.__cause__ or error
        if isinstance(cause, BaseExceptionGroup):
            cause = cause.exceptions[0]
        reason = getattr(cause, "strerror", None) or str(cause)
        raise Unreachable(f"no connection to {host}:{port}: {reason}") from error


async def _secured(stream: trio.abc.Stream, host: str) -> str:
    context = httpx.create_ssl_context()  # what requests are made with
    secured = trio.SSLStream(stream, context, server_hostname=host, https_compatible=True)
    await secured.do_handshake()
    until = dict(secured.getpeercert() or {}).get("notAfter", "?")
    return f"{secured.version()}, certificate until {until}"


def _reason(error: trio.BrokenResourceError) -> str:
    cause = error.__cause__
    if isinstance(cause, ssl.SSLCertVerificationError):
        return f"the server's certificate is not valid ({cause.verify_message})"
    return "no secure connection (is this an https server?)"


def _server(url: str) -> tuple[str, int, bool]:
    parts = urlsplit(url)
    secure = parts.scheme == "https"
    return parts.hostname or "", parts.port or (443 if secure else 80), secure
