"""What a refusal means: the service's table of codes as our errors (reference 4).

A code alone does not tell: 401 is three troubles of a token and a folder moved into itself, 404 is
eight things. So a refusal is recognised by its code and its text, or by its symbolic name where
that is sent; an unknown text is judged by the call (4.1). An answer without a code of its own is
judged by the HTTP status (1.1).
"""

import logging
from collections.abc import Mapping
from errno import ESTALE
from functools import lru_cache

from cloudfs.errors import (
    AccessDenied,
    AlreadyExists,
    BadReply,
    CloudError,
    InvalidRequest,
    LoginFailed,
    NotFound,
    NotPermitted,
    QuotaExceeded,
    TooLarge,
    Unavailable,
)
from cloudfs.http.session import TokenRejected

log = logging.getLogger(__name__)

OK = 200
MOVE = "project/f/move"
LOGIN = "user/login"
CREATING = frozenset({"project/f/create", "upload", "upload/cloud"})

LONGEST_SHOWN = 200


class MovedIntoItself(InvalidRequest):
    """A folder was to be moved into itself, or below."""


class MoveOrToken(CloudError):
    """A move was refused with 401 and an unknown text: one of two things."""


class NoSuchTeam(LoginFailed):
    """The team to sign in to does not exist, or has to be chosen first."""


class UploadRefused(Unavailable):
    """The service did not take a chunk, for now, or because it does not expect it."""


class HistoryFailed(Unavailable):
    """The change may have been made, and only its entry in the history has failed."""


class EncodingFailed(CloudError):
    """The service could not protect a file."""


class LinkOver(CloudError):
    """The time of a link to a file or folder is over."""

    errno = ESTALE


_ROWS: tuple[tuple[int, str, str, type[CloudError]], ...] = (
    (100, "ERR_INVALID_DATA", "Input data is not valid", InvalidRequest),
    (110, "ERR_USER_NOT_EXIST", "User does not exist", LoginFailed),
    (111, "ERR_USER_NOT_VALID", "User name or password is not correct", LoginFailed),
    (
        112,
        "ERR_USER_ROLE_NOT_VALID",
        "You do not have permission to access this page",
        AccessDenied,
    ),
    (300, "ERR_ENCODE", "Error encoding file", EncodingFailed),
    (301, "ERR_UPLOAD_FILE", "Upload file error", UploadRefused),
    (400, "INVALID_PARAMETER", "Invalid parameter", InvalidRequest),
    (401, "INVALID_ACCESS_TOKEN", "Invalid access token", TokenRejected),
    (401, "ERR_EXPIRE_TOKEN", "The token is expired", TokenRejected),
    (401, "ERR_TOKEN_NOT_EXIST", "Token does not exist", TokenRejected),
    (401, "ERR_INVALID_FOLDER", "New folder is child of moved folder", MovedIntoItself),
    (403, "INVALID_ROLE_USER", "User do not have permission", AccessDenied),
    (404, "MISSING_PARAMETER", "Parameter missing", InvalidRequest),
    (404, "PROJECT_NOT_FOUND", "Project not found", NotFound),
    (404, "FOLDER_NOT_FOUND", "Folder not found", NotFound),
    (404, "FILE_NOT_FOUND", "File not found", NotFound),
    (404, "USER_NOT_FOUND", "User not found", NotFound),
    (404, "USER_NOT_FOUND_IN_PROJECT", "User not found in the project", AccessDenied),
    (404, "LINK_NOT_FOUND", "Link not found", NotFound),
    (404, "COMMENT_NOT_FOUND_OF_USER", "Comment not found", NotFound),
    (410, "LINK_EXPIRED", "link is expired", LinkOver),
    (411, "WRONG_ACTIVATION_CODE", "activation code is not correct", AccessDenied),
    (412, "USER_ACTIVE", "User has been active", AlreadyExists),
    (413, "INVALID_LIMIT_USER", "Out of number of members in team", QuotaExceeded),
    (417, "CREATE_HISTORY_FAILED", "Create history failed", HistoryFailed),
    (417, "CREATE_SESSION_FAILED", "Create session failed", Unavailable),
    (500, "INVALID_QUERY_SQL", "Invalid query SQL", CloudError),
    (500, "SYSTEM_EXCEPTION", "System error", Unavailable),
    (501, "ERR_INVALID_EMAIL", "", InvalidRequest),
    (502, "ERR_INVALID_FIRSTNAME", "", InvalidRequest),
    (503, "ERR_INVALID_LASTNAME", "", InvalidRequest),
    (504, "ERR_INVALID_PASSWORD", "", InvalidRequest),
    (505, "ERR_INVALID_CONFIRMPASSWORD", "", InvalidRequest),
    (506, "ERR_INVALID_ROLEID", "", AccessDenied),
    (507, "ERR_INVALID_EMAIL_EXIST", "", AlreadyExists),
    (508, "ERR_INVALID_WRONGPASSWORD", "", InvalidRequest),
    (509, "ERR_INVALID_CANNOT_REMOVE_YOURSELFT", "", NotPermitted),  # so spelled
    (510, "ERR_ROLEID_NOT_EXIST", "", InvalidRequest),
    (511, "ERR_INVALID_MIDDLENAME", "", InvalidRequest),
    (512, "ERR_LIMITED_USER", "Limited Create User", QuotaExceeded),
    (513, "ERR_TEAM_NOT_EXIST", "This Team does not exist", NoSuchTeam),
    (514, "ERR_TEAM_EXIST", "This Team is existent", AlreadyExists),
)


