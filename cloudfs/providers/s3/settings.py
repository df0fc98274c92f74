"""What can be set for an account on an S3 store."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from cloudfs.errors import ConfigError
from cloudfs.providers.settings import setting

MIB = 1024 * 1024
SMALLEST_PART = 5 * MIB
LARGEST_PART = 5 * 1024 * MIB  # also of what one request stores or copies
MOST_KEYS = 1000  # in one page of a listing, or one request to delete


@dataclass(frozen=True, kw_only=True)
class S3Settings:
    """A bucket, or all buckets of an account, on one store, and what the store bears."""

    url: str = setting("address of the store (the endpoint)", default="https://s3.amazonaws.com")
    bucket: str = setting(
        "bucket; empty: the top folder lists all buckets, without bin and versions", default=""
    )
    prefix: str = setting("what all keys begin with, like backups/home", default="")
    region: str = setting("region that requests are signed for", default="us-east-1")
    access_key: str = setting("access key id", default="")
    secret_key: str = setting("secret access key", default="", secret=True)
    session_token: str = setting("token of temporary credentials", default="", secret=True)
    anonymous: bool = setting("send requests unsigned, to a public bucket", default=False)
    style: str = setting(
        "where the bucket goes in an address: in the path, or before the host; empty: in the "
        "path but for amazonaws.com",
        default="",
        choices=("", "path", "virtual"),
    )
    dir_marker: str = setting(
        "what makes an empty folder: an object whose key ends in a slash, or a hidden object in "
        "it, for stores that take no such keys",
        default="slash",
        choices=("slash", "placeholder"),
    )
    mtime: str = setting(
        "when a file was modified: as a listing tells (when it was stored), or from its metadata, "
        "which costs one request more for every file",
        default="listing",
        choices=("listing", "meta"),
    )
    dir_rename: bool = setting(
        "rename folders by copying and deleting every object in them", default=False
    )
    dir_rename_limit: int = setting("most objects in a folder that is renamed so", default=1000)
    weird_keys: str = setting(
        "objects whose keys cannot be paths (with // or ..): left out, or shown read-only",
        default="hide",
        choices=("hide", "show"),
    )
    checksums: bool = setting(
        "send a SHA-256 with every upload for the store to check; old stores refuse it",
        default=False,
    )
    max_keys: int = setting("most entries in one page of a listing", default=MOST_KEYS)
    multipart_threshold: int = setting(
        "bytes above which a file is sent in parts", default=16 * MIB
    )
    part_size: int = setting("bytes of one part, at least 5 MiB", default=8 * MIB)
    trash_group: float = setting(
        "seconds between deletions that count as one, of a whole folder, in a versioned bucket",
        default=10.0,
    )

    def check(self) -> None:
        """Raise ConfigError, saying what to do, if the settings cannot be right together."""
        if self.anonymous == bool(self.access_key or self.secret_key):
            raise ConfigError(
                "anonymous is set, and so are keys: remove either"
                if self.anonymous
                else "there are no access_key and secret_key: set them, or anonymous = true"
            )
        if not self.anonymous and not (self.access_key and self.secret_key):
            raise ConfigError("of access_key and secret_key one is missing: set both")
        if self.prefix and not self.bucket:
            raise ConfigError("prefix is set, but no bucket that it would be in: set bucket")
        if self.style == "virtual" and _is_address(self.url):
            raise ConfigError("style is virtual, but url has no name to put the bucket before")
        for name, least, most in (
            ("max_keys", 1, MOST_KEYS),
            ("part_size", SMALLEST_PART, LARGEST_PART),
            ("multipart_threshold", 0, LARGEST_PART),
            ("dir_rename_limit", 1, 1_000_000),
        ):
            if not least <= getattr(self, name) <= most:
                raise ConfigError(f"{name} must be between {least} and {most}")


def _is_address(url: str) -> bool:
    """Whether the host in *url* is a number, or a name without room before it."""
    host = urlsplit(url).hostname or ""
    return ":" in host or host.replace(".", "").isdecimal()
