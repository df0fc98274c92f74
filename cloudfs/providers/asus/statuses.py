"""What a status means: one table from the service's codes to our errors (reference 4)."""

import logging
from collections.abc import Mapping
from errno import ECANCELED, ENOSPC, EPROTO

from cloudfs.errors import (
    AccessDenied,
    AcrossDomains,
    AlreadyExists,
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
from cloudfs.http.session import TokenRejected

log = logging.getLogger(__name__)

SUCCESS = 0
NO_TOKEN = 2
NOT_THE_DEVELOPER = 5
GENERAL = 999


class WrongProtocol(CloudError):
    """The service does not support this version of the protocol."""

    errno = EPROTO


class DeveloperRefused(AccessDenied):
    """The service does not accept sid and ProgKey."""


class AlreadyThere(InvalidRequest):
    """The entry is in that folder already."""


class FileTrouble(CloudError):
    """The service has trouble with the file, or with an upload of it."""


class TrafficUsedUp(QuotaExceeded):
    """The account may not transfer more today."""


class SpaceUsedUp(QuotaExceeded):
    """There is no space left."""

    errno = ENOSPC


class GeneralError(Unavailable):
    """The service failed without saying why; that often passes."""


class Cancelled(CloudError):
    """The transfer was cancelled."""

    errno = ECANCELED


class WrongPassword(AccessDenied):
    """The password of a share is not right."""


class ChecksumDiffers(CloudError):
    """A checksum is not the one that the service knows."""


class NoSuchUpload(CloudError):
    """The service knows no such upload transaction, or not of this file."""


_MEANINGS: Mapping[int, tuple[type[CloudError], str]] = {
    1: (WrongProtocol, "the version of the protocol is not supported"),
    NO_TOKEN: (TokenRejected, "the token is not accepted"),
    3: (InvalidRequest, "the request is malformed"),
    4: (InvalidRequest, "the request is malformed"),
    NOT_THE_DEVELOPER: (DeveloperRefused, "sid and progkey are not accepted"),
    12: (InvalidRequest, "the request is incomplete"),
    200: (AccessDenied, "there is no right to do this"),
    210: (InvalidName, "the name is not accepted"),
    211: (InvalidName, "the name is empty"),
    212: (InvalidName, "the name holds a character that is not allowed"),
    213: (NameTooLong, "the name is too long"),
    214: (AlreadyExists, "the name is taken"),
    215: (AlreadyThere, "it is in that folder already"),
    216: (NotFound, "the destination does not exist"),
    217: (CloudError, "an administrator has to look at the account"),
    218: (NotFound, "the folder does not exist"),
    219: (NotFound, "the file does not exist"),
    220: (FileTrouble, "trouble with the file"),
    221: (TooLarge, "the file is too large"),
    222: (TrafficUsedUp, "the traffic of this day is used up"),
    223: (NotFound, "the parent folder does not exist"),
    224: (SpaceUsedUp, "the storage space is used up"),
    225: (InvalidRequest, "a value is not accepted"),
    226: (AccessDenied, "the account is frozen or closed"),
    227: (Unsupported, "files of this format are not supported"),
    228: (Cancelled, "the transfer was cancelled"),
    229: (WrongPassword, "the password of the share is wrong"),
    230: (CloudError, "trouble with the share"),
    231: (QuotaExceeded, "a limit of share groups is reached"),
    232: (QuotaExceeded, "a limit of share groups is reached"),
    233: (AcrossDomains, "the trees of source and destination differ"),
    234: (InvalidRequest, "the files are not in one folder"),
    235: (InvalidRequest, "that is not possible"),
    236: (InvalidRequest, "there is no folder to restore to"),
    242: (SpaceUsedUp, "there is not enough space"),
    243: (NotFound, "the share code does not exist"),
    245: (AccessDenied, "the share is for its members only"),
    250: (ChecksumDiffers, "the checksum is another one"),
    251: (NoSuchUpload, "the upload is not known"),
    252: (NoSuchUpload, "the upload is of another file"),
    253: (NotFound, "the object does not exist"),
    501: (InvalidRequest, "the request came at a wrong time, or is malformed"),
    502: (AccessDenied, "this machine's address is not authorised"),
    503: (InvalidRequest, "a precondition is not met"),
    504: (LoginFailed, "a one-time password is needed"),
    505: (LoginFailed, "the one-time password is locked"),
    506: (LoginFailed, "there are too many ids for one-time passwords"),
    507: (LoginFailed, "the id for one-time passwords is not valid"),
    508: (LoginFailed, "the text of a CAPTCHA picture is needed"),
    994: (AccessDenied, "the licence allows no more users"),
    995: (SpaceUsedUp, "the licence allows no more space"),
    996: (AccessDenied, "the licence has expired"),
    997: (AccessDenied, "the licence is not valid"),
    GENERAL: (GeneralError, "a general error"),
}

OUR_FAULT = frozenset({3, 4, 12})


def meaning(status: int) -> str:
    """What *status* says, in words."""
    return _MEANINGS[status][1] if status in _MEANINGS else "an error of unknown meaning"


def error(status: int, call: str) -> CloudError:
    """The error that *status*, in a reply to *call*, stands for."""
    if status in OUR_FAULT:
        log.error("%s: the service does not understand the request (%d)", call, status)
    kind = _MEANINGS[status][0] if status in _MEANINGS else CloudError
    return kind(f"{meaning(status)} ({status}, {call})")
