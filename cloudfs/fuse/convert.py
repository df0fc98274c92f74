"""Between pyfuse3's structures and plain values."""

import pyfuse3

from cloudfs.errors import InvalidName
from cloudfs.operations.attributes import Creator, Wanted
from cloudfs.operations.space import BLOCK, Room
from cloudfs.tree.attributes import Appearance


def text(name: bytes) -> str:
    """A name as text; bytes that are not UTF-8 stay recognisable (PEP 383)."""
    return name.decode("utf-8", "surrogateescape")


def raw(name: str) -> bytes:
    """A name as the kernel wants it."""
    try:
        return name.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError as error:
        raise InvalidName(f"{name!r} is not a name") from error


def creator(context: pyfuse3.RequestContext) -> Creator:
    """The owner of what the calling process makes."""
    return Creator(context.uid, context.gid)


def attributes(
    looks: Appearance, *, entry_timeout: float, attr_timeout: float
) -> pyfuse3.EntryAttributes:
    """The answer to lookup and getattr; both timeouts are in seconds."""
    answer = unfilled(entry_timeout=entry_timeout, attr_timeout=attr_timeout)
    fill(answer, looks)
    return answer


def unfilled(*, entry_timeout: float, attr_timeout: float) -> pyfuse3.EntryAttributes:
    """An answer that lacks only what `fill` tells."""
    answer = pyfuse3.EntryAttributes()
    answer.generation = 0
    answer.entry_timeout = entry_timeout
    answer.attr_timeout = attr_timeout
    answer.st_blksize = BLOCK
    return answer


def fill(answer: pyfuse3.EntryAttributes, looks: Appearance) -> None:
    """Let *answer* tell of another node."""
    answer.st_ino = looks.number
    answer.st_mode = looks.mode
    answer.st_nlink = looks.links
    answer.st_uid = looks.uid
    answer.st_gid = looks.gid
    answer.st_size = looks.size
    answer.st_blocks = -(-looks.size // 512)
    answer.st_atime_ns = looks.accessed_ns
    answer.st_mtime_ns = looks.modified_ns
    answer.st_ctime_ns = looks.changed_ns
    answer.st_birthtime_ns = looks.created_ns


def wanted(given: pyfuse3.EntryAttributes, fields: pyfuse3.SetattrFields) -> Wanted:
    """What a setattr request asks for."""
    return Wanted(
        size=given.st_size if fields.update_size else None,
        mode=given.st_mode if fields.update_mode else None,
        uid=given.st_uid if fields.update_uid else None,
        gid=given.st_gid if fields.update_gid else None,
        accessed_ns=given.st_atime_ns if fields.update_atime else None,
        modified_ns=given.st_mtime_ns if fields.update_mtime else None,
    )


def statistics(room: Room, *, files: int) -> pyfuse3.StatvfsData:
    """The answer to statfs; the number of files is not limited, so it is merely large."""
    answer = pyfuse3.StatvfsData()
    answer.f_bsize = answer.f_frsize = BLOCK
    answer.f_blocks = room.total // BLOCK
    answer.f_bfree = answer.f_bavail = room.free // BLOCK
    answer.f_files = files + (1 << 30)
    answer.f_ffree = answer.f_favail = 1 << 30
    answer.f_namemax = 255
    return answer
