"""What can be set for an account of 689Cloud."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from cloudfs.errors import ConfigError
from cloudfs.providers.settings import setting

MIB = 1024 * 1024
TIB = 1024**4


@dataclass(frozen=True, kw_only=True)
class Cloud689Settings:
    """An account, and how its installation of the service behaves."""

    username: str = setting("e-mail address of the account, its case as it was given")
    password: str = setting("password of the account", secret=True)
    url: str = setting("address of the API, with /api", default="https://www.689cloud.com/api")
    team: str = setting("id or name of the team, where the address belongs to several", default="")
    team_id: str = setting("id of the team; it is then not looked up by the address", default="")
    keep_me_login: bool = setting(
        "ask for a session of 30 days; else one that ends when it is not used", default=True
    )
    logout: bool = setting(
        "end the session at unmount; else the next mount goes on with it", default=False
    )
    browse_times: str = setting(
        "zone of the times in listings: that of the user, or UTC",
        default="user",
        choices=("user", "utc"),
    )
    projects: str = setting(
        "whether projects, the folders at the top, may be made, renamed and removed",
        default="ro",
        choices=("ro", "rw"),
    )
    max_download: int = setting("what a new project is told as its max_download", default=1)
    length: int = setting("projects asked for at once", default=100)
    page_size: int = setting("events of the history asked for at once", default=100)
    chunk_size: int = setting(
        "bytes above which a file is sent in chunks of this size", default=4 * MIB
    )
    relicense: bool = setting(
        "give a file that replaces another the licence settings of the old one", default=False
    )
    ranges: bool = setting(
        "ask for parts of files; else, and if the service does not know them, a file is "
        "fetched whole when it is read",
        default=False,
    )
    spool_folder: str = setting(
        "where files that are fetched whole wait to be read; empty: the system's choice",
        default="/var/tmp",  # noqa: S108 - the files made there have no name
    )
    spool_size: int = setting(
        "bytes of files fetched whole that are kept for the next read", default=1024 * MIB
    )
    capacity: int = setting(
        "bytes shown as the size of the account, which the service does not tell", default=TIB
    )
    change_detection: str = setting(
        "how changes made elsewhere are noticed: history reads the events of projects in use, "
        "off waits until listings are read again",
        default="history",
        choices=("history", "off"),
    )
    history_interval: float = setting("seconds between two looks at the history", default=30.0)
    site_root: str = setting(
        "where the addresses of links begin; empty: the url without /api", default=""
    )
    upload_cloud: bool = setting(
        "let the service fetch files from Dropbox, Box and Google Drive", default=False
    )
    encode_timeout: float = setting("seconds that protecting a file may take", default=600.0)

    def check(self) -> None:
        """Raise ConfigError, saying what to do, if the settings cannot be right."""
        if not self.username or not self.password:
            raise ConfigError("username and password are needed to sign in")
        if urlsplit(self.url).query or urlsplit(self.url).fragment:
            raise ConfigError("url must end with the path of the API, https://HOST/api")
        for name in ("length", "page_size", "chunk_size", "capacity"):
            if getattr(self, name) < 1:
                raise ConfigError(f"{name} must be at least 1")
        if self.history_interval <= 0:
            raise ConfigError("history_interval must be more than 0")
