"""Open files and folders, by the numbers the kernel knows them by."""

from itertools import count
from typing import Generic, TypeVar

from cloudfs.errors import NotFound
from cloudfs.model import HandleNumber

T = TypeVar("T")


class Handles(Generic[T]):
    """Gives out handle numbers, and never the same one twice."""

    def __init__(self) -> None:
        self._next = count(1)
        self._open: dict[HandleNumber, T] = {}

    def add(self, what: T) -> HandleNumber:
        """The number of a new handle."""
        number = HandleNumber(next(self._next))
        self._open[number] = what
        return number

    def get(self, number: HandleNumber) -> T:
        """What the handle stands for. Raises NotFound."""
        try:
            return self._open[number]
        except KeyError:
            raise NotFound(f"handle {number} is not open") from None

    def remove(self, number: HandleNumber) -> T:
        """The same, for the last time."""
        what = self.get(number)
        del self._open[number]
        return what

    def __len__(self) -> int:
        return len(self._open)
