"""What can go wrong with a service or on the way to it; each failure knows its errno."""

from collections.abc import Iterator
from contextlib import contextmanager
from errno import (
    EACCES,
    EBUSY,
    EDQUOT,
    EEXIST,
    EFBIG,
    EINVAL,
    EIO,
    EISDIR,
    ENAMETOOLONG,
    ENETUNREACH,
    ENOENT,
    ENOSPC,
    ENOTDIR,
    ENOTEMPTY,
    EOPNOTSUPP,
    EPERM,
    EROFS,
    ESTALE,
    ETIMEDOUT,
    EXDEV,
)
from typing import ClassVar


class CloudError(Exception):
    """A request that the service, or the way to it, did not fulfil."""

    errno: ClassVar[int] = EIO
    transient: ClassVar[bool] = False  # might the same request succeed later?


# The answer is known -----------------------------------------------------------------------


class NotFound(CloudError):
    """No entry has this id, or the folder has no child of this name."""

    errno = ENOENT


class AlreadyExists(CloudError):
    """The folder has a child of this name."""

    errno = EEXIST


class NotEmpty(CloudError):
    """The folder has children."""

    errno = ENOTEMPTY


class NotAFolder(CloudError):
    """A folder was needed and the entry is a file."""

    errno = ENOTDIR


class IsAFolder(CloudError):
    """A file was needed and the entry is a folder."""

    errno = EISDIR


class AccessDenied(CloudError):
    """The account lacks the right to do this."""

    errno = EACCES


class LoginFailed(AccessDenied):
    """The service does not accept the account's credentials, or no longer accepts them.

    *wanted* is the setting that it asks for (a one-time password), if it asks for one.
    """

    def __init__(self, message: str, *, wanted: str | None = None) -> None:
        super().__init__(message)
        self.wanted = wanted


class NotPermitted(CloudError):
    """Nobody may do this to this entry (a root, a system folder, an old version)."""

    errno = EPERM


class ReadOnly(CloudError):
    """The drive, or this part of it, cannot be changed."""

    errno = EROFS


class InvalidRequest(CloudError):
    """The request makes no sense to the service: moving a folder into itself, a bad value."""

    errno = EINVAL


class InvalidName(InvalidRequest):
    """The service cannot store this name."""


class NameTooLong(InvalidName):
    """The service cannot store a name of this length."""

    errno = ENAMETOOLONG


class Unsupported(CloudError):
    """The service has no such operation."""

    errno = EOPNOTSUPP


class AcrossDomains(CloudError):
    """The service moves entries only within one project, tree or share."""

    errno = EXDEV


class QuotaExceeded(CloudError):
    """The account has no space left."""

    errno = EDQUOT


class NoLocalSpace(CloudError):
    """This machine's disk, or the share of it that the drive may use, is full."""

    errno = ENOSPC


class TooLarge(CloudError):
    """The service takes no file of this size."""

    errno = EFBIG


class Changed(CloudError):
    """The entry on the service is no longer at the version the request was based on."""

    errno = ESTALE


class LinkExpired(CloudError):
    """A download link is no longer accepted; a fresh one may be."""


class BadReply(CloudError):
    """The service's answer does not follow its protocol."""


# The answer is unknown: nothing may be concluded about the entry ------------------------------


class TransientError(CloudError):
    """No usable answer; the same request may succeed later, or may have been carried out."""

    transient = True

    def __init__(self, message: str, *, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after  # seconds the service asked us to wait


class Unavailable(TransientError):
    """The service answered that it cannot serve now (5xx, maintenance, too many requests)."""


class Busy(TransientError):
    """The entry is locked or in use on the service."""

    errno = EBUSY


class Unreachable(TransientError):
    """No connection to the service could be made."""

    errno = ENETUNREACH


class ConnectionLost(TransientError):
    """The connection broke before the answer was complete."""


class TimedOut(TransientError):
    """The service did not answer within the time an operation may take."""

    errno = ETIMEDOUT


# This machine's side ----------------------------------------------------------------------------


class ConfigError(Exception):
    """The configuration, or the command line, asks for what cannot be; the text says what to do."""


@contextmanager
def unwrapped() -> Iterator[None]:
    """Raise what a nursery wraps in an ExceptionGroup; of several errors the first."""
    try:
        yield
    except BaseExceptionGroup as group:
        error: BaseException = group
        while isinstance(error, BaseExceptionGroup):
            error = error.exceptions[0]
        raise error from error.__cause__
