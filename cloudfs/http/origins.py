"""Where a URL leads, and what may be sent there."""

import ipaddress
from urllib.parse import urlsplit

from cloudfs.errors import ConfigError

_DEFAULT_PORTS = {"http": 80, "https": 443}


def origin(url: str) -> str:
    """Scheme, host and port of *url*: the part of it that is never a secret (RFC 6454).

    "" if *url* makes no sense: a server may send anything as an address.
    """
    try:
        parts = urlsplit(url)
        port = parts.port or _DEFAULT_PORTS.get(parts.scheme.lower(), 0)
    except ValueError:
        return ""
    host = (parts.hostname or "").lower()
    if ":" in host:
        host = f"[{host}]"
    return f"{parts.scheme.lower()}://{host}:{port}"


def server(url: str) -> str:
    """How a person is told of the server that *url* leads to."""
    told = origin(url)
    usual = _DEFAULT_PORTS.get(told.partition(":")[0])
    return f"the server {told.removesuffix(f':{usual}')}".rstrip()


def is_loopback(url: str) -> bool:
    """Whether *url* leads to this machine by its spelling, without asking the name service."""
    host = urlsplit(url).hostname or ""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def check_transport(url: str, *, allow_insecure: bool) -> None:
    """Raise ConfigError if requests to *url* could be read on the way.

    Plain http is taken to this machine only, unless the remote says `allow_insecure = true`.
    """
    parts = urlsplit(url if origin(url) else "")
    if parts.scheme not in _DEFAULT_PORTS or not parts.hostname:
        raise ConfigError("the url is not a web address: write it as https://HOST/...")
    if parts.username or parts.password:
        raise ConfigError("the url holds a user or password: use username and password instead")
    if parts.scheme == "http" and not (allow_insecure or is_loopback(url)):
        raise ConfigError(
            f"plain http to {parts.hostname} would show the password to the network: "
            "use https, or set allow_insecure = true for this remote"
        )
