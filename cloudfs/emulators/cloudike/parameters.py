"""The parameters of a request, in whichever of three encodings they came (reference 1.3).

All end up as a list of texts for each name, as a form would have sent them. A parameter of
the body wins over one of the query string; an empty one counts as absent, unless somebody
asks whether it was there at all.
"""

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

from starlette.datastructures import FormData
from starlette.formparsers import MultiPartException
from starlette.requests import Request

from cloudfs.emulators.cloudike.errors import ApiError
from cloudfs.emulators.cloudike.names import Path, split_path

_ENCODINGS = {
    "application/json": "json",
    "application/x-www-form-urlencoded": "form",
    "multipart/form-data": "multipart",
}
_MOST_FIELDS = 100_000  # a list repeats its name
_TRUE = {"1", "true", "True"}
_FALSE = {"0", "false", "False"}


class Parameters:
    """What a request asked for."""

    def __init__(self, values: Mapping[str, list[str]]) -> None:
        self._values = values

    def given(self, name: str) -> bool:
        """Whether the parameter was there, be it empty."""
        return name in self._values

    def texts(self, name: str) -> list[str]:
        """All values of a list; those that are empty are left out."""
        return [value for value in self._values.get(name, ()) if value]

    def text(self, name: str, *synonyms: str) -> str | None:
        """The value, or that of a synonym; None if there is none."""
        for spelling in (name, *synonyms):
            if found := self.texts(spelling):
                return found[0]
        return None

    def need(self, name: str, *synonyms: str) -> str:
        """The value; 400 if it is missing."""
        found = self.text(name, *synonyms)
        if found is None:
            raise ApiError(400, description=f"{name} is missing")
        return found

    def path(self, name: str) -> Path:
        """The path that the parameter names; 400 if it is missing or none."""
        return split_path(self.need(name))

    def paths(self, name: str) -> list[Path]:
        """The paths of a list; 400 if one is none."""
        return [split_path(text) for text in self.texts(name)]

    def boolean(self, name: str, *synonyms: str, default: bool) -> bool:
        """A truth value; 400 if it is something else."""
        text = self.text(name, *synonyms)
        if text is None:
            return default
        if text not in _TRUE | _FALSE:
            raise ApiError(400, description=f"{name} is neither true nor false")
        return text in _TRUE

    def integer(self, name: str, *, code: str | None = None) -> int | None:
        """A number in decimal digits; 400 with *code* if it is something else."""
        text = self.text(name)
        if text is None:
            return None
        if not (text.isascii() and text.isdigit() and len(text) < 19):  # SQLite holds 63 bits
            raise ApiError(400, code, f"{name} is not a number")
        return int(text)

    def number(self, name: str, default: int) -> int:
        """A number in decimal digits, or *default*."""
        found = self.integer(name)
        return default if found is None else found


def from_query(query: str) -> Parameters:
    """The parameters of a query string."""
    return Parameters(_of_query(query))


async def from_request(
    request: Request, *, encodings: frozenset[str], refused_status: int
) -> Parameters:
    """The parameters of a request. Raises ApiError for a body that cannot be read."""
    values = _of_query(request.url.query)
    if request.method != "POST":
        return Parameters(values)
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    body = await request.body()
    if not body:
        return Parameters(values)
    encoding = _ENCODINGS.get(kind or "application/x-www-form-urlencoded")
    if encoding not in encodings:
        raise ApiError(refused_status, description=f"a body of {kind or 'no type'} is not read")
    return Parameters(values | await _of_body(request, encoding, body))


async def _of_body(request: Request, encoding: str | None, body: bytes) -> dict[str, list[str]]:
    if encoding == "json":
        return _of_json(body)
    if encoding == "multipart":
        try:
            return _of_form(await request.form(max_fields=_MOST_FIELDS))
        except MultiPartException as error:
            raise ApiError(400, description=error.message) from error
    try:
        return _of_pairs(parse_qsl(body.decode(), keep_blank_values=True))
    except UnicodeDecodeError as error:
        raise ApiError(400, description="the form is not UTF-8") from error


def _of_query(query: str) -> dict[str, list[str]]:
    return _of_pairs(parse_qsl(query, keep_blank_values=True))


def _of_pairs(pairs: list[tuple[str, str]]) -> dict[str, list[str]]:
    values: dict[str, list[str]] = {}
    for name, value in pairs:
        values.setdefault(name, []).append(value)
    return values


def _of_form(form: FormData) -> dict[str, list[str]]:
    return _of_pairs(
        [(name, value) for name, value in form.multi_items() if isinstance(value, str)]
    )


def _of_json(body: bytes) -> dict[str, list[str]]:
    try:
        members = json.loads(body)
    except ValueError as error:  # UnicodeDecodeError is one
        raise ApiError(400, description="the body is not JSON") from error
    if not isinstance(members, dict):
        raise ApiError(400, description="the body is not a JSON object")
    return {name: _texts(value) for name, value in members.items() if value is not None}


def _texts(value: Any) -> list[str]:
    if isinstance(value, list):
        return [text for member in value for text in _texts(member)]
    if isinstance(value, bool):
        return ["1" if value else "0"]
    if not isinstance(value, str):
        return [json.dumps(value)]
    try:
        value.encode()
    except UnicodeEncodeError as error:  # half of a surrogate pair
        raise ApiError(400, description="a text is not Unicode") from error
    return [value]
