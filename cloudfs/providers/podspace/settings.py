"""What can be set for an account of PodSpace."""

from dataclasses import dataclass

from cloudfs.errors import ConfigError
from cloudfs.providers.settings import setting

MIB = 1024 * 1024


@dataclass(frozen=True, kw_only=True)
class PodspaceSettings:
    """An account, and how to deal with its service."""

    url: str = setting(
        "address of the API, with /api at its end", default="https://podspace.pod.ir/api"
    )
    token: str = setting(
        "access token, from `cloudfs login` or the panel of the platform", default="", secret=True
    )
    refresh_token: str = setting(
        "token that gets new access tokens; without it a login lasts as long as its token",
        default="",
        secret=True,
    )
    device_uid: str = setting(
        "UUID by which the service knows this machine; empty: made from the machine's id",
        default="",
    )
    logout: bool = setting(
        "revoke the tokens at unmount; then every mount needs a login", default=False
    )
    accept_language: str = setting("language of the service's messages", default="fa-IR")
    page_size: int = setting("entries asked for at once; the service may give fewer", default=100)
    single_request_limit: int = setting(
        "bytes up to which a file is sent with one request, not resumably", default=5 * MIB
    )
    chunk_size: int = setting("bytes of one request of a resumable upload", default=5 * MIB)
    check_space: bool = setting(
        "ask before a resumable upload whether the folder's owner has room for it", default=True
    )
    upload_key: str = setting(
        "key of a business in whose name files are uploaded", default="", secret=True
    )
    verify_reads: bool = setting(
        "make sure with every range read that the file is still the same version; without it only "
        "a change of size is noticed in the middle of a file",
        default=True,
    )
    change_detection: str = setting(
        "how changes made elsewhere are noticed: activities also looks at what happened lately, "
        "off leaves it to reading folders again",
        default="activities",
        choices=("activities", "off"),
    )
    activities_interval: float = setting("seconds between two such looks", default=30.0)
    activities_trust: float = setting(
        "seconds after which folders are read again although nothing seems to have happened",
        default=120.0,
    )
    link_base: str = setting("where public links begin", default="https://podspace.ir")
    endpoints: object = setting(
        'table of requests that differ from the usual, "folder.size" = "GET /folders/{hash}/size"',
        default=None,
    )

    def check(self) -> None:
        """Raise ConfigError, saying what to do, if the settings cannot be right together."""
        if not (self.token or self.refresh_token):
            raise ConfigError("token is missing: get one with `cloudfs login`")
        for name in ("token", "refresh_token"):
            value: str = getattr(self, name)
            if not value.isascii() or not value.isprintable() or " " in value:
                raise ConfigError(f"{name} cannot be one: it has blanks or other odd characters")
        for name in ("page_size", "single_request_limit", "chunk_size"):
            if getattr(self, name) < 1:
                raise ConfigError(f"{name} must be at least 1")
        for name in ("activities_interval", "activities_trust"):
            if getattr(self, name) <= 0:
                raise ConfigError(f"{name} must be more than 0")
