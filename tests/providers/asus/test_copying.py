"""Copies on the service (reference 3.9): of the same name, of another, in the same folder."""

from dataclasses import dataclass

import pytest

from cloudfs.errors import (
    AlreadyExists,
    Changed,
    CloudError,
    IsAFolder,
    NotAFolder,
    NotFound,
    ReadOnly,
    TransientError,
)
from cloudfs.model import Entry, EntryId
from tests.providers.asus.faults import disturbances, outcome, requests_of
from tests.providers.asus.service import FakeAsus
from tests.providers.asus.tree import BIN, SYNC_FOLDER, Node

TOP = EntryId(f"d{SYNC_FOLDER}")
INIT = "webrelay/initbinaryupload"


def id_of(node: Node) -> EntryId:
    return EntryId(f"{'d' if node.folder else 'f'}{node.number}")


@dataclass(frozen=True)
class Case:
    """Where a copy of /source goes, and whether the service makes files of what it has."""

    folder: str
    name: str
    instant: bool = True
    tells_checksum: bool = True


CASES = {
    "same name": Case("/folder", "source"),
    "another name": Case("/folder", "copy"),
    "beside": Case("/", "copy"),
    "another name, no instant upload": Case("/folder", "copy", instant=False),
    "beside, no instant upload": Case("/", "copy", instant=False),
    "beside, no checksums": Case("/", "copy", tells_checksum=False),
}


class Copy:
    """A case set up on a service."""

    def __init__(self, case: Case) -> None:
        self.case = case
        self.service = FakeAsus()
        self.service.instant = case.instant
        self.service.tells_checksum = case.tells_checksum
        self.source = self.service.add_file("/source", b"data")
        self.service.add_folder("/folder")
        self.provider = self.service.provider()

    async def prepare(self) -> "Copy":
        self.entry = await self.provider.stat(id_of(self.source))
        await self.provider.root()
        self.service.calls.clear()
        return self

    async def run(self) -> Entry:
        folder = id_of(self.service.named(self.case.folder))
        return await self.provider.copy(self.entry, folder, self.case.name)

    @property
    def path(self) -> str:
        return f"{self.case.folder.rstrip('/')}/{self.case.name}"


@pytest.mark.parametrize("name", CASES)
async def test_a_copy_is_made(name: str):
    copy = await Copy(CASES[name]).prepare()
    made = await copy.run()
    assert made.name == copy.case.name
    assert made.parent_id == id_of(copy.service.named(copy.case.folder))
    assert made.id != copy.entry.id
    assert made.size == 4
    assert made.modified_ns == copy.entry.modified_ns
    files = copy.service.paths()
    assert files[copy.path].data == b"data"
    assert set(files) == {"/source", "/folder", copy.path}
    assert copy.service.children(BIN) == []


async def test_a_copy_of_the_same_name_is_one_change():
    copy = await Copy(CASES["same name"]).prepare()
    await copy.run()
    assert copy.service.routes() == ["fsentry/getentryinfo", "file/copy", "fsentry/getentryinfo"]


async def test_a_copy_of_another_name_is_made_of_what_the_service_has():
    copy = await Copy(CASES["another name"]).prepare()
    await copy.run()
    assert "webrelay/resumebinaryupload" not in copy.service.routes()
    probe, init = copy.service.of(INIT)
    assert (probe.query["fi"], probe.query["sg"]) == (copy.source.number, "system.reserved")
    assert init.query["sg"] == copy.source.digest


async def test_a_copy_keeps_what_others_keep_with_the_file():
    copy = await Copy(CASES["beside"]).prepare()
    copy.source.attribute += "<finfo>kept</finfo>"
    await copy.run()
    assert copy.service.named("/copy").attribute.endswith("<finfo>kept</finfo>")


@pytest.mark.parametrize("name", CASES)
async def test_a_taken_name_stays_what_it_is(name: str):
    copy = await Copy(CASES[name]).prepare()
    copy.service.add_file(copy.path.upper().replace("/FOLDER", "/folder"), b"theirs")
    with pytest.raises(AlreadyExists):
        await copy.run()
    files = copy.service.paths()
    assert b"theirs" in {node.data for node in files.values()}
    assert not [path for path in files if ".cloudfs" in path]
    assert len(files) == 3


async def test_only_files_are_copied_and_only_into_folders():
    copy = await Copy(CASES["beside"]).prepare()
    folder = await copy.provider.stat(id_of(copy.service.named("/folder")))
    with pytest.raises(IsAFolder):
        await copy.provider.copy(folder, TOP, "copy")
    with pytest.raises(NotAFolder):
        await copy.provider.copy(copy.entry, copy.entry.id, "copy")
    with pytest.raises(ReadOnly):
        await copy.service.provider(root="all").copy(copy.entry, EntryId("all"), "copy")


async def test_a_file_that_has_changed_or_is_gone_is_not_copied():
    copy = await Copy(CASES["beside"]).prepare()
    copy.service.write(copy.source, b"other", "")
    with pytest.raises(Changed):
        await copy.run()
    copy.source.parent = BIN
    with pytest.raises(NotFound):
        await copy.run()


async def test_a_failure_that_is_told_beside_success_is_a_failure():
    """The service answers 0 and names the file among those that it did not copy."""
    copy = await Copy(CASES["same name"]).prepare()
    refused = "<copy><status>0</status><failid>5001</failid></copy>"
    copy.service.fail("file/copy", copy.service.answer(refused))
    with pytest.raises(CloudError):
        await copy.run()
    assert "/folder/source" not in copy.service.paths()


async def test_a_lost_answer_is_looked_up(hasty: object):
    copy = await Copy(CASES["same name"]).prepare()
    copy.service.lose_answer("file/copy")
    made = await copy.run()
    assert made.id == id_of(copy.service.named("/folder/source"))
    assert len(copy.service.of("file/copy")) == 1


async def test_a_copy_that_was_not_made_is_not_made_up(hasty: object):
    copy = await Copy(CASES["same name"]).prepare()
    copy.service.break_before("file/copy")
    with pytest.raises(TransientError):
        await copy.run()
    copy.service.add_file("/folder/source", b"else")
    copy.service.break_before("file/copy")
    with pytest.raises(TransientError):
        await copy.run()


@pytest.mark.parametrize("name", CASES)
async def test_a_copy_cut_short_anywhere_leaves_nothing_wrong_and_a_repeat_completes_it(
    name: str, hasty: object
):
    case = CASES[name]
    whole = await Copy(case).prepare()
    for what, disturb in disturbances(await requests_of(whole.service, whole.run)):
        copy = await Copy(case).prepare()
        copy.service.disturbed_by(disturb)
        failure = await outcome(copy.run)
        copy.service.disturb = None
        if failure is not None:
            again = await outcome(copy.run)
            assert again is None or isinstance(again, AlreadyExists), (what, failure, again)
        files = copy.service.paths()
        assert files["/source"] is copy.source
        assert files[copy.path].data == b"data", what
        others = set(files) - {"/source", "/folder", copy.path}
        assert all(files[path].folder and ".cloudfs-" in path for path in others), (what, others)
