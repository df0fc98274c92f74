"""Names and paths (reference 1.3 and 1.6)."""

from cloudfs.emulators.cloudike.errors import ApiError

Path = tuple[str, ...]  # the names from the root downwards; the root is ()

LONGEST = 255  # bytes of UTF-8
WINDOWS = frozenset('\\:*?"<>|')


def check_name(name: str, *, strict: bool) -> str:
    """*name*, if a file may be called so; else 400."""
    try:
        length = len(name.encode())
    except UnicodeEncodeError as error:
        raise ApiError(400, description="the name is not Unicode") from error
    if name in {"", ".", ".."} or "/" in name or "\0" in name or length > LONGEST:
        raise ApiError(400, description="this is not a name")
    if strict and WINDOWS & set(name):
        raise ApiError(400, description="the name has characters that are not allowed")
    return name


def split_path(text: str) -> Path:
    """The names in a path parameter, which begins with a slash and does not end in one."""
    if text == "/":
        return ()
    if not text.startswith("/"):
        raise ApiError(400, description="a path begins with a slash")
    return tuple(check_name(name, strict=False) for name in text[1:].split("/"))


def join_path(path: Path) -> str:
    """The path as the service writes it."""
    return "/" + "/".join(path)


def child_path(parent: str, name: str) -> str:
    """The path of *name* in the folder at *parent*."""
    return f"{parent.rstrip('/')}/{name}"


def numbered(name: str, number: int, *, folder: bool) -> str:
    """*name* with ``(number)`` at its end, for a file before its last dot."""
    stem, dot, extension = name.rpartition(".")
    if folder or not stem:
        return f"{name}({number})"
    return f"{stem}({number}){dot}{extension}"
