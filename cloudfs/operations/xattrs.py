"""Extended attributes: what the service tells of a file, and what programs keep with it.

``user.cloudfs.*`` is told by the drive and cannot be set, but for ``pin``, which pins. Other
``user.*`` attributes are kept on this machine. See xattr(7).
"""

from collections.abc import Callable, Mapping
from errno import ENODATA

from cloudfs.errors import CloudError, InvalidRequest, NotPermitted, TooLarge, Unsupported
from cloudfs.journal.journal import Journal
from cloudfs.operations.pins import PIN, Pins
from cloudfs.operations.rules import Rules
from cloudfs.tree.nodes import Node
from cloudfs.tree.register import Register

OURS = "user.cloudfs."
LARGEST_VALUE = 64 * 1024


class NoAttribute(CloudError):
    """The file has no extended attribute of this name."""

    errno = ENODATA


class ExtendedAttributes:
    """getxattr, setxattr, listxattr, removexattr."""

    def __init__(
        self,
        journal: Journal,
        register: Register,
        rules: Rules,
        pins: Pins,
        of_root: Mapping[str, Callable[[], str]],
    ) -> None:
        self._journal = journal
        self._register = register
        self._rules = rules
        self._pins = pins
        self._of_root = of_root  # about the mount itself; they are told, but not listed

    def get(self, node: Node, name: str) -> bytes:
        """The value. Raises NoAttribute."""
        if name.startswith(OURS):
            value = self._told(node).get(name.removeprefix(OURS))
            if value is None and node.parent is None:
                tell = self._of_root.get(name.removeprefix(OURS))
                value = tell() if tell is not None else None
            if value is None:
                raise NoAttribute(name)
            return value.encode("utf-8", "surrogateescape")
        own = node.attributes
        if own is None or name not in own.xattrs:
            raise NoAttribute(name)
        return own.xattrs[name]

    def names(self, node: Node) -> list[str]:
        """All names."""
        own = node.attributes.xattrs if node.attributes is not None else ()
        kept = [name for name in own if not name.startswith(OURS)]
        return [OURS + name for name in self._told(node)] + kept

    async def set(self, node: Node, name: str, value: bytes) -> None:
        """Keep a value with the file, on this machine; or pin it."""
        if name == PIN:
            if value != b"1":
                raise InvalidRequest(f'{PIN} can be set to "1" only')
            await self._pins.pin(node)
            return
        self._check(node, name)
        if len(value) > LARGEST_VALUE:
            raise TooLarge("the value is too large")
        node.own().xattrs[name] = value
        await self._register.keep_attributes(node)

    async def remove(self, node: Node, name: str) -> None:
        """Forget a value, or the pin. Raises NoAttribute."""
        if name == PIN:
            if not await self._pins.unpin(node):
                raise NoAttribute(name)
            return
        self._check(node, name)
        own = node.own()
        if name not in own.xattrs:
            raise NoAttribute(name)
        del own.xattrs[name]
        await self._register.keep_attributes(node)

    def _check(self, node: Node, name: str) -> None:
        self._rules.writable(node)
        if name.startswith(OURS):
            raise NotPermitted(f"{name} is told by the drive")
        if not name.startswith(("user.", "trusted.")):
            raise Unsupported("only user attributes are kept")

    def _told(self, node: Node) -> dict[str, str]:
        """What the drive tells of a node, by the last part of the name."""
        told: dict[str, str] = {"state": self._state(node)}
        if (pin := self._pins.state(node)) is not None:
            told["pin"] = pin
        entry = node.entry
        if entry is not None:
            told["id"] = entry.id
            if entry.version:
                told["version"] = entry.version
            if entry.mime:
                told["mime"] = entry.mime
            if entry.checksum is not None:
                told["checksum"] = str(entry.checksum)
            told.update(entry.extra)
        return told

    def _state(self, node: Node) -> str:
        """``clean``, ``pending``, ``uploading``, or ``failed: why``."""
        change = self._journal.change(node)
        if change is None:
            return "pending" if self._journal.draft(node) and node.writers else "clean"
        if change.failure is not None:
            return f"failed: {change.failure.message}"
        return "uploading" if change.running else "pending"
