"""What a refusal means: one table from status and operation to our errors (reference 4.1).

The status decides, the operation refines it, and the service's own code refines it further
where it is known (reference 1.4). What remains open, a 403 that may mean two things, is
`Forbidden`: the operation looks at the entry to find out.
"""

from collections.abc import Mapping
from errno import EBUSY

from cloudfs.errors import (
    AccessDenied,
    AlreadyExists,
    BadReply,
    Changed,
    CloudError,
    InvalidRequest,
    LoginFailed,
    NotAFolder,
    NotEmpty,
    NotFound,
    NotPermitted,
    QuotaExceeded,
    Unavailable,
    Unsupported,
)
from cloudfs.http.client import Reply
from cloudfs.providers.cloudike import values


class Forbidden(AccessDenied):
    """Refused, for one of the reasons that the operation may have."""


class MountPoint(CloudError):
    """The top of a shared folder cannot go into another one, nor take its place.

    Busy, and not AcrossDomains, for which `mv` would copy and delete the whole share.
    """

    errno = EBUSY


class SameFolder(CloudError):
    """The entry is in that folder already."""


class Unverified(CloudError):
    """What the object store received is not what was announced."""


ANY = ""

_BY_STATUS: Mapping[tuple[int, str], type[CloudError]] = {
    (400, ANY): InvalidRequest,
    (400, "confirm"): Unverified,
    (400, "task"): CloudError,
    (400, "folder_info"): NotAFolder,
    (401, ANY): LoginFailed,
    (402, ANY): QuotaExceeded,
    (403, "undelete"): InvalidRequest,  # it is not deleted, or its folder is
    (403, ANY): Forbidden,
    (404, ANY): NotFound,
    (405, "folder_create"): NotAFolder,
    (405, "create"): NotAFolder,
    (405, "move"): NotAFolder,
    (405, "copy"): NotAFolder,
    (405, "precheck"): NotAFolder,
    (405, ANY): Unsupported,
    (409, "create"): AlreadyExists,
    (409, "confirm"): AlreadyExists,
    (409, "move"): SameFolder,
    (409, "precheck"): SameFolder,
    (409, "shares_add"): InvalidRequest,  # with oneself
    (412, ANY): MountPoint,
    (424, "shares_add"): NotPermitted,  # the top of somebody else's share is in it
    (424, ANY): InvalidRequest,
    (501, ANY): Unsupported,
}

_BY_CODE: Mapping[tuple[int, str], type[CloudError]] = {
    (403, "FolderAlreadyCreated"): AlreadyExists,
    (403, "ObjectAlreadyExists"): AlreadyExists,
    (403, "FolderNotEmpty"): NotEmpty,
    (403, "VersionMismatch"): Changed,
    (403, "AccessDenied"): AccessDenied,
}


def refusal(reply: Reply, operation: str) -> CloudError:
    """The error that a *reply* without success stands for."""
    code = error_code(reply)
    told = f"the service answered {reply.status}{f' ({code})' if code else ''} to {operation}"
    if 300 <= reply.status < 400:
        return BadReply(f"{told}, a redirect: set url to the API server itself")
    if reply.status >= 500 and reply.status != 501:
        return Unavailable(told)
    return refused_with(reply.status, operation, code)(told)


def failure(status: int, operation: str) -> CloudError:
    """The error for one of several entries that one request was about."""
    told = f"the service answered {status} to {operation}"
    if status == 429 or (status >= 500 and status != 501):
        return Unavailable(told)
    return refused_with(status, operation)(told)


def refused_with(status: int, operation: str, code: str = "") -> type[CloudError]:
    """The class of error for *status*, as an answer or in the result of a task."""
    for table, key in (
        (_BY_CODE, (status, code)),
        (_BY_STATUS, (status, operation)),
        (_BY_STATUS, (status, ANY)),
    ):
        if key in table:
            return table[key]
    return CloudError


def error_code(reply: Reply) -> str:
    """The service's name for the error; "" if it gives none."""
    try:
        body = values.decoded(reply.body)
    except BadReply:
        return ""
    code = values.optional_record(body).get("code")
    return code if isinstance(code, str) and code.isidentifier() and len(code) < 80 else ""