def normalised(text: str) -> str:
    """*text* as descriptions are compared: without case, extra blanks and final dot."""
    return " ".join(text.split()).casefold().removesuffix(".").rstrip()


_BY_TEXT: Mapping[tuple[int, str], type[CloudError]] = {
    (code, normalised(text)): kind
    for code, symbol, description, kind in _ROWS
    for text in (symbol, description)
    if text
}
_AMBIGUOUS = frozenset({401, 404, 417, 500})
_BY_CODE: Mapping[int, type[CloudError]] = {
    code: kind for code, _, _, kind in _ROWS if code not in _AMBIGUOUS
}
_BY_STATUS: Mapping[int, type[CloudError]] = {
    401: TokenRejected,
    403: AccessDenied,
    404: NotFound,
    413: TooLarge,
}


def refusal(code: int, texts: list[str], call: str) -> CloudError:
    """The error that *code* stands for, given what may be a description or symbolic name."""
    shown = next((text for text in texts if text.strip()), "")[:LONGEST_SHOWN]
    told = f"the service answered {code}{f' ({shown!r})' if shown else ''} to {call}"
    for text in texts:
        kind = _BY_TEXT.get((code, normalised(text)))
        if kind is not None:
            return kind(told)
    return _unknown(code, call, shown)(told)


def refusal_by_status(status: int, call: str) -> CloudError:
    """The error that an HTTP *status* stands for, where the body tells nothing."""
    told = f"the service answered {call} with status {status}"
    if 300 <= status < 400:
        return BadReply(f"{told}, a redirect: set url to the API itself")
    if status >= 500:
        return Unavailable(told)
    return _BY_STATUS.get(status, CloudError)(told)


def _unknown(code: int, call: str, shown: str) -> type[CloudError]:
    """What a code with a text that nobody knows means (reference 4.1)."""
    if code == 401:
        return MoveOrToken if call == MOVE else TokenRejected
    if code == 404:
        return InvalidRequest if call in CREATING else NotFound
    if code == 417:
        return Unavailable if call == LOGIN else HistoryFailed
    if code == 500:
        return Unavailable
    if code not in _BY_CODE:
        _tell_once(code, shown)
        return CloudError
    return _BY_CODE[code]


@lru_cache(maxsize=1000)
def _tell_once(code: int, shown: str) -> None:
    log.info("the service answered with the unknown code %d (%r)", code, shown)
