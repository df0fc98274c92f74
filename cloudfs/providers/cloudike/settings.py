"""What can be set for an account of Cloudike (reference 1.8)."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from cloudfs.errors import ConfigError
from cloudfs.providers.settings import setting

MIB = 1024 * 1024


@dataclass(frozen=True, kw_only=True)
class CloudikeSettings:
    """An account, and how its installation of the service behaves."""

    url: str = setting("address of the API server without a path, https://api.example.com")
    username: str = setting("e-mail address, telephone number, or kind:value", default="")
    password: str = setting("password of the account", default="", secret=True)
    token: str = setting("permanent token, for auth_mode static_token", default="", secret=True)
    auth_mode: str = setting(
        "how requests prove who sends them",
        default="token",
        choices=("token", "basic", "authorization", "static_token"),
    )
    body_encoding: str = setting(
        "how parameters are sent; auto tries json first, and form where the service wants it",
        default="auto",
        choices=("auto", "json", "form"),
    )
    page_limit: int = setting("entries asked for at once when listing", default=500)
    send_checksum: bool = setting(
        "send the MD5 of a file first: what the service already has is not sent again",
        default=True,
    )
    create_dirs: bool = setting(
        "let an upload create missing folders; it may revive one deleted elsewhere", default=False
    )
    multipart_threshold: int = setting(
        "bytes above which a file is sent in parts", default=100 * MIB
    )
    part_size: int = setting("bytes of one part", default=16 * MIB)
    delete_mode: str = setting(
        "where deleted entries go", default="trash", choices=("trash", "permanent")
    )
    set_modified: bool = setting(
        "let programs change a file's time later; each change adds a version", default=False
    )
    task_poll: float = setting("seconds between two looks at a background task", default=1.0)
    task_grace: float = setting("seconds during which a task may be unknown", default=30.0)
    task_timeout: float = setting("seconds a background task may take", default=600.0)
    change_detection: str = setting(
        "how changes made elsewhere are noticed: etag asks for a listing only if it changed, "
        "events also reads the event log, off reads every listing whole",
        default="etag",
        choices=("etag", "events", "off"),
    )
    events_interval: float = setting("seconds between two looks at the event log", default=30.0)
    public_link_base: str = setting(
        "where public links of this installation begin, https://company.example.com", default=""
    )
    logout: bool = setting(
        "end the session at unmount; else the next mount goes on with it", default=False
    )

    def check(self) -> None:
        """Raise ConfigError, saying what to do, if the settings cannot be right together."""
        if urlsplit(self.url).path.strip("/"):
            raise ConfigError("url must end after the host (and port): the client adds /api/1/")
        if self.auth_mode == "static_token":
            if not self.token:
                raise ConfigError("token is missing: auth_mode static_token needs it")
        elif not (self.username and self.password):
            raise ConfigError(f"auth_mode {self.auth_mode} needs username and password")
        for name in ("page_limit", "part_size", "multipart_threshold"):
            if getattr(self, name) < 1:
                raise ConfigError(f"{name} must be at least 1")
        for name in ("task_poll", "events_interval"):
            if getattr(self, name) <= 0:
                raise ConfigError(f"{name} must be more than 0")
