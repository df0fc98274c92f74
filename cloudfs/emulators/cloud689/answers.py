"""What every answer that is JSON is wrapped in (reference 1.1)."""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from starlette.responses import JSONResponse, PlainTextResponse, Response

from cloudfs.emulators.cloud689.errors import Code
from cloudfs.emulators.cloud689.settings import Cloud689Settings, ErrorText, HttpStatus


class Absent:
    """The result of what has none: the member is left out."""


ABSENT = Absent()

# Codes that mean something else than the HTTP status of the same number (reference 4).
_NEVER_MIRRORED = range(501, 515)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a call that succeeds tells."""

    result: Any = ABSENT
    description: str | None = None
    total: int | None = None


PLAIN_OK = Answer()
DONE = Answer("OK", "")


def success(answer: Answer) -> Response:
    """The answer that a call is done."""
    body = {} if answer.result is ABSENT else {"result": answer.result}
    if answer.description is not None:
        body["description"] = answer.description
    return JSONResponse(body | {"status_code": 200, "total_records": answer.total})


def refusal(settings: Cloud689Settings, code: Code) -> Response:
    """The answer that a call is refused."""
    shown = settings.error_text
    return _error(
        settings,
        code.number,
        code.name if shown == ErrorText.SYMBOL else code.text,
        result=code.name if shown == ErrorText.RESULT else None,
        status={"status": code.name} if shown == ErrorText.STATUS else {},
    )


def status(settings: Cloud689Settings, number: int, text: str | None) -> Response:
    """An answer that nothing in the service makes: of a proxy; with *text* of the service."""
    if text is not None:
        return _error(settings, number, text, result=None, status={})
    return PlainTextResponse(HTTPStatus(number).phrase, number)


def _error(
    settings: Cloud689Settings, number: int, text: str, *, result: Any, status: dict[str, str]
) -> Response:
    body = {"result": result, "description": text, "status_code": number, "total_records": None}
    mirrored = (
        settings.http_status == HttpStatus.MIRROR
        and 400 <= number <= 599
        and number not in _NEVER_MIRRORED
    )
    return JSONResponse(body | status, number if mirrored else 200)
