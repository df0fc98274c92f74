"""Ids and keys: how a flat store of objects is read as files and folders (reference 1).

An id has exactly one meaning, and whatever can be shown has exactly one id:

    "/"             the top: what the settings name, or the list of buckets
    "/a/b"          the folder of all keys that begin with "a/b/"; if there are none, the
                    object "a/b"
    "object:/a/b"   the object "a/b" while a folder has its name, which goes first; it is shown
                    as "b (object)"
    "/a//b", "/./b" an object whose key has an empty part, "." or "..": no folder is seen in
                    such parts, so this is always an object, in the folder before that part

In an account without a bucket, the first name on the path is the bucket's. The prefix of the
settings is a part of every key, and of no id.
"""

from dataclasses import dataclass
from urllib.parse import quote

from cloudfs.model import EntryId
from cloudfs.providers.base import NameRules

ROOT = EntryId("/")
LONGEST_KEY = 1024  # bytes

SHADOWED = "object:"  # begins the id of an object whose name a folder has
SHADOWED_NAME = " (object)"  # ends the name it is shown under
HADOOP_FOLDER = "_$folder$"  # ends the markers of Hadoop
PLACEHOLDER = ".cloudfs-folder"  # marks a folder where a key cannot end in a slash
PROBE = ".cloudfs-probe-"  # begins the name of objects that `conditions` tries things on
SLASH_LOOKALIKE = "\u2215"


@dataclass(frozen=True, slots=True)
class Place:
    """A key in a bucket. A folder's ends in a slash, or is "": the whole bucket."""

    bucket: str
    key: str = ""

    def child(self, name: str) -> "Place":
        """The object called *name* in this folder."""
        return Place(self.bucket, self.key + name)

    def folder(self) -> "Place":
        """The folder that has the name of this object."""
        return Place(self.bucket, f"{self.key}/")


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyNames(NameRules):
    """The names that are shown again after they were stored."""

    def problem(self, name: str) -> str | None:
        if is_hidden(name):
            return "is a name that marks folders, or is kept for our own use"
        return NameRules.problem(self, name)


def is_hidden(name: str) -> bool:
    """Whether objects of this name are nobody's business (reference 1.1)."""
    return name.endswith(HADOOP_FOLDER) or name == PLACEHOLDER or name.startswith(PROBE)


def is_weird(key: str) -> bool:
    """Whether *key*, below the prefix of the settings, has a part that cannot be a name."""
    parts = key.removesuffix("/").split("/")
    return any(part in {"", ".", ".."} for part in parts) if key else False


def encoded(key: str) -> str:
    """A key for a URL: every byte but the unreserved ones and the slash as %XX."""
    return quote(key, safe="/")


def parent_of(entry_id: EntryId) -> EntryId | None:
    """The folder that an entry is shown in; None for the top."""
    path = entry_id.removeprefix(SHADOWED)
    if path == ROOT:
        return None
    above, _ = _divided(path)
    return EntryId(above or ROOT)


def name_of(entry_id: EntryId) -> str:
    """What an entry is called: for a shadowed object, what its folder is called, too."""
    _, name = _divided(entry_id.removeprefix(SHADOWED))
    name = name.replace("/", SLASH_LOOKALIKE)
    return name + SHADOWED_NAME if name in {".", ".."} else name


def child_of(folder_id: EntryId, name: str) -> EntryId:
    """The id of what is called *name* in a folder."""
    return EntryId(f"{folder_id.rstrip('/')}/{name}")


def shadowed(entry_id: EntryId) -> EntryId:
    """The id of an object, once a folder has its name."""
    return EntryId(SHADOWED + entry_id)


def is_shadowed(entry_id: EntryId) -> bool:
    """Whether it is the id of an object whose name a folder has."""
    return entry_id.startswith(SHADOWED)


def lies_in(entry_id: EntryId, folder_id: EntryId) -> bool:
    """Whether the entry is the folder, or anywhere below it."""
    return folder_id in {entry_id, ROOT} or entry_id.startswith(f"{folder_id}/")


def _divided(path: str) -> tuple[str, str]:
    """The path of the folder that shows what is at *path*, and the rest."""
    parts = path.split("/")[1:]
    for at, part in enumerate(parts):
        if part in {"", ".", ".."}:
            return "".join(f"/{p}" for p in parts[:at]), "/".join(parts[at:])
    above, _, name = path.rpartition("/")
    return above, name


class Layout:
    """Where ids are in a bucket, or in all buckets."""

    def __init__(self, bucket: str, prefix: str) -> None:
        self.bucket = bucket
        self.prefix = prefix.strip("/") + "/" if prefix.strip("/") else ""

    @property
    def lists_buckets(self) -> bool:
        """Whether the top is the list of buckets."""
        return not self.bucket

    def object(self, entry_id: EntryId) -> Place:
        """The key that the object of this id has; for the top, "" or its folder's."""
        path = entry_id.removeprefix(SHADOWED).removeprefix("/")
        if self.bucket:
            return Place(self.bucket, self.prefix + path)
        bucket, _, key = path.partition("/")
        return Place(bucket, key)

    def folder(self, entry_id: EntryId) -> Place:
        """What the keys of all that is in the folder of this id begin with."""
        place = self.object(entry_id)
        return place.folder() if place.key and entry_id != ROOT else place

    def top(self, place: Place) -> Place:
        """The topmost folder that *place* is in, which is always there."""
        return Place(place.bucket, self.prefix)

    def id_of(self, place: Place) -> EntryId:
        """The id of the object or folder at *place*."""
        key = self.relative(place.key)
        if key.endswith("/") and not is_weird(key):
            key = key[:-1]  # a folder's; behind an empty part it belongs to the key of an object
        if self.bucket:
            return EntryId(f"/{key}")
        return EntryId(f"/{place.bucket}/{key}" if key else f"/{place.bucket}")

    def is_bucket(self, entry_id: EntryId) -> bool:
        """Whether the id is that of a bucket in the list of buckets."""
        return self.lists_buckets and entry_id != ROOT and "/" not in entry_id[1:]

    def is_weird(self, entry_id: EntryId) -> bool:
        """Whether the id is that of an object whose key has parts that cannot be names."""
        key = self.relative(self.object(entry_id).key)
        return is_weird(key) or key.endswith("/")

    def relative(self, key: str) -> str:
        """*key* without the prefix of the settings."""
        return key.removeprefix(self.prefix)
