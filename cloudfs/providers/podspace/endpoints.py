"""The endpoint table: every operation by its key, each of which can be set otherwise (1.9).

Much of the service's interface is known from its clients only, and some of it is a guess, so a
remote may say ``endpoints = { "folder.size" = "GET /folders/{hash}/volume" }``.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from urllib.parse import quote

from cloudfs.errors import ConfigError, InvalidRequest
from cloudfs.model import NOTHING

DEFAULTS: Mapping[str, str] = MappingProxyType(
    {
        "auth.otp.handshake": "POST /oauth2/otp/handshake",
        "auth.otp.authorize": "POST /oauth2/otp/authorize",
        "auth.otp.verify": "POST /oauth2/otp/verify",
        "auth.refresh": "GET /oauth2/refresh",
        "auth.logout": "DELETE /oauth2/token",
        "user.me": "GET /me",
        "folder.list": "GET /folders/{hash}/children",
        "entry.stat": "GET /files/{hash}/detail",
        "entry.exist": "GET /files/{folderHash}/exist",
        "folder.create": "POST /folders",
        "file.upload": "POST /files",
        "file.tus_create": "POST /files/resumable_upload",
        "file.tus_replace": "POST /files/resumable_replace",
        "file.tus_info": "GET /files/uploaded_file_info/{key}",
        "file.replace": "PUT /files/{hash}",
        "file.get": "GET /files/{hash}",
        "entry.rename": "PUT /files/{hash}/rename",
        "entry.move": "PUT /files/{hash}/move",
        "entry.copy": "PUT /files/{hash}/copy",
        "batch": "POST /batch",
        "entry.trash": "DELETE /files/{hash}",
        "trash.list": "GET /trashes",
        "trash.restore": "PUT /trashes/{hash}/restore",
        "trash.wipe": "DELETE /trashes/{hash}",
        "trash.wipe_all": "DELETE /trashes",
        "share.create_private": "POST /files/{hash}/share",
        "share.create_public": "POST /files/{hash}/public",
        "share.password": "PUT /files/{hash}/shares/password",
        "share.list": "GET /files/{hash}/shares",
        "share.delete": "DELETE /shares/{shareHash}",
        "share.with_me": "GET /shares",
        "version.list": "GET /files/{hash}/versions",
        "version.restore": "PATCH /files/versions/{versionHash}",
        "activity.entry": "GET /files/{hash}/activities",
        "activity.recent": "GET /activities",
        "org.list": "GET /teams",
        "search": "GET /files/search",
        "quota": "GET /me/status",
        "quota.check": "GET /folders/{folderHash}/check/upload",
        "folder.size": "GET /folders/{hash}/size",
        "plan.mine": "GET /plan",
        "mark.add": "POST /bookmarks",
        "mark.list": "GET /bookmarks",
        "mark.remove": "DELETE /bookmarks",
        "entry.address": "GET /files/{hash}/breadcrumb",
        "entry.post": "GET /files/{hash}/post",
        "file.upload_url": "POST /files/url",
        "file.thumbnail": "GET /files/{hash}/thumbnail",
        "archive.create": "POST /files/archive",
        "archive.extract": "POST /files/{hash}/extract",
    }
)

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")

Query = Mapping[str, str | int | bool | None]

_ENTRY = re.compile(rf"({'|'.join(METHODS)}) (/[!-~]*)")
_PLACEHOLDER = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class Target:
    """Where one request goes."""

    method: str
    path: str  # below the base, with its query


class Endpoints:
    """The table of one account."""

    def __init__(self, overrides: object = None) -> None:
        """*overrides*: what the remote's settings say. Raises ConfigError if that is wrong."""
        table = dict(DEFAULTS)
        if overrides is not None:
            table.update(_checked(overrides))
        self._table = {key: _parsed(key, entry) for key, entry in table.items()}

    def target(self, key: str, query: Query, /, **places: str) -> Target:
        """The request of operation *key*; *places* are filled into its path."""
        method, template = self._table[key]

        def filled(match: re.Match[str]) -> str:
            value = places[match[1]]
            if not value:  # "DELETE /trashes/" would empty the bin
                raise InvalidRequest(f"{key}: nothing is named")
            return quote(value, safe="")

        path = _PLACEHOLDER.sub(filled, template)
        pairs = encoded(query)
        joint = "&" if "?" in path else "?"
        return Target(method, path + (joint + pairs if pairs else ""))


def encoded(query: Query) -> str:
    """*query* as text (1.4): a space is %20 and a plus %2B; None is left out."""
    return "&".join(
        f"{quote(name, safe='')}={quote(_text(value), safe=',')}"
        for name, value in query.items()
        if value is not None
    )


def spoken(language: str) -> Mapping[str, str]:
    """The header that all requests have: in which language messages are wanted (1.4)."""
    return {"Accept-Language": language} if language else NOTHING


def _text(value: str | int | bool) -> str:  # noqa: FBT001 - a flag is one of the values
    return str(value).lower() if isinstance(value, bool) else str(value)


def _parsed(key: str, entry: str) -> tuple[str, str]:
    match = _ENTRY.fullmatch(entry)
    if match is None:
        raise ConfigError(f'endpoints: {key} must be a method and a path, like "{DEFAULTS[key]}"')
    known = set(_PLACEHOLDER.findall(DEFAULTS[key]))
    if not set(_PLACEHOLDER.findall(match[2])) <= known:
        names = ", ".join(f"{{{name}}}" for name in sorted(known)) or "nothing"
        raise ConfigError(f"endpoints: the path of {key} may have {names} filled in")
    return match[1], match[2]


def _checked(overrides: object) -> dict[str, str]:
    if not isinstance(overrides, Mapping):
        raise ConfigError('endpoints must be a table of "METHOD /path" by operation')
    table: dict[str, str] = {}
    for key, entry in overrides.items():
        if key not in DEFAULTS:
            raise ConfigError(f"endpoints: there is no operation {key!r}")
        if not isinstance(entry, str):
            raise ConfigError(f'endpoints: {key} must be text, like "{DEFAULTS[key]}"')
        table[key] = entry
    return table
