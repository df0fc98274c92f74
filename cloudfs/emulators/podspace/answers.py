"""What every answer of the API is wrapped in (reference 1.5 and 4.1)."""

import secrets
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from cloudfs.emulators.clock import Clock
from cloudfs.emulators.podspace.errors import ApiError, Code
from cloudfs.emulators.podspace.settings import PodSpaceSettings


class Absent:
    """The result of what has none: the member is left out."""


ABSENT = Absent()


class Answers:
    """Makes the answers of one emulator."""

    def __init__(self, clock: Clock, settings: PodSpaceSettings) -> None:
        self._clock = clock
        self._settings = settings

    def success(self, request: Request, result: Any) -> Response:
        """The answer that a request is done."""
        body = {"status": 200, **self._about(request)}
        return JSONResponse(body if result is ABSENT else {**body, "result": result})

    def refusal(self, request: Request | None, refusal: ApiError) -> Response:
        """The answer that a request is refused."""
        return self._error(
            request, refusal.status, refusal.error, refusal.code, refusal.code.name, refusal.result
        )

    def status(
        self, request: Request | None, status: int, code: Code | None, text: str | None = None
    ) -> Response:
        """The answer of a status, with or without a code."""
        phrase = HTTPStatus(status).phrase
        message = code.name if code is not None else text or phrase
        return self._error(request, status, phrase, code, message, None)

    def _error(
        self,
        request: Request | None,
        status: int,
        error: str,
        code: Code | None,
        message: str,
        result: Any,
    ) -> Response:
        legacy = self._settings.legacy_errors and code is not None
        shown = 200 if legacy else status
        body = {"status": shown, "error": error, "message": message, **self._about(request)}
        if legacy or not self._settings.no_error_code:
            if code is not None:
                body["errorCode"] = code.value
            body["hasError"] = True
        if result is not None:
            body["result"] = result
        return JSONResponse(body, shown)

    def _about(self, request: Request | None) -> dict[str, str]:
        time = datetime.fromtimestamp(self._clock.now_ms() / 1000, UTC)
        path = {} if request is None else {"path": request.scope["path"]}
        stamp = f"{time:%Y-%m-%dT%H:%M:%S}.{time.microsecond // 1000:03}+0000"
        return {**path, "reference": secrets.token_hex(4), "timestamp": stamp}
