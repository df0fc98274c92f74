"""A form with a file in it, taken apart while it arrives (reference 1.1 and 3.7).

The fields before the file are looked at before the file is taken: the token must be one of
them. Others may come after it.
"""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from python_multipart import MultipartParser
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import parse_options_header
from starlette.requests import ClientDisconnect

from cloudfs.emulators.cloud689.errors import ApiError, Code
from cloudfs.emulators.cloud689.parameters import Parameters
from cloudfs.emulators.connections import Receive

if TYPE_CHECKING:
    from python_multipart.multipart import MultipartCallbacks

MOST_TEXT = 1 << 20  # bytes, in all fields together
FILE = "file"


class Form:
    """A form that arrives."""

    def __init__(self, boundary: bytes) -> None:
        self._parser = MultipartParser(boundary, self._callbacks())
        self._complete = False  # has all of the body been read?

        # Changing. `_content` is what belongs to the file, and was not taken yet.
        self.filename: str | None = None
        self.content_type = ""  # of the file
        self.has_file = False
        self._fields: list[tuple[str, str]] = []
        self._before_file = 0  # how many of them came before the file
        self._ended = False  # was the closing boundary seen?
        self._content: list[bytes] = []
        self._header = bytearray()
        self._value = bytearray()
        self._headers: dict[bytes, bytes] = {}
        self._name = ""
        self._text = bytearray()
        self._length = 0
        self._in_file = False
        self._ignored = False

    @property
    def params(self) -> Parameters:
        """The fields that have come so far."""
        return Parameters(self._fields)

    async def read_head(self, receive: Receive) -> Parameters:
        """Read until the file begins, or the form ends; the fields until then."""
        while not self.has_file and not self._complete:
            await self._read(receive)
        return Parameters(self._fields[: self._before_file] if self.has_file else self._fields)

    async def read_rest(self, receive: Receive, write: Callable[[bytes], Awaitable[None]]) -> None:
        """Read what is left; the file goes to *write*. 400 if the form is cut off."""
        await self._hand_over(write)
        while not self._complete:
            await self._read(receive)
            await self._hand_over(write)
        if not self._ended:
            raise ApiError(Code.INVALID_PARAMETER, "the form is cut off")

    async def _hand_over(self, write: Callable[[bytes], Awaitable[None]]) -> None:
        content, self._content = self._content, []
        for data in content:
            await write(data)

    async def _read(self, receive: Receive) -> None:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        self._complete = not message.get("more_body")
        try:
            self._parser.write(message.get("body", b""))
        except FormParserError as error:
            raise ApiError(Code.INVALID_PARAMETER, str(error)) from error

    def _callbacks(self) -> "MultipartCallbacks":
        return {
            "on_part_begin": self._part_begin,
            "on_header_field": self._header_field,
            "on_header_value": self._header_value,
            "on_header_end": self._header_end,
            "on_headers_finished": self._headers_finished,
            "on_part_data": self._part_data,
            "on_part_end": self._part_end,
            "on_end": self._end,
        }

    def _part_begin(self) -> None:
        self._headers.clear()
        self._text.clear()

    def _header_field(self, data: bytes, start: int, end: int) -> None:
        self._header += data[start:end]

    def _header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _header_end(self) -> None:
        self._headers[bytes(self._header).lower()] = bytes(self._value)
        self._header.clear()
        self._value.clear()

    def _headers_finished(self) -> None:
        _, options = parse_options_header(self._headers.get(b"content-disposition"))
        self._name = _text(options.get(b"name", b""))
        filename = options.get(b"filename")
        if self._name != FILE:
            self._ignored = filename is not None  # a file of no interest
            return
        if self.has_file:
            raise ApiError(Code.INVALID_PARAMETER, "there are two files")
        self.has_file = self._in_file = True
        self._before_file = len(self._fields)
        self.filename = None if filename is None else _text(filename)
        self.content_type = _text(self._headers.get(b"content-type", b""))

    def _part_data(self, data: bytes, start: int, end: int) -> None:
        if self._in_file:
            self._content.append(data[start:end])
        elif not self._ignored:
            self._text += data[start:end]
            self._length += end - start
            if self._length > MOST_TEXT:
                raise ApiError(Code.INVALID_PARAMETER, "the fields are too long")

    def _part_end(self) -> None:
        if not self._in_file and not self._ignored:
            self._fields.append((self._name, _text(bytes(self._text))))
        self._in_file = self._ignored = False

    def _end(self) -> None:
        self._ended = True


def form_of(content_type: str) -> Form | None:
    """The form that a body of this type will be; None if it is no form with files."""
    kind, options = parse_options_header(content_type)
    if kind != b"multipart/form-data" or b"boundary" not in options:
        return None
    return Form(options[b"boundary"])


def _text(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise ApiError(Code.INVALID_PARAMETER, "the form is not UTF-8") from error
