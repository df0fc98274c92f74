"""Pages of lists (reference 3, before 3.1)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeVar

from cloudfs.emulators.podspace.errors import ApiError, Code
from cloudfs.emulators.podspace.mediatypes import media_type
from cloudfs.emulators.podspace.parameters import Parameters
from cloudfs.emulators.podspace.settings import PodSpaceSettings
from cloudfs.emulators.store.tree import Node

T = TypeVar("T")


class Order(StrEnum):
    """What a list is sorted by."""

    NAME = "NAME"
    CREATED = "CREATED"
    UPDATED = "UPDATED"
    SIZE = "SIZE"
    TYPE = "TYPE"


_KEYS: dict[Order, Callable[[Node], Any]] = {
    Order.NAME: lambda node: node.name,
    Order.CREATED: lambda node: (node.created, node.name),
    Order.UPDATED: lambda node: (node.modified, node.name),
    Order.SIZE: lambda node: (node.size, node.name),
    Order.TYPE: lambda node: (media_type(node), node.name),
}


@dataclass(frozen=True, slots=True)
class Page:
    """Which part of a list is wanted, and how it is sorted."""

    start: int
    size: int
    order: Order
    descending: bool

    @classmethod
    def of(cls, params: Parameters, settings: PodSpaceSettings) -> "Page":
        """What *params* ask for; 101 if that is no page."""
        start, size = params.integer("start"), params.integer("size")
        if size == 0:
            raise ApiError(Code.INVALID_REQUEST, "a page has at least one item")
        order = (params.text("order") or Order.NAME).upper()
        if order not in Order.__members__:
            raise ApiError(Code.INVALID_REQUEST, f"nothing is ordered by {order}")
        wanted = settings.page_size if size is None else size
        return cls(
            start=start or 0,
            size=min(wanted, settings.page_cap),
            order=Order(order),
            descending=params.boolean("desc"),
        )

    def cut(self, items: Sequence[T]) -> Sequence[T]:
        """Those of *items*, which are sorted, that are on this page."""
        return items[self.start : self.start + self.size]

    def sorted(self, items: Sequence[T], node_of: Callable[[T], Node]) -> list[T]:
        """*items* sorted by their nodes."""
        key = _KEYS[self.order]
        return sorted(items, key=lambda item: key(node_of(item)), reverse=self.descending)
