"""Files and folders as entries, and what their versions are (reference 1, 4, 5).

A file's version is the ETag of its object, since that is what a listing tells; where there is
none, the size and the time stand in for it, and no condition can be made of it.
"""

import mimetypes
from collections.abc import MutableMapping, Sequence
from dataclasses import replace

from cloudfs.model import Checksum, Entry, EntryId, Kind, Version
from cloudfs.providers.s3 import wire
from cloudfs.providers.s3.headers import UNKNOWN_TYPE, Head, could_be_md5
from cloudfs.providers.s3.keys import (
    SHADOWED_NAME,
    Layout,
    Place,
    is_shadowed,
    is_weird,
    name_of,
    parent_of,
    shadowed,
)

NO_ETAG = "no-etag:"
VERSION_ID = "version_id"  # in what an entry has beyond the usual: which version of the object
NOTE = "etags"  # buckets whose plain ETags were seen to be the MD5 of the bytes

_EXTRA = ("mode", "uid", "gid", "atime", "ctime")  # as s3fs writes them (reference 1.2)


def version_of(etag: str, size: int, modified_ns: int | None) -> Version:
    """The version of an object that is so described."""
    return Version(etag or f"{NO_ETAG}{size}:{modified_ns}")


def etag_of(version: Version) -> str:
    """The ETag of a file at this version; "" if it has none."""
    return "" if version.startswith(NO_ETAG) else version


def version_of_head(head: Head) -> Version:
    """The version of the object that a HEAD describes."""
    return version_of(head.etag, head.size, head.modified_ns)


class Entries:
    """Makes entries of what the store tells. *meta*: times are those of the metadata."""

    def __init__(self, layout: Layout, notes: MutableMapping[str, str], *, meta: bool) -> None:
        self._layout = layout
        self._notes = notes
        self.meta = meta

    def folder(self, entry_id: EntryId, created_ns: int | None = None) -> Entry:
        """A folder."""
        return Entry(
            id=entry_id,
            parent_id=parent_of(entry_id),
            name=name_of(entry_id),
            kind=Kind.FOLDER,
            created_ns=created_ns,
        )

    def listed(self, bucket: str, found: wire.Listed, *, behind_folder: bool = False) -> Entry:
        """The file that a listing tells of; *behind_folder*: a folder has its name."""
        entry_id = self._layout.id_of(Place(bucket, found.key))
        extra = (
            {}
            if found.storage_class in {"", "STANDARD"}
            else {"storage_class": found.storage_class}
        )
        return self._file(
            shadowed(entry_id) if behind_folder else entry_id,
            size=found.size,
            etag=found.etag,
            modified_ns=found.modified_ns,
            extra=extra,
        )

    def headed(self, entry_id: EntryId, head: Head) -> Entry:
        """The file that HEAD tells of."""
        extra = {name: head.metadata[name] for name in _EXTRA if name in head.metadata}
        if (storage := head.kept.get("x-amz-storage-class", "STANDARD")) != "STANDARD":
            extra["storage_class"] = storage
        if head.version_id and head.version_id != "null":
            extra[VERSION_ID] = head.version_id
        entry = self._file(
            entry_id,
            size=head.size,
            etag=head.etag,
            modified_ns=head.modified_ns,
            extra=extra,
        )
        if self.meta and (written := head.written_ns) is not None:
            entry = replace(entry, modified_ns=written)
        kind = head.kept.get("content-type", "")
        return replace(entry, mime=kind) if kind and kind != UNKNOWN_TYPE else entry

    def _file(
        self,
        entry_id: EntryId,
        *,
        size: int,
        etag: str,
        modified_ns: int | None,
        extra: dict[str, str],
    ) -> Entry:
        name = name_of(entry_id)
        if is_shadowed(entry_id):
            name += SHADOWED_NAME
        weird = is_weird(self._layout.relative(self._layout.object(entry_id).key))
        is_md5 = could_be_md5(etag) and self._layout.object(entry_id).bucket in self._md5_buckets()
        return Entry(
            id=entry_id,
            parent_id=parent_of(entry_id),
            name=name,
            kind=Kind.FILE,
            size=size,
            version=version_of(etag, size, modified_ns),
            modified_ns=modified_ns,
            mime=mimetypes.guess_type(name)[0],
            checksum=Checksum("md5", etag) if is_md5 else None,
            writable=not weird,
            extra=extra,
        )

    def learn_etag(self, bucket: str, etag: str, md5: str) -> None:
        """A file with this MD5 was stored whole, and got that ETag (reference 5)."""
        known = set(self._md5_buckets())
        after = known | {bucket} if etag == md5 else known - {bucket}
        if after != known:
            self._notes[NOTE] = " ".join(sorted(after))

    def _md5_buckets(self) -> Sequence[str]:
        return self._notes.get(NOTE, "").split()
