"""warm, pin and unpin, as a running mount answers them."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from pathlib import Path
from typing import Any

import trio

from cloudfs.control import Answer, Command
from cloudfs.errors import CloudError, InvalidRequest
from cloudfs.mounting.building import Assembly
from cloudfs.operations.warming import Course
from cloudfs.tree.nodes import Node

PROGRESS_INTERVAL = 0.2


class Keeping:
    """What is brought into the cache, and what stays there."""

    def __init__(self, assembly: Assembly, mountpoint: Path) -> None:
        self._assembly = assembly
        self._mountpoint = mountpoint

    def table(self) -> Mapping[str, Command]:
        """The commands by name."""
        return {"warm": self.warm, "pin": self.pin, "unpin": self.unpin}

    async def warm(self, request: Mapping[str, Any]) -> AsyncGenerator[Answer, None]:
        """Fetch what is at and below the paths, telling how far it is."""
        assembly = self._assembly
        nodes = await self._nodes(request)
        pinned = assembly.pins
        course = assembly.warming.begin(nodes, lambda: assembly.cache.room - pinned.others(nodes))
        async with aclosing(_followed(course)) as answers:
            async for answer in answers:
                yield answer
        yield {"done": True, **_told(course)}

    async def pin(self, request: Mapping[str, Any]) -> AsyncGenerator[Answer, None]:
        """Pin the paths, unless that would fill the cache; fetch them, unless told not to wait."""
        pins, warming = self._assembly.pins, self._assembly.warming
        nodes = await self._nodes(request)
        course = Course()
        files = await warming.files(nodes, course)
        if (refusal := pins.refusal(files)) is not None:
            yield {"done": True, "error": refusal}
            return
        for node in nodes:
            await pins.pin(node)
        if request.get("wait", True):
            course = warming.begin(nodes, lambda: pins.limit)
            async with aclosing(_followed(course)) as answers:
                async for answer in answers:
                    yield answer
        yield {"done": True, "pinned": [node.path() for node in nodes], **_told(course)}

    async def unpin(self, request: Mapping[str, Any]) -> AsyncGenerator[Answer, None]:
        """Pin the paths no longer."""
        unpinned, refused = [], []
        for node in await self._nodes(request):
            try:
                if await self._assembly.pins.unpin(node):
                    unpinned.append(node.path())
                else:
                    refused.append(f"{node.path()} is not pinned")
            except CloudError as error:
                refused.append(str(error))
        yield {"done": True, "unpinned": unpinned, "troubles": refused}

    async def _nodes(self, request: Mapping[str, Any]) -> Sequence[Node]:
        """The nodes at the paths. Raises NotFound, InvalidRequest."""
        drive = self._assembly.drive
        nodes = []
        for path in request["paths"]:
            node = drive.tree.root
            if not Path(path).is_relative_to(self._mountpoint):
                raise InvalidRequest(f"{path} is not in the drive at {self._mountpoint}")
            for name in Path(path).relative_to(self._mountpoint).parts:
                node = await drive.names.lookup(node, name)
            nodes.append(node)
        return list(dict.fromkeys(nodes))


async def _followed(course: Course) -> AsyncGenerator[Answer, None]:
    """How far it is, now and then; who does not want to know any more ends it."""
    try:
        while not course.done.is_set():
            with trio.move_on_after(PROGRESS_INTERVAL):
                await course.done.wait()
            yield _told(course)
    finally:
        course.scope.cancel()


def _told(course: Course) -> Answer:
    return {
        "listed": course.listed,
        "folders": course.folders,
        "files": course.files,
        "files_done": course.files_done,
        "bytes": course.bytes,
        "bytes_done": course.bytes_done,
        "left_out": course.left_out,
        "bytes_left_out": course.bytes_left_out,
        "failed": course.failed,
        "troubles": list(course.troubles),
    }
