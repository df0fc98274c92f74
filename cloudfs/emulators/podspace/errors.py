"""Refusals: the codes of the service, and the HTTP status of each (reference 4)."""

from enum import IntEnum
from http import HTTPStatus
from typing import Any


class Code(IntEnum):
    """The service's codes; the names are spelled as it spells them."""

    PERMISSION_DENIED = 4
    INVALID_NICKNAME = 6
    INVALID_DATE = 10
    INVALID_TOKEN = 21
    INVALID_FORMAT = 31
    SSO_COMMUNICATIOAN = 33
    USER_NOT_REGISTERED = 34
    TOKEN_NOT_AUTHORIZED = 40
    DUPLICATE_CUSTOMER = 44
    OBJECT_NOT_FOUND = 78
    ONLY_OWNER_ACCESS = 90
    INVALID_REQUEST = 101
    INVALID_DATE_FORMAT = 103
    FILE_NOT_ATTACHED = 200
    ERROR_IN_SAVING_FILE = 201
    FILE_NOT_FOUND = 202
    FILE_ALREADY_EXISTS = 203
    FOLDER_SHARE_BEFORE = 204
    NOT_ORIGNAL_FILE = 205
    NO_SPACE_FOR_SAVING = 206
    DUPLICATE_NAME_FILE = 208
    INVALID_FILE_NAME = 209
    UNKNOWN_ERROR = 999


_STATUS = {
    Code.PERMISSION_DENIED: 403,
    Code.INVALID_TOKEN: 401,
    Code.SSO_COMMUNICATIOAN: 502,
    Code.USER_NOT_REGISTERED: 404,
    Code.TOKEN_NOT_AUTHORIZED: 401,
    Code.DUPLICATE_CUSTOMER: 409,
    Code.OBJECT_NOT_FOUND: 404,
    Code.ONLY_OWNER_ACCESS: 403,
    Code.ERROR_IN_SAVING_FILE: 500,
    Code.FILE_NOT_FOUND: 404,
    Code.FILE_ALREADY_EXISTS: 409,
    Code.FOLDER_SHARE_BEFORE: 409,
    Code.NO_SPACE_FOR_SAVING: 507,
    Code.DUPLICATE_NAME_FILE: 409,
    Code.UNKNOWN_ERROR: 500,
}  # of all others 400

_BY_NUMBER = {str(code.value): code for code in Code}

WRONG_PASSWORD = "Password is wrong"  # noqa: S105 - a text of the service
FORBIDDEN = "Forbidden"


class ApiError(Exception):
    """The service refuses a request.

    *error* stands in place of the status in words. *result* is what the request ran into.
    """

    def __init__(
        self, code: Code, detail: str = "", *, error: str | None = None, result: Any = None
    ) -> None:
        super().__init__(f"{code.name}: {detail}")
        self.code = code
        self.status = _STATUS.get(code, 400)
        self.error = error or HTTPStatus(self.status).phrase
        self.result = result


def code_named(text: str | None) -> Code | None:
    """The code that *text* gives by number or name, if it does."""
    if text is None:
        return None
    return Code.__members__.get(text) or _BY_NUMBER.get(text)
