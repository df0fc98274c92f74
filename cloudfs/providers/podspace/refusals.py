"""What a refusal means: one table from the service's codes to our errors (reference 4).

A refusal comes in three spellings: with a numeric code in its body, with only the symbol of one
in a text, or with nothing but the HTTP status; and the older calls send the first of these under
status 200. All of them are brought to a code, which the operation refines.
"""

import re
from collections.abc import Mapping
from typing import Any

from cloudfs.errors import (
    AccessDenied,
    AlreadyExists,
    BadReply,
    Busy,
    CloudError,
    InvalidName,
    InvalidRequest,
    IsAFolder,
    NotAFolder,
    NotFound,
    NotPermitted,
    QuotaExceeded,
    Unavailable,
    Unsupported,
)
from cloudfs.http.client import Reply
from cloudfs.http.session import TokenRejected
from cloudfs.providers.podspace import values


class NotEntitled(TokenRejected):
    """The token is genuine, but its holder may not do this, at least not with this token (40)."""


class NotAttached(InvalidRequest):
    """The service sees no file in the upload: some refuse empty ones so (3.5)."""


class NotOriginal(NotPermitted):
    """This is an old version, which nothing but a restoration can change."""


SYMBOLS: Mapping[str, int] = {
    "PERMISSION_DENIED": 4,
    "INVALID_NICKNAME": 6,
    "INVALID_DATE": 10,
    "INVALID_TOKEN": 21,
    "INVALID_FORMAT": 31,
    "SSO_COMMUNICATIOAN": 33,  # so spelled
    "USER_NOT_REGISTERED": 34,
    "TOKEN_NOT_AUTHORIZED": 40,
    "DUPLICATE_CUSTOMER": 44,
    "OBJECT_NOT_FOUND": 78,
    "ONLY_OWNER_ACCESS": 90,
    "INVALID_REQUEST": 101,
    "INVALID_DATE_FORMAT": 103,
    "FILE_NOT_ATTACHED": 200,
    "ERROR_IN_SAVING_FILE": 201,
    "FILE_NOT_FOUND": 202,
    "FILE_ALREADY_EXISTS": 203,
    "FOLDER_SHARE_BEFORE": 204,
    "NOT_ORIGNAL_FILE": 205,  # so spelled
    "NO_SPACE_FOR_SAVING": 206,
    "DUPLICATE_NAME_FILE": 208,
    "INVALID_FILE_NAME": 209,
    "UNKNOWN_ERROR": 999,
}

_BY_CODE: Mapping[int, type[CloudError]] = {
    4: AccessDenied,
    6: InvalidRequest,
    10: InvalidRequest,
    21: TokenRejected,
    31: InvalidRequest,
    33: Unavailable,
    34: InvalidRequest,
    40: NotEntitled,
    44: AlreadyExists,
    78: NotFound,
    90: NotPermitted,
    101: InvalidRequest,
    103: InvalidRequest,
    200: NotAttached,
    201: Unavailable,
    202: NotFound,
    203: AlreadyExists,
    204: AlreadyExists,
    205: NotOriginal,
    206: QuotaExceeded,
    208: AlreadyExists,
    209: InvalidName,
    999: Unavailable,
}

_OF_STATUS: Mapping[int, int] = {400: 101, 401: 21, 403: 4, 404: 202, 507: 206}
"""The code that a status stands for if the body tells none: then the operation can refine it."""

_BY_STATUS: Mapping[int, type[CloudError]] = {
    402: QuotaExceeded,
    405: InvalidRequest,
    409: AlreadyExists,
    410: NotFound,
    413: QuotaExceeded,
    415: InvalidRequest,
    422: InvalidRequest,
    423: Busy,
    501: Unsupported,
}

_REFINED: Mapping[tuple[int, str], type[CloudError]] = {
    (101, "folder.list"): NotAFolder,  # 3.1
    (101, "folder.size"): NotAFolder,
    (101, "entry.exist"): NotFound,  # an unknown folder (3.3)
    (101, "version.list"): IsAFolder,  # 3.18
}

_WORD = re.compile(r"[A-Z]+(?:[_-][A-Z]+)+")


def check(reply: Reply, operation: str) -> Any:
    """The JSON value of a reply that is a success; else raises what it stands for."""
    if not reply.ok:
        raise refusal(reply.status, _body(reply), operation)
    value = values.decoded(reply.body)
    if isinstance(value, dict) and value.get("hasError") is True:
        raise refusal(_status(reply, value), value, operation)
    return value


def check_bare(reply: Reply, operation: str) -> None:
    """Raise what *reply* stands for, if it is no success; that may have any body, or none."""
    if not is_plain_success(reply):
        check(reply, operation)


def is_plain_success(reply: Reply) -> bool:
    """Whether *reply* is a success without a doubt, told without reading all of it."""
    return reply.ok and b'"hasError"' not in reply.body


def check_later(reply: Reply, operation: str) -> None:
    """Raise if the body of *reply* says that the service cannot serve now."""
    if is_plain_success(reply):
        return
    body = _body(reply)
    if reply.ok and body.get("hasError") is not True:
        return
    error = refusal(_status(reply, body), body, operation)
    if error.transient:
        raise error


def refusal(status: int, body: Mapping[str, Any], operation: str) -> CloudError:
    """The error that an answer of this *status* and *body*, which is no success, stands for."""
    code = told_code(body)
    shown = f" ({code})" if code else ""
    told = f"the service answered {status}{shown} to {operation}"
    if 300 <= status < 400:
        return BadReply(f"{told}, a redirect: set url to the service itself")
    kind = _kind(status, code, operation)
    return kind(told)


def _status(reply: Reply, body: Mapping[str, Any]) -> int:
    """The status of an error, which may come under that of a success (1.5)."""
    told = values.integer(body.get("status")) if reply.ok else None
    return told if told is not None and 400 <= told < 600 else reply.status


def told_code(body: Mapping[str, Any]) -> int:
    """The code in the body of a refusal, as number or symbol (4.1); 0 if it tells none we know."""
    code = values.integer(body.get("errorCode")) or 0
    if code:
        return code
    for member in ("error", "message"):
        told = body.get(member)
        for word in _WORD.findall(told) if isinstance(told, str) else ():
            if (code := SYMBOLS.get(word.replace("-", "_"), 0)) != 0:
                return code
    return 0


def _kind(status: int, code: int, operation: str) -> type[CloudError]:
    if code not in _BY_CODE:
        code = _OF_STATUS.get(status, 0)
    refined = _REFINED.get((code, operation))
    if refined is not None:
        return refined
    if code in _BY_CODE:
        return _BY_CODE[code]
    return _BY_STATUS.get(status, Unavailable if status >= 500 else CloudError)


def _body(reply: Reply) -> Mapping[str, Any]:
    try:
        return values.optional_record(values.decoded(reply.body))
    except BadReply:
        return {}
