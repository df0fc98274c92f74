"""A form with a file in it, taken apart while it arrives (reference 1.4 and 3.5).

The file may be of any size and goes straight to its place. The fields, before or after it,
are small and are kept.
"""

import re
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import unquote_to_bytes

from python_multipart import MultipartParser
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import parse_options_header
from starlette.requests import Request

from cloudfs.emulators.podspace.errors import ApiError, Code
from cloudfs.emulators.store.blobs import Incoming
from cloudfs.emulators.streaming import body_pieces

if TYPE_CHECKING:
    from python_multipart.multipart import MultipartCallbacks

MOST_TEXT = 32 << 20  # bytes, in all fields together: an image may be among them
FILE = "file"

_PARAMETER = re.compile(rb';\s*([^\s=;]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^;"]*))')
_QUOTED_PAIR = re.compile(rb"\\(.)")


@dataclass(frozen=True, slots=True)
class Form:
    """What was in a form."""

    fields: list[tuple[str, str]]
    filename: str | None  # of the file; None: there was no file


async def receive(request: Request, incoming: Incoming) -> Form:
    """The fields of a form; its file goes to *incoming*, and is written when this returns.

    A body that is no multipart form counts as one without a file. 101 if it is broken.
    """
    kind, options = parse_options_header(request.headers.get("content-type", ""))
    if kind != b"multipart/form-data" or b"boundary" not in options:
        return Form([], None)
    form = await _read(request, options[b"boundary"], incoming.write)
    await incoming.flush()
    return form


async def fields(request: Request) -> list[tuple[str, str]]:
    """The fields of a multipart form, any file left out. 101 if it is broken."""
    _, options = parse_options_header(request.headers.get("content-type", ""))
    if b"boundary" not in options:
        raise ApiError(Code.INVALID_REQUEST, "the form has no boundary")
    return (await _read(request, options[b"boundary"], _ignore)).fields


async def _read(
    request: Request, boundary: bytes, write: Callable[[bytes], Awaitable[None]]
) -> Form:
    parts = _Parts()
    try:
        parser = MultipartParser(boundary, parts.callbacks())
        async with aclosing(body_pieces(request)) as pieces:
            async for piece in pieces:
                parser.write(piece)
                for data in parts.take():
                    await write(data)
    except FormParserError as error:
        raise ApiError(Code.INVALID_REQUEST, str(error)) from error
    return parts.form()


async def _ignore(_: bytes) -> None:
    pass


@dataclass
class _Parts:
    """The parser's callbacks, and what they found."""

    fields: list[tuple[str, str]] = field(default_factory=list)
    filename: str | None = None

    # Changing. `content` is what belongs to the file, and was not taken yet.
    header: bytearray = field(default_factory=bytearray)
    value: bytearray = field(default_factory=bytearray)
    name: str = ""
    text: bytearray = field(default_factory=bytearray)
    length: int = 0
    content: list[bytes] = field(default_factory=list)
    in_file: bool = False
    ignored: bool = False
    complete: bool = False

    def callbacks(self) -> "MultipartCallbacks":
        """The methods, as the parser names them."""
        return {
            "on_part_begin": self.part_begin,
            "on_header_field": self.header_field,
            "on_header_value": self.header_value,
            "on_header_end": self.header_end,
            "on_part_data": self.part_data,
            "on_part_end": self.part_end,
            "on_end": self.end,
        }

    def take(self) -> list[bytes]:
        """What of the file has come since it was last asked."""
        content, self.content = self.content, []
        return content

    def form(self) -> Form:
        """What was in the form, when everything was read."""
        if not self.complete:
            raise ApiError(Code.INVALID_REQUEST, "the form is cut off")
        return Form(self.fields, self.filename)

    def part_begin(self) -> None:
        """A part begins."""
        self.name = ""
        self.text.clear()

    def header_field(self, data: bytes, start: int, end: int) -> None:
        """A piece of a header's name."""
        self.header += data[start:end]

    def header_value(self, data: bytes, start: int, end: int) -> None:
        """A piece of a header's value."""
        self.value += data[start:end]

    def header_end(self) -> None:
        """A header is complete."""
        if self.header.lower() == b"content-disposition":
            self._begin(parameters(bytes(self.value)))
        self.header.clear()
        self.value.clear()

    def _begin(self, options: dict[str, str]) -> None:
        self.name = options.get("name", "")
        filename = options.get("filename*", options.get("filename"))
        if self.name == FILE and filename is not None:
            if self.filename is not None:
                raise ApiError(Code.INVALID_REQUEST, "there are two files")
            self.in_file, self.filename = True, filename
        elif filename is not None:  # a file of no interest, like a picture of an organisation
            self.ignored = True

    def part_data(self, data: bytes, start: int, end: int) -> None:
        """A piece of a part's content."""
        if self.in_file:
            self.content.append(data[start:end])
        if self.in_file or self.ignored:
            return
        self.text += data[start:end]
        self.length += end - start
        if self.length > MOST_TEXT:
            raise ApiError(Code.INVALID_REQUEST, "the fields are too long")

    def part_end(self) -> None:
        """A part is complete."""
        if not self.in_file and not self.ignored:
            self.fields.append((self.name, _decoded(bytes(self.text))))
        self.in_file = self.ignored = False

    def end(self) -> None:
        """The form is complete."""
        self.complete = True


def parameters(disposition: bytes) -> dict[str, str]:
    """The parameters of a Content-Disposition, in raw UTF-8 or as RFC 5987 writes them."""
    found = {}
    for name, quoted, plain in _PARAMETER.findall(disposition):
        value = _QUOTED_PAIR.sub(rb"\1", quoted) if quoted else plain.strip()
        key = _decoded(name).lower()
        if key.endswith("*"):
            charset, _, encoded = value.partition(b"'")
            if charset.lower() != b"utf-8":
                continue
            value = unquote_to_bytes(encoded.partition(b"'")[2])
        found[key] = _decoded(value)
    return found


def _decoded(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise ApiError(Code.INVALID_REQUEST, "the form is not UTF-8") from error
