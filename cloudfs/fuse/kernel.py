"""What the kernel is told without having asked.

Telling it may block until a request of the same file is answered, so it is done in a thread
of its own, one thing after another, and never inside a request.
"""

import logging
import queue
import threading
from collections.abc import Callable, Iterable
from contextlib import suppress

import pyfuse3

from cloudfs.fuse.convert import raw
from cloudfs.tree.nodes import Node

log = logging.getLogger(__name__)


class Kernel:
    """Takes back what the kernel may have remembered."""

    def __init__(self) -> None:
        self._tasks: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._work, name="kernel-news", daemon=True)

    def start(self) -> None:
        """Begin telling; the file system is mounted."""
        self._thread.start()

    def stop(self) -> None:
        """Stop telling, before the file system is unmounted."""
        self._tasks.put(None)

    def name_changed(self, folder: Node, name: str) -> None:
        """A name leads somewhere else, or nowhere."""
        number, raw_name = folder.number, raw(name)
        self._tasks.put(lambda: pyfuse3.invalidate_entry(number, raw_name))
        self.attributes_changed(folder)

    def let_go(self, folder: Node, names: Iterable[str]) -> None:
        """Names lead where they did, and need not be remembered: there are too many."""
        number, raw_names = folder.number, [raw(name) for name in names]

        def tell() -> None:
            for name in raw_names:
                with suppress(FileNotFoundError):
                    pyfuse3.invalidate_entry(number, name)

        self._tasks.put(tell)

    def content_changed(self, node: Node) -> None:
        """A file has other bytes."""
        number = node.number
        self._tasks.put(lambda: pyfuse3.invalidate_inode(number, attr_only=False))

    def attributes_changed(self, node: Node) -> None:
        """A file or folder has other times and the like."""
        number = node.number
        self._tasks.put(lambda: pyfuse3.invalidate_inode(number, attr_only=True))

    def _work(self) -> None:
        while (task := self._tasks.get()) is not None:
            try:
                task()
            except FileNotFoundError:
                pass  # it did not remember anything
            except OSError as error:
                log.info("the kernel could not be told of a change: %s", error)
            except Exception:
                log.exception("the kernel could not be told of a change")
