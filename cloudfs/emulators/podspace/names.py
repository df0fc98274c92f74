"""Names of files and folders (reference 1.6 and 1.8)."""

from cloudfs.emulators.podspace.errors import ApiError, Code

LONGEST = 255  # bytes of UTF-8
_FORBIDDEN = frozenset('\\/?%*:|"<>') | frozenset(map(chr, range(0x20)))


def check_name(name: str) -> str:
    """*name*, if something may be called so; else 209."""
    if (
        name in {"", ".", ".."}
        or name.endswith(".")
        or not _FORBIDDEN.isdisjoint(name)
        or len(name.encode()) > LONGEST
    ):
        raise ApiError(Code.INVALID_FILE_NAME, repr(name))
    return name


def split_name(name: str) -> tuple[str, str]:
    """Name and extension of a file, at the last dot."""
    stem, dot, extension = name.rpartition(".")
    return (stem, extension) if dot else (name, "")


def numbered(name: str, number: int, *, folder: bool) -> str:
    """*name* with `` (number)`` at its end, for a file before the extension.

    A long name is cut so that the new one can be stored.
    """
    stem, extension = (name, "") if folder else split_name(name)
    end = f" ({number})" + (f".{extension}" if extension else "")
    room = LONGEST - len(end.encode())
    return stem.encode()[:room].decode(errors="ignore") + end
