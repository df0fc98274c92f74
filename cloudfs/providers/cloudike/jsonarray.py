"""A JSON array that comes in pieces, element by element: it may be longer than memory allows."""

import codecs
import json
from typing import Any

from cloudfs.errors import BadReply

LONGEST_ELEMENT = 64 * 1024 * 1024  # characters; of an object that is no array, all of it

BETWEEN = " \t\r\n,"


class ArrayReader:
    """Takes the bytes of an array and gives its elements; anything else is one element."""

    def __init__(self) -> None:
        self._decoder = json.JSONDecoder()
        self._utf8 = codecs.getincrementaldecoder("utf-8")()

        # Changing. What is left of `_text` begins with an unfinished element.
        self._text = ""
        self._in_array: bool | None = None  # None: nothing has come yet
        self._ended = False

    def feed(self, piece: bytes) -> list[Any]:
        """The elements that *piece* completes. Raises BadReply for what is no JSON."""
        try:
            self._text += self._utf8.decode(piece)
        except UnicodeDecodeError as error:
            raise BadReply("a listing is not UTF-8") from error
        if self._in_array is None:
            self._text = self._text.lstrip()
            if self._text:
                self._in_array = self._text.startswith("[")
                self._text = self._text[1:] if self._in_array else self._text
        elements = self._elements() if self._in_array else []
        if len(self._text) > LONGEST_ELEMENT:
            raise BadReply("a listing holds an entry of unusual length")
        return elements

    def end(self) -> list[Any]:
        """What is left at the end. Raises BadReply if the array has not ended."""
        if self._in_array:
            if not self._ended:
                raise BadReply("a listing breaks off")
            return []
        try:
            return [json.loads(self._text)]
        except (ValueError, RecursionError) as error:
            raise BadReply("a listing is not JSON") from error

    def _elements(self) -> list[Any]:
        elements: list[Any] = []
        position = 0
        while not self._ended:
            while position < len(self._text) and self._text[position] in BETWEEN:
                position += 1
            if position == len(self._text):
                break
            if self._text[position] == "]":
                self._ended = True
                break
            try:
                element, position = self._decoder.raw_decode(self._text, position)
            except RecursionError as error:
                raise BadReply("a listing is nested too deeply") from error
            except ValueError:
                break  # it is not complete yet
            elements.append(element)
        self._text = self._text[position:]
        return elements
