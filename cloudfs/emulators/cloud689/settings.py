"""What can be set. All of it may be changed while the emulator runs."""

from dataclasses import dataclass
from enum import StrEnum


class HttpStatus(StrEnum):
    """Under which HTTP status errors come (reference 1.1)."""

    OK = "ok"  # 200, as all that is JSON
    MIRROR = "mirror"  # that of `status_code`, where HTTP knows such errors


class ErrorText(StrEnum):
    """What an error says besides its code (reference 1.1)."""

    DESCRIPTION = "description"  # the text of the error table
    SYMBOL = "symbol"  # the symbolic name, in its place
    RESULT = "result"  # the symbolic name, in `result`
    STATUS = "status"  # the symbolic name, in `status`


@dataclass(kw_only=True)
class Cloud689Settings:
    """Settings of the 689Cloud emulator. Times are in seconds, if nothing else is said."""

    http_status: HttpStatus = HttpStatus.OK
    error_text: ErrorText = ErrorText.DESCRIPTION
    ranges: bool = False  # are parts of a content sent, where they are asked for?
    time_zone: int = -5  # hours ahead of UTC, of users without one of their own
    session_time_out: int = 30  # minutes that a session may be idle
    kept_session: float = 30 * 86400.0  # life of a session that is to be kept
    upload_ttl: float = 86400.0  # of unfinished uploads, and of what became of finished ones
    encode_queue: float = 0.0  # how long a file waits for its protection
    encode_time: float = 1.0  # how long that takes then
    encode_only: frozenset[str] = frozenset()  # extensions that can be protected; empty: all
    list_plain_size: bool = False  # are protected files listed with the size they had before?
    history_fails: bool = False  # changes are made, but not noted, and answered so (reference 4)
    first_project: str = "Documents"  # what a new emulator holds; empty: nothing
