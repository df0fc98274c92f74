"""The parameters of a request: the query string, and the text fields of a form (reference 1.4).

A body that is no form is not looked at. Where both speak of a parameter, the form wins; an
empty one counts as absent.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import date
from urllib.parse import SplitResult, parse_qsl, urlsplit

from starlette.requests import Request

from cloudfs.emulators.podspace import forms
from cloudfs.emulators.podspace.errors import ApiError, Code

_LONGEST_NUMBER = 18  # digits: SQLite holds 63 bits
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_URLENCODED = "application/x-www-form-urlencoded"


class Parameters:
    """What a request asked for."""

    def __init__(self, values: Mapping[str, list[str]]) -> None:
        self._values = values

    def with_fields(self, fields: Iterable[tuple[str, str]]) -> "Parameters":
        """These, and the fields of a form."""
        return Parameters({**self._values, **_grouped(fields)})

    def texts(self, name: str) -> list[str]:
        """All values of a parameter that is repeated."""
        return [value for value in self._values.get(name, ()) if value]

    def text(self, name: str) -> str | None:
        """The value; None if there is none."""
        return next(iter(self.texts(name)), None)

    def need(self, name: str) -> str:
        """The value; 101 if it is missing."""
        found = self.text(name)
        if found is None:
            raise ApiError(Code.INVALID_REQUEST, f"{name} is missing")
        return found

    def parts(self, name: str) -> list[str]:
        """The values of a list that is joined by commas."""
        return [part for text in self.texts(name) for part in text.split(",") if part]

    def boolean(self, name: str) -> bool:
        """A truth value, false if it is missing; 101 if it is something else."""
        text = self.text(name) or "false"
        if text.lower() not in {"true", "false"}:
            raise ApiError(Code.INVALID_REQUEST, f"{name} is neither true nor false")
        return text.lower() == "true"

    def integer(self, name: str) -> int | None:
        """A number in decimal digits; 101 if it is something else."""
        text = self.text(name)
        if text is None:
            return None
        if not (text.isascii() and text.isdigit() and len(text) <= _LONGEST_NUMBER):
            raise ApiError(Code.INVALID_REQUEST, f"{name} is not a number")
        return int(text)

    def need_integer(self, name: str) -> int:
        """A number in decimal digits; 101 if it is missing or something else."""
        found = self.integer(name)
        if found is None:
            raise ApiError(Code.INVALID_REQUEST, f"{name} is missing")
        return found

    def web_address(self, name: str) -> SplitResult:
        """A URL of a web server; 101 if it is missing or something else."""
        try:
            found = urlsplit(self.need(name))
        except ValueError as error:
            raise ApiError(Code.INVALID_REQUEST, f"{name} is no URL") from error
        if found.scheme not in {"http", "https"}:
            raise ApiError(Code.INVALID_REQUEST, f"{name} is no URL of a web server")
        return found

    def day(self, name: str) -> date | None:
        """A day like 2024-05-01; 103 if it is something else."""
        text = self.text(name)
        if text is None:
            return None
        if not _DAY.fullmatch(text):  # what else is an ISO date is none here
            raise ApiError(Code.INVALID_DATE_FORMAT, text)
        try:
            return date.fromisoformat(text)
        except ValueError as error:
            raise ApiError(Code.INVALID_DATE_FORMAT, text) from error


def from_query(query: str) -> Parameters:
    """The parameters of a query string; 101 if it is not UTF-8."""
    return Parameters(_grouped(_pairs(query)))


async def from_request(request: Request) -> Parameters:
    """The parameters of a request whose forms hold no files; 101 if they cannot be read."""
    params = from_query(request.url.query)
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == _URLENCODED:
        return params.with_fields(_pairs(await request.body()))
    if kind != "multipart/form-data":
        return params
    return params.with_fields(await forms.fields(request))


def _pairs(encoded: str | bytes) -> list[tuple[str, str]]:
    try:
        text = encoded if isinstance(encoded, str) else encoded.decode()
        return parse_qsl(text, keep_blank_values=True, errors="strict")
    except UnicodeDecodeError as error:
        raise ApiError(Code.INVALID_REQUEST, "this is not UTF-8") from error


def _grouped(pairs: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    values: dict[str, list[str]] = {}
    for name, value in pairs:
        values.setdefault(name, []).append(value)
    return values
