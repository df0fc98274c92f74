"""What a refusal means (reference 8), and which are worth another attempt at once."""

import logging
from collections.abc import Mapping

from cloudfs.errors import (
    AccessDenied,
    AlreadyExists,
    BadReply,
    Busy,
    Changed,
    CloudError,
    InvalidName,
    InvalidRequest,
    LoginFailed,
    NameTooLong,
    NotFound,
    QuotaExceeded,
    TooLarge,
    Unavailable,
    Unsupported,
)
from cloudfs.http.client import Reply
from cloudfs.http.retry import Refused
from cloudfs.providers.s3 import wire

log = logging.getLogger(__name__)

OK_STATUSES = frozenset({200, 204, 206})


class UploadGone(CloudError):
    """The store does not know the upload in parts, or cannot join its parts: it begins anew."""


class StorageFull(QuotaExceeded):
    """The store itself has no space left."""

    errno = 28  # ENOSPC


class Archived(CloudError):
    """The object is in an archive, and must be brought back from it before it can be read."""


CODES: Mapping[str, type[CloudError]] = {
    "NoSuchKey": NotFound,
    "NoSuchBucket": NotFound,
    "NoSuchVersion": NotFound,
    "NoSuchUpload": UploadGone,
    "AccessDenied": AccessDenied,
    "AllAccessDisabled": AccessDenied,
    "SignatureDoesNotMatch": LoginFailed,
    "InvalidAccessKeyId": LoginFailed,
    "ExpiredToken": LoginFailed,
    "InvalidToken": LoginFailed,
    "RequestTimeTooSkewed": LoginFailed,
    "PreconditionFailed": Changed,
    "ConditionalRequestConflict": Busy,
    "OperationAborted": Busy,
    "InvalidRange": Changed,
    "EntityTooLarge": TooLarge,
    "EntityTooSmall": InvalidRequest,
    "InvalidPart": UploadGone,
    "InvalidPartOrder": InvalidRequest,
    "InvalidArgument": InvalidRequest,
    "InvalidBucketName": InvalidName,
    "KeyTooLongError": NameTooLong,
    "BadDigest": Unavailable,
    "IncompleteBody": Unavailable,
    "RequestTimeout": Unavailable,
    "MethodNotAllowed": NotFound,  # the version is the marker of a deletion
    "NotImplemented": Unsupported,
    "InternalError": Unavailable,
    "SlowDown": Unavailable,
    "ServiceUnavailable": Unavailable,
    "QuotaExceeded": StorageFull,
    "XMinioStorageFull": StorageFull,
    "InvalidObjectState": Archived,
    "XMinioParentIsObject": AlreadyExists,  # MinIO keeps "a" and "a/b" apart (9)
    "XMinioObjectExistsAsDirectory": AlreadyExists,
}

STATUSES: Mapping[int, type[CloudError]] = {
    400: InvalidRequest,
    401: LoginFailed,
    403: AccessDenied,
    404: NotFound,
    405: NotFound,
    408: Unavailable,
    409: Busy,
    411: BadReply,
    412: Changed,
    413: TooLarge,
    416: Changed,
    501: Unsupported,
    507: StorageFull,
}

# Another request for the same object came first.
LOST = frozenset({"ConditionalRequestConflict", "OperationAborted"})
# Nothing was done, and the same request may succeed (reference 8).
NOT_DONE = LOST | {
    "BadDigest",
    "IncompleteBody",
    "RequestTimeout",
    "SlowDown",
    "ServiceUnavailable",
}


def refusal(status: int, said: wire.Refusal | None, what: str) -> CloudError:
    """The error that an answer amounts to; *what* names the request in the message."""
    code = said.code if said is not None else ""
    told = f"the store answered {status}{f' ({code})' if _is_word(code) else ''} to {what}"
    meaning = CODES.get(code) or STATUSES.get(status)
    if meaning is Archived:
        log.warning("%s: the object is in an archive, and has to be restored from there", what)
    if meaning is None:
        meaning = Unavailable if status >= 500 or status in OK_STATUSES else CloudError
        if 300 <= status < 400:
            meaning = BadReply
            told += ", a redirect: set url and region to where the bucket is"
    return meaning(told)


def judge(reply: Reply) -> None:
    """Raise for answers that say "not now", beyond those that http knows."""
    if reply.ok:
        return
    said = wire.refusal(reply.body)
    if said is not None and said.code in NOT_DONE:
        raise Refused(f"the store answered {reply.status} ({said.code})")
    if reply.status >= 500 and refusal(reply.status, said, "").transient:
        raise Unavailable(f"the store failed ({reply.status})")


def judge_late(reply: Reply) -> None:
    """The same for requests that may turn out to have failed after a status of 200 (5).

    Of those that lost against another request, only the caller knows what to do again.
    """
    said = wire.refusal(reply.body)
    if said is not None and said.code in LOST:
        return
    if not reply.ok:
        judge(reply)
    elif said is not None and said.code in NOT_DONE:
        raise Refused(f"the store failed after all ({said.code})")
    elif said is not None and refusal(200, said, "").transient:
        raise Unavailable("the store failed after all")


def _is_word(code: str) -> bool:
    return code.isidentifier() and len(code) < 80
