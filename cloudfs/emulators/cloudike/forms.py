"""A form with a file in it, taken apart while it arrives.

The object store takes files of any size, so the file part goes straight to its place; the
fields before it are small and are kept.
"""

from contextlib import aclosing

from python_multipart import MultipartParser
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import parse_options_header
from starlette.requests import Request

from cloudfs.emulators.store.blobs import Incoming
from cloudfs.emulators.streaming import body_pieces

LONGEST_FIELD = 64 * 1024
FILE = "file"


class BadForm(Exception):
    """The form is not what the store wants (reference 3.6.3)."""


async def receive(request: Request, incoming: Incoming) -> dict[str, str]:
    """The fields of a form; its file part goes to *incoming*. Raises BadForm."""
    kind, options = parse_options_header(request.headers.get("content-type", ""))
    if kind != b"multipart/form-data" or b"boundary" not in options:
        raise BadForm("this is no multipart form")
    form = _Form(options[b"boundary"])
    async with aclosing(body_pieces(request)) as pieces:
        async for piece in pieces:
            for data in form.feed(piece):
                await incoming.write(data)
    return form.finish()


class _Form:
    """The parser's callbacks, and what they found."""

    def __init__(self, boundary: bytes) -> None:
        # Changing. `_content` is what belongs to the file of the piece that is being read.
        self._fields: dict[str, str] = {}
        self._header = bytearray()
        self._value = bytearray()
        self._name = ""
        self._field = bytearray()
        self._content: list[bytes] = []
        self._file_begun = False
        self._in_file = False
        self._complete = False
        try:
            self._parser = MultipartParser(
                boundary,
                {
                    "on_part_begin": self._part_begin,
                    "on_header_field": self._header_field,
                    "on_header_value": self._header_value,
                    "on_header_end": self._header_end,
                    "on_part_data": self._part_data,
                    "on_part_end": self._part_end,
                    "on_end": self._end,
                },
            )
        except FormParserError as error:
            raise BadForm(str(error)) from error

    def feed(self, piece: bytes) -> list[bytes]:
        """Read on; returns what of *piece* belongs to the file."""
        self._content = []
        try:
            self._parser.write(piece)
        except FormParserError as error:
            raise BadForm(str(error)) from error
        return self._content

    def finish(self) -> dict[str, str]:
        """The fields, when everything was read."""
        if not self._complete:
            raise BadForm("the form is cut off")
        if not self._file_begun:
            raise BadForm(f"there is no part called {FILE}")
        return self._fields

    def _part_begin(self) -> None:
        if self._file_begun:
            raise BadForm(f"the part called {FILE} must be the last")
        self._name = ""
        self._field.clear()

    def _header_field(self, data: bytes, start: int, end: int) -> None:
        self._header += data[start:end]

    def _header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _header_end(self) -> None:
        if self._header.lower() == b"content-disposition":
            _, options = parse_options_header(bytes(self._value))
            self._name = options.get(b"name", b"").decode(errors="replace")
            self._file_begun = self._in_file = self._name == FILE
            if b"filename" in options and not self._in_file:
                raise BadForm(f"the file must be in a part called {FILE}")
        self._header.clear()
        self._value.clear()

    def _part_data(self, data: bytes, start: int, end: int) -> None:
        if self._in_file:
            self._content.append(data[start:end])
            return
        self._field += data[start:end]
        if len(self._field) > LONGEST_FIELD:
            raise BadForm(f"the field {self._name} is too long")

    def _part_end(self) -> None:
        if not self._in_file:
            self._fields[self._name] = self._field.decode(errors="replace")
        self._in_file = False

    def _end(self) -> None:
        self._complete = True
