"""What can be set for a WebDAV account."""

from dataclasses import dataclass

from cloudfs.providers.settings import setting


@dataclass(frozen=True, kw_only=True)
class WebDavSettings:
    """One collection on one server, and how to sign in there."""

    url: str = setting("address of the collection, like https://HOST/remote.php/dav/files/USER/")
    username: str = setting("user name; empty: none is needed", default="")
    password: str = setting("password, best an app password", default="", secret=True)
    token: str = setting("bearer token, instead of a password", default="", secret=True)
    auth: str = setting(
        "how to sign in; empty: bearer with a token, basic with a user name",
        default="",
        choices=("", "basic", "digest", "bearer"),
    )
    atomic_put: bool = setting(
        "upload under a temporary name and rename, where the server itself would leave half a "
        "file after a broken upload",
        default=True,
    )
    locks: bool = setting(
        "lock a file on the server while it is replaced or removed (class 2 servers)",
        default=False,
    )
    chunk_size: int = setting("MiB in each part of a large upload to Nextcloud", default=10)
