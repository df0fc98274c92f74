"""What can be set for an account: two profiles of one protocol (reference 1.3).

A setting has the reference's name for it. `url` is what the reference calls the portal, with
the scheme in front that holds for all servers of the account.
"""

import re
import zoneinfo
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from cloudfs.errors import ConfigError
from cloudfs.providers.asus import ids
from cloudfs.providers.settings import setting

ROOTS = ("sync", "home", "backup", "all")
FORBIDDEN = '\\:*?><;"|'  # besides "/"; which of ; and | is meant is not known (1.7)

_FOLDER = re.compile(r"id:(-?\d+)", re.ASCII)
_MARK = re.compile(r"\s*(\d+)\s*=\s*(\S+)\s*", re.ASCII)


@dataclass(frozen=True, kw_only=True)
class AsusSettings:
    """An account, and how its installation of the service behaves."""

    url: str = setting(
        "the ServicePortal, https://HOST; its scheme holds for all servers",
        default="https://sp.yostore.net",
    )
    username: str = setting("user id, mostly an e-mail address")
    password: str = setting("password of the account", secret=True)
    sid: str = setting("the developer's number, issued by ASUS Cloud with the ProgKey")
    progkey: str = setting("the ProgKey that belongs to sid", secret=True)
    gateway: str = setting("the ServiceGateway, if it is known: then none is looked up", default="")
    scheme: str = setting(
        "scheme of all servers; empty: that of url", default="", choices=("", "https", "http")
    )
    discovery: str = setting(
        "how the ServiceGateway is looked up: by the user, or by the service area",
        default="requestservicegateway",
        choices=("requestservicegateway", "acquireservicegateway"),
    )
    discovery_password: bool = setting(
        "send language and password when looking up the gateway by the user", default=True
    )
    area_id: int = setting("the service area, for discovery acquireservicegateway", default=1)
    language: str = setting("language of the service's messages", default="zh_TW")
    sid_header: bool = setting("send the sid as X-asc-sid, too", default=False)
    omnistore_cookie: bool = setting("send the cookie OMNISTORE_VER", default=True)
    password_scheme: str = setting(
        "how the password is sent at sign-in; 3des needs the cryptography package",
        default="md5",
        choices=("md5", "3des"),
    )
    otp: str = setting("one-time password, if sign-in asks for it", default="", secret=True)
    captcha: str = setting("text of the CAPTCHA picture, if sign-in asks for it", default="")
    sign_all: bool = setting("sign every request, not only where it is required", default=False)
    root: str = setting(
        "what the drive shows: sync (MySyncFolder), home, backup, all (each in a folder of its "
        "own), or id:NUMBER for one folder",
        default="sync",
    )
    time_zone: str = setting("zone of the times that come without one", default="UTC")
    pagesize: int = setting("entries asked for at once when listing", default=500)
    listing_api: str = setting(
        "which call lists folders; folder_browse is the older one",
        default="browsefolder",
        choices=("browsefolder", "folder_browse"),
    )
    forbidden: str = setting("characters that names cannot hold, besides /", default=FORBIDDEN)
    upload_chunk_size: int = setting(
        "bytes sent with one request of an upload; 0: all that is left", default=0
    )
    on_conflict: str = setting(
        "what becomes of a file that changes on the service while it is replaced: refuse keeps "
        "both, overwrite lets the later one win",
        default="refuse",
        choices=("refuse", "overwrite"),
    )
    use_updateattribute: bool = setting(
        "let programs change times on the service, too", default=True
    )
    restore_folder: str = setting(
        "where files from the bin go whose origin is not known: empty for the top of the drive, "
        "or id:NUMBER",
        default="",
    )
    poll: float = setting("seconds between two looks for changes", default=30.0)
    recent: str = setting(
        "what counts as recent: changes of the last four weeks, or uploads",
        default="changes",
        choices=("changes", "uploads"),
    )
    marks: str = setting("names of the marks by number, 1=star,2=...", default="1=star")
    share_url_prefix: str = setting("what goes before a share code", default="http://oeo.la/")
    share_password_form: str = setting(
        "how the password of a share is sent", default="md5", choices=("md5", "plain")
    )
    compact_sharecode: bool = setting("does the service have short share codes?", default=True)
    thumbnail_size: int = setting("size type of small pictures", default=0)
    client: str = setting("client type told to the service", default="0")
    version: str = setting("client version told to the service", default="1.0")
    maker: str = setting("device maker told to the service", default="cloudfs")
    product: str = setting("device model told to the service", default="cloudfs")
    os: str = setting("operating system told to the service; empty: the kernel", default="")

    def check(self) -> None:
        """Raise ConfigError, saying what to do, if the settings cannot be right together."""
        if not self.url and not self.gateway:
            raise ConfigError("url is missing: the ServicePortal, or else set gateway")
        if urlsplit(self.url).path.strip("/"):
            raise ConfigError("url must end after the host (and port)")
        for name in ("username", "password", "sid", "progkey"):
            if not getattr(self, name):
                raise ConfigError(f"{name} must not be empty")
        if self.root not in ROOTS and root_number(self.root) is None:
            raise ConfigError(f"root must be one of {', '.join(ROOTS)} or id:NUMBER")
        if self.restore_folder and root_number(self.restore_folder) is None:
            raise ConfigError("restore_folder must be empty or id:NUMBER")
        if self.pagesize < 1 or self.upload_chunk_size < 0 or self.poll <= 0:
            raise ConfigError("pagesize and poll must be more than 0, upload_chunk_size at least 0")
        self.zone()
        self.mark_names()

    def zone(self) -> zoneinfo.ZoneInfo:
        """The zone of the times that come without one."""
        try:
            return zoneinfo.ZoneInfo(self.time_zone)
        except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise ConfigError(f"time_zone {self.time_zone!r} is not known here") from error

    def mark_names(self) -> Mapping[str, str]:
        """The names of marks by their number."""
        names = {}
        for part in filter(None, self.marks.split(",")):
            match = _MARK.fullmatch(part)
            if match is None:
                raise ConfigError("marks must be like 1=star,2=important")
            names[match[1]] = match[2]
        return names

    def server_scheme(self) -> str:
        """The scheme of servers that are told without one (reference 1.1)."""
        return self.scheme or urlsplit(self.url or self.gateway).scheme or "https"


@dataclass(frozen=True, kw_only=True)
class WebStorageSettings(AsusSettings):
    """An account of the public service."""


@dataclass(frozen=True, kw_only=True)
class OmniStorSettings(AsusSettings):
    """An account of a private installation; its hosts belong to the customer."""

    url: str = setting(
        "the ServicePortal, https://HOST; its scheme holds for all servers", default=""
    )
    discovery: str = setting(
        "how the ServiceGateway is looked up: by the service area, or by the user",
        default="acquireservicegateway",
        choices=("requestservicegateway", "acquireservicegateway"),
    )
    discovery_password: bool = setting(
        "send language and password when looking up the gateway by the user", default=False
    )
    sid_header: bool = setting("send the sid as X-asc-sid, too", default=True)
    omnistore_cookie: bool = setting("send the cookie OMNISTORE_VER", default=False)
    share_url_prefix: str = setting("what goes before a share code", default="")
    compact_sharecode: bool = setting("does the service have short share codes?", default=False)


def root_number(root: str) -> str | None:
    """The number in ``id:NUMBER``; None if *root* is not like that."""
    match = _FOLDER.fullmatch(root)
    return ids.number(match[1]) if match is not None else None
