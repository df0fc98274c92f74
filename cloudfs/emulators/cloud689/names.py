"""Names of projects, folders and files, and what they say about contents (reference 1.2, 3.2)."""

import mimetypes

from cloudfs.emulators.cloud689.errors import ApiError, Code

LONGEST = 255  # bytes of UTF-8
FOLDER = 0  # a file_type
_OTHER = 5
_FILE_TYPES = {".pdf": 1, ".docx": 2, ".xlsx": 3, ".pptx": 4}
_COMPRESSED = {"gzip": "application/gzip", "bzip2": "application/x-bzip2", "xz": "application/x-xz"}
UNKNOWN = "application/octet-stream"


def check_name(name: str) -> str:
    """*name*, if something may be called so; else 400."""
    if name in {"", ".", ".."} or not {"/", "\0"}.isdisjoint(name) or len(name.encode()) > LONGEST:
        raise ApiError(Code.INVALID_PARAMETER, f"nothing may be called {name!r}")
    return name


def extension(name: str) -> str:
    """The end of a file's name from the last dot on, in small letters."""
    stem, dot, end = name.rpartition(".")
    return f".{end.lower()}" if dot and stem else ""


def file_type(name: str) -> int:
    """The number of the kind of document that a file is."""
    return _FILE_TYPES.get(extension(name), _OTHER)


def content_type(name: str, told: str = "") -> str:
    """The MIME type of a file: what its sender *told*, if that says anything, or by the name."""
    told = told.partition(";")[0].strip().lower()
    if told and told != UNKNOWN:
        return told
    kind, encoding = mimetypes.guess_type(name)
    return _COMPRESSED.get(encoding, UNKNOWN) if encoding is not None else kind or UNKNOWN
