"""What can be tried on an account in a folder that is made for it, and removed at the end."""

import secrets
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing

import trio

from cloudfs.cli.checkup import Failed, Skipped, Work
from cloudfs.cli.sample import Sample
from cloudfs.errors import (
    AcrossDomains,
    AlreadyExists,
    Changed,
    CloudError,
    NotEmpty,
    NotFound,
    Unsupported,
)
from cloudfs.model import Entry, EntryId, Transfer, TrashItem
from cloudfs.providers.base import Provider, Verb
from cloudfs.providers.facets import Trash

PREFIX = ".cloudfs-doctor-"
LARGE = 11 << 20  # more than services take with one request, given `SMALL_PARTS`
SMALL_PARTS = {"multipart_threshold": 5 << 20, "part_size": 5 << 20}
LAST_WAIT = 60.0  # seconds for the removal
MOST_PAGES = 20  # of the bin that are looked through


class Scratch:
    """Checks that change what is in one new folder. They build on one another."""

    def __init__(self, provider: Provider, parent: Entry | None) -> None:
        self._provider = provider
        self._parent = parent
        self._token = secrets.token_hex(4)  # in every name, so that nothing else is touched
        self.name = PREFIX + self._token

        # Changing: what the checks have made.
        self.folder: Entry | None = None
        self.file: Entry | None = None
        self._sample = Sample()
        self._sub: Entry | None = None
        self._gave_way: set[EntryId] = set()

    def first(self) -> Iterator[tuple[str, Work]]:
        """A folder, and a file in it."""
        yield "make a folder", self._make
        yield "upload", self._upload
        yield "read back", self._read_back

    def rest(self) -> Iterator[tuple[str, Work]]:
        """What can be done with them."""
        can = self._provider.capabilities
        if can.modified_step_ns is not None:
            yield "time kept at upload", self._time_kept
        yield "name taken is refused", self._taken
        yield "replace", self._replace
        if Verb.REPLACE in can.conditional:
            yield "replace, if not changed", self._replace_changed
        yield "rename", self._rename
        yield "make a folder inside", self._make_inside
        yield "move", self._move
        yield "move over a file", self._move_over
        if can.copy:
            yield "copy", self._copy
        if can.set_modified:
            yield "set time", self._set_time
        yield "rename a folder", self._rename_folder
        yield "large upload", self._large
        if can.removes_at_once:
            yield "remove together", self._remove_together
        yield "folder in use is kept", self._not_empty
        if self._provider.trash is not None:
            yield "remove, find in the bin, restore", self._bin
        yield "remove for ever", self._remove

    def last(self) -> Iterator[tuple[str, Work]]:
        """Nothing is left."""
        if self.folder is not None:
            yield "remove the folder", self._clean_up

    # Making -----------------------------------------------------------------------------------

    async def _make(self) -> str:
        if self._parent is None:
            raise Skipped("the folder that it would be in is not there")
        if not self._parent.writable:
            raise Skipped("the folder cannot be changed; name another one, NAME:PATH")
        self.folder = await self._provider.create_folder(self._parent.id, self.name)
        return self.name

    async def _upload(self) -> str:
        folder = self._there()
        self.file = await self._provider.upload(
            folder.id, self._called("a file", ".txt"), self._sample
        )
        if self.file.size != self._sample.size:
            raise Failed(f"{self.file.size} bytes of {self._sample.size} are there")
        return f"{self._sample.size} bytes"

    async def _read_back(self) -> str:
        await self._same(self._one(), self._sample)
        return "the same bytes"

    async def _time_kept(self) -> str:
        step = self._provider.capabilities.modified_step_ns
        file = await self._provider.stat(self._one().id)
        _near(file.modified_ns, self._sample.modified_ns, step or 1)
        return f"to {(step or 1) / 1e9:g} s"

    async def _taken(self) -> str:
        try:
            await self._provider.upload(self._there().id, self._one().name, Sample())
        except AlreadyExists:
            by_whom = Verb.CREATE in self._provider.capabilities.conditional
            return "by the service" if by_whom else "after a look"
        raise Failed("a second file of the name is there, or the first one is gone")

    async def _replace(self) -> str:
        before = self._one()
        new = Sample(1500)
        self.file = await self._provider.upload(
            self._there().id, before.name, new, replacing=before
        )
        self._sample = new
        await self._same(self.file, new)
        return "the same file" if self.file.id == before.id else "another file"

    async def _replace_changed(self) -> str:
        before = self._one()
        place = self._there().id
        newer, stale = Sample(1600), Sample(1700)
        self.file = await self._provider.upload(place, before.name, newer, replacing=before)
        self._sample = newer
        try:
            self.file = await self._provider.upload(place, before.name, stale, replacing=before)
        except Changed:
            return "the older version is refused"
        self._sample = stale
        raise Failed("what another one had saved was overwritten")

    async def _large(self) -> str:
        sample = Sample(LARGE)
        entry = await self._provider.upload(
            self._there().id, self._called("large"), sample, transfer=Transfer()
        )
        await self._same(entry, sample)
        return f"{LARGE >> 20} MiB"

    async def _make_inside(self) -> str:
        self._sub = await self._provider.create_folder(self._there().id, self._called("sub"))
        return ""

    async def _copy(self) -> str:
        made = await self._provider.copy(self._one(), self._there().id, self._called("copy"))
        await self._same(made, self._sample)
        return ""

    # Moving -----------------------------------------------------------------------------------

    async def _rename(self) -> str:
        before = self._one()
        name = self._called("renamed ü", ".txt")
        self.file = await self._provider.move(before, self._there().id, name)
        if self.file.name != name:
            raise Failed("it has another name")
        return "the id stays" if self.file.id == before.id else "the id changes with it"

    async def _move(self) -> str:
        self.file = await self._provider.move(
            self._one(), self._inside().id, self._called("moved", ".txt")
        )
        await self._same(self.file, self._sample)
        return ""

    async def _move_over(self) -> str:
        new = Sample(800)
        upload = await self._provider.upload(self._there().id, self._called("new"), new)
        old = self._one()
        self._gave_way.add(old.id)
        place = self._inside().id
        self.file = await self._provider.move(upload, place, old.name, replacing=old)
        self._sample = new
        await self._same(self.file, new)
        return "as editors save"

    async def _rename_folder(self) -> str:
        sub = self._inside()
        try:
            self._sub = await self._provider.move(sub, self._there().id, self._called("other"))
        except (AcrossDomains, Unsupported) as error:
            raise Skipped("the service cannot; mv copies what is in it") from error
        if self.file is not None:
            self.file = await self._provider.find(self._sub.id, self.file.name)
        return ""

    async def _set_time(self) -> str:
        wanted = 1_600_000_000 * 10**9
        self.file = await self._provider.set_modified(self._one(), wanted)
        step = self._provider.capabilities.modified_step_ns
        _near((await self._provider.stat(self.file.id)).modified_ns, wanted, step or 10**9)
        return ""

    # Removing ---------------------------------------------------------------------------------

    async def _remove_together(self) -> str:
        place = self._there().id
        files = [
            await self._provider.upload(place, self._called(f"gone {n}"), Sample(10))
            for n in range(2)
        ]
        for outcome in await self._provider.remove_many(files, permanently=True):
            if outcome is not None:
                raise outcome
        return "2 files"

    async def _not_empty(self) -> str:
        if self.file is None:
            raise Skipped("there is nothing in it")
        try:
            await self._provider.remove(self._inside())
        except NotEmpty:
            return ""
        raise Failed("it was removed with what was in it")

    async def _bin(self) -> str:
        trash = self._provider.trash
        assert trash is not None
        name = self._called("in bin", ".txt")
        file = await self._provider.upload(self._there().id, name, Sample(20))
        await self._provider.remove(file)
        item = await self._in_bin(trash, name)
        back = await trash.restore(item)
        await self._provider.remove(back, permanently=True)
        return ""

    async def _in_bin(self, trash: Trash, name: str) -> TrashItem:
        async with aclosing(self._binned(trash)) as items:
            async for item in items:
                if name in {item.name, (item.origin_path or "").rpartition("/")[2]}:
                    return item
        raise Failed(f"it is not on the first {MOST_PAGES} pages of the bin")

    @staticmethod
    async def _binned(trash: Trash) -> AsyncGenerator[TrashItem, None]:
        count = 0
        async with aclosing(trash.items()) as pages:
            async for page in pages:
                for item in page:
                    yield item
                count += 1
                if count == MOST_PAGES:
                    return

    async def _remove(self) -> str:
        file = self._one()
        await self._provider.remove(file, permanently=True)
        self.file = None
        try:
            await self._provider.find(self._inside().id, file.name)
        except NotFound:
            return ""
        raise Failed("it is still there")

    async def _clean_up(self) -> str:
        try:
            with trio.CancelScope(shield=True), trio.fail_after(LAST_WAIT):
                folder = self._there()
                await self._purge({folder.id} | ({self._sub.id} if self._sub else set()))
                await self._remove_all(folder)
        except (CloudError, trio.TooSlowError) as error:
            reason = str(error) or "it takes too long"
            raise Failed(f"{reason}: remove {self.name} by hand") from error
        self.folder = None
        return "nothing is left"

    async def _purge(self, folders: set[EntryId]) -> None:
        """Remove what the checks have put into the bin: files that gave way to others."""
        trash = self._provider.trash
        if trash is None:
            return
        ours: list[TrashItem] = []
        async for item in self._binned(trash):  # to its end
            named = self._token in item.name or self._token in (item.origin_path or "")
            if named or item.origin_parent_id in folders or item.entry_id in self._gave_way:
                ours.append(item)
        if ours:
            await trash.purge(ours)

    async def _remove_all(self, top: Entry) -> None:
        folder = await self._provider.stat(top.id)
        try:
            await self._provider.remove(folder, recursive=True, permanently=True)
        except NotEmpty:  # 689Cloud: what is made at its top is a project, which has to be empty
            async with aclosing(self._provider.list_folder(folder.id)) as pages:
                children = [entry async for page in pages for entry in page.entries]
            for child in children:
                await self._provider.remove(child, recursive=True, permanently=True)
            await self._provider.remove(await self._provider.stat(top.id), permanently=True)

    # Values -----------------------------------------------------------------------------------

    async def _same(self, entry: Entry, sample: Sample) -> None:
        link = await self._provider.download_link(entry)
        got = b""
        if link.size:
            async with self._provider.fetch(link, 0, link.size) as pieces:
                got = b"".join([piece async for piece in pieces])
        if got != sample.data:
            raise Failed(f"{len(got)} bytes are read that are not the {sample.size} written")

    def _called(self, what: str, end: str = "") -> str:
        return f"{what} {self._token}{end}"

    def _there(self) -> Entry:
        if self.folder is None:
            raise Skipped("it needs the folder that could not be made")
        return self.folder

    def _inside(self) -> Entry:
        if self._sub is None:
            raise Skipped("it needs the folder inside that could not be made")
        return self._sub

    def _one(self) -> Entry:
        if self.file is None:
            raise Skipped("it needs the file that could not be uploaded")
        return self.file


def _near(got: int | None, wanted: int, step: int) -> None:
    if got is None or abs(got - wanted) >= max(step, 2):
        raise Failed(f"it is {got} ns instead of {wanted}")
