"""Refusals of the API (reference 1.4 and 4)."""

from typing import Any

from starlette.responses import JSONResponse, Response

_CODES = {
    400: "InvalidParameters",
    401: "Unauthorized",
    402: "QuotaExceeded",
    403: "AccessDenied",
    404: "NotFound",
    405: "NotADirectory",
    409: "ObjectAlreadyExists",
    415: "InvalidParameters",
    429: "TooManyRequests",
    500: "InternalError",
    501: "NotImplemented",
}


class ApiError(Exception):
    """The service refuses a request; *code* is what the status mostly means if left out."""

    def __init__(self, status: int, code: str | None = None, description: str = "") -> None:
        super().__init__(f"{status} {code or _CODES.get(status)}: {description}")
        self.status = status
        self.code = code or _CODES.get(status, "InternalError")
        self.description = description

    def response(self) -> Response:
        """The answer that says so."""
        text = self.description or self.code
        return reply({"code": self.code, "description": text}, self.status)


def reply(body: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """A JSON answer."""
    return JSONResponse(body, status, headers)


def empty() -> Response:
    """Success without a body."""
    return Response(status_code=200)
