"""Search, marks, what is recent, properties on demand, small pictures, space, the error table."""

import base64
from collections.abc import AsyncGenerator, Sequence
from errno import (
    EACCES,
    ECANCELED,
    EDQUOT,
    EEXIST,
    EFBIG,
    EINVAL,
    EIO,
    ENAMETOOLONG,
    ENOENT,
    ENOSPC,
    EOPNOTSUPP,
    EPROTO,
    EXDEV,
)

import httpx
import pytest

from cloudfs.errors import BadReply, CloudError, InvalidRequest, NotFound, TransientError
from cloudfs.http.session import TokenRejected
from cloudfs.model import EntryId, Found, Quota
from cloudfs.providers.asus import statuses
from cloudfs.providers.asus.provider import AsusProvider
from cloudfs.providers.asus.searching import PAGE
from tests.conftest import Announced
from tests.providers.asus.service import FakeAsus
from tests.providers.asus.speech import SEARCH
from tests.providers.asus.tree import BACKUP, BIN, HOME, SYNC, SYNC_FOLDER, Node

TOP = EntryId(f"d{SYNC_FOLDER}")
MB = 1_048_576


def id_of(node: Node) -> EntryId:
    return EntryId(f"{'d' if node.folder else 'f'}{node.number}")


async def found(pages: AsyncGenerator[Sequence[Found], None]) -> list[Found]:
    return [one async for page in pages for one in page]


async def search(provider: AsusProvider, query: str) -> list[Found]:
    assert provider.search is not None
    return await found(provider.search.find(query))


# Search (3.18) ----------------------------------------------------------------------------------


async def test_a_search_finds_folders_and_files_as_they_are_now(service: FakeAsus):
    service.add_folder("/Reports")
    file = service.add_file("/Reports/REPORT 1", b"data")
    service.add_file("/other")
    results = await search(service.provider(), "report")
    assert [one.entry.name for one in results] == ["Reports", "REPORT 1"]
    assert results[1].entry.id == id_of(file)
    assert results[1].entry.version == "1"
    assert {call.host for call in service.of("sqlquery")} == {SEARCH}


async def test_a_search_goes_over_all_pages(service: FakeAsus):
    for number in range(PAGE + 3):
        service.add_file(f"/report {number}")
    assert len(await search(service.provider(), "report")) == PAGE + 3
    assert [call.get("offset") for call in service.of("sqlquery")] == ["0", "0", str(PAGE)]


async def test_a_search_server_that_repeats_itself_is_not_asked_for_ever(service: FakeAsus):
    service.add_file("/report")
    entry = (
        "<entry><id>{}</id><kind>2</kind><rawentryname>report</rawentryname><size>0</size></entry>"
    )
    told = "".join(entry.format(5001 + number) for number in range(PAGE))
    for _ in range(9):
        service.fail("sqlquery", service.answer(f"<a><status>0</status>{told}</a>"))
    assert [one.entry.name for one in await search(service.provider(), "report")] == ["report"]
    assert len(service.of("sqlquery")) == 3


async def test_what_is_gone_when_it_is_looked_at_is_left_out(service: FakeAsus):
    service.add_file("/report")
    service.during("fsentry/getentryinfo", lambda: service.drop(service.named("/report")))
    assert await search(service.provider(), "report") == []


@pytest.mark.parametrize("how", ["none told", "no such call"])
async def test_without_a_search_server_all_folders_are_walked(service: FakeAsus, how: str):
    service.has_search = how != "none told"
    if service.has_search:
        service.fail("sqlquery", httpx.Response(404))
    service.add_folder("/a")
    service.add_folder("/a/Report folder")
    service.add_file("/a/Report folder/a report")
    service.add_file("/a/Report folder/other")
    results = await search(service.provider(), "REPORT")
    assert {one.path for one in results} == {"/a/Report folder", "/a/Report folder/a report"}


async def test_a_walk_passes_by_what_disappears(service: FakeAsus):
    service.has_search = False
    for name in ("a", "b"):
        service.add_folder(f"/{name}")
        service.add_file(f"/{name}/report")
    service.skip("inforelay/browsefolder")
    service.during("inforelay/browsefolder", lambda: service.drop(service.named("/b")))
    results = await search(service.provider(), "report")
    assert [one.path for one in results] == ["/a/report"]


async def test_all_trees_that_are_shown_are_searched(service: FakeAsus):
    service.add_file("report 1")
    service.add_file("report 2", parent=HOME)
    service.add_file("report 3", parent=BACKUP)
    results = await search(service.provider(root="all"), "report")
    assert {one.entry.id for one in results} == {"f5001@-5", "f5002@0", "f5003@-3"}
    service.has_search = False
    results = await search(service.provider(root="all"), "report")
    assert {one.path for one in results} == {
        "/MySyncFolder/report 1",
        "/MyCollection/report 2",
        "/MyBackup/report 3",
    }


# Marks (3.20) -----------------------------------------------------------------------------------


async def test_a_star_is_set_and_taken_away_and_other_marks_stay(service: FakeAsus):
    file = service.add_file("/file")
    file.marks = "7 9"
    provider = service.provider()
    entry = await provider.stat(id_of(file))
    favorites = provider.favorites
    assert favorites is not None
    for _ in range(2):
        await favorites.mark(entry, wanted=True)
        assert file.marks == "7 9 1"
    assert [one.entry.id for one in await found(favorites.marked())] == [entry.id]
    for _ in range(2):
        await favorites.mark(entry, wanted=False)
        assert file.marks == "7 9"
    assert await found(favorites.marked()) == []
    assert len(service.of("fsentry/setentrymark")) == 2


async def test_marks_have_names_in_the_settings(service: FakeAsus):
    file = service.add_file("/file")
    provider = service.provider(marks="1=important, 4=star")
    assert provider.favorites is not None
    await provider.favorites.mark(await provider.stat(id_of(file)), wanted=True)
    assert file.marks == "4"


async def test_without_a_search_server_marks_are_looked_for_everywhere(service: FakeAsus):
    service.has_search = False
    service.add_folder("/folder").marks = "1"
    service.add_file("/folder/file").marks = "2 1"
    service.add_file("/folder/other").marks = "11"
    provider = service.provider()
    assert provider.favorites is not None
    results = await found(provider.favorites.marked())
    assert {one.path for one in results} == {"/folder", "/folder/file"}


async def test_what_is_gone_cannot_be_marked(service: FakeAsus):
    file = service.add_file("/file")
    provider = service.provider()
    entry = await provider.stat(id_of(file))
    file.parent = BIN
    assert provider.favorites is not None
    with pytest.raises(NotFound):
        await provider.favorites.mark(entry, wanted=True)


# Recent (3.16) ----------------------------------------------------------------------------------


async def recent(provider: AsusProvider, limit: int) -> list[str]:
    assert provider.recent is not None
    results = await found(provider.recent.recent(limit))
    return [one.entry.name for one in results]


async def test_the_latest_files_come_first(service: FakeAsus):
    service.add_folder("/folder")
    for path in ("/one", "/folder/two", "/three"):
        service.add_file(path)
    service.add_file("elsewhere", parent=HOME)
    provider = service.provider()
    assert await recent(provider, 10) == ["three", "two", "one"]
    assert await recent(provider, 2) == ["three", "two"]
    assert service.of("file/getlatestchangefiles")[0].get("targetroot") == SYNC


async def test_files_of_the_tree_that_the_drive_does_not_show_are_left_out(service: FakeAsus):
    service.add(SYNC, "another sync folder", folder=True)
    service.add_file("hidden", parent="1002")
    service.add_folder("/folder")
    service.add_folder("/folder/deep")
    service.add_file("/folder/deep/one")
    service.add_file("/folder/deep/two")
    provider = service.provider()
    assert await recent(provider, 10) == ["two", "one"]
    service.calls.clear()
    await recent(provider, 10)
    looked_at = [call.get("entryid") for call in service.of("fsentry/getentryinfo")]
    assert sorted(looked_at) == ["1002", "1003", "1004", "5002", "5003"]  # each folder once
    folder = service.provider(root="id:1003")
    assert await recent(folder, 10) == ["two", "one"]


async def test_each_tree_has_its_latest(service: FakeAsus):
    service.add_file("at home", parent=HOME)
    service.add_file("backed up", parent=BACKUP)
    assert await recent(service.provider(root="home"), 5) == ["at home"]
    assert set(await recent(service.provider(root="all"), 5)) == {"at home", "backed up"}
    assert len(await recent(service.provider(root="all"), 1)) == 1


async def test_somebody_else_s_folder_has_no_list_of_its_own(service: FakeAsus):
    assert await recent(service.provider(root="id:77"), 5) == []


# Properties on demand ---------------------------------------------------------------------------


async def test_properties_are_told_on_demand(service: FakeAsus):
    file = service.add_file("/file", b"data")
    provider = service.provider()
    entry = await provider.stat(id_of(file))
    assert provider.details is not None
    assert provider.sharing is not None
    details = provider.details
    assert await details.get(entry, "sharecode") is None
    assert await details.get(entry, "compactsharecode") is None
    await provider.sharing.create(entry)
    told = {name: await details.get(entry, name) for name in details.names}
    assert told == {
        "sha512": file.digest,
        "mimetype": "text/plain",
        "attribute": file.attribute,
        "sharecode": "A1b2C3d4E5f60001",
        "compactsharecode": "S0001",
    }
    assert await details.get(entry, "nonsense") is None


async def test_a_folder_has_fewer_of_them(service: FakeAsus):
    folder = service.add_folder("/folder")
    provider = service.provider()
    entry = await provider.stat(id_of(folder))
    assert provider.details is not None
    assert await provider.details.get(entry, "sha512") is None
    assert await provider.details.get(entry, "mimetype") is None
    assert await provider.details.get(entry, "attribute")


async def test_a_private_installation_has_no_short_codes():
    service = FakeAsus("omnistor")
    file = service.add_file("/file")
    provider = service.provider()
    entry = await provider.stat(id_of(file))
    assert provider.details is not None
    assert provider.sharing is not None
    await provider.sharing.create(entry)
    assert await provider.details.get(entry, "compactsharecode") is None
    assert service.of("sharecode/tocompactform") == []


async def test_a_checksum_is_asked_for_by_an_upload_that_is_never_finished(service: FakeAsus):
    file = service.add_file("/file", b"data")
    provider = service.provider()
    entry = await provider.stat(id_of(file))
    assert provider.details is not None
    await provider.details.get(entry, "sha512")
    (probe,) = service.of("webrelay/initbinaryupload")
    assert (probe.query["fi"], probe.query["sg"], probe.query["fs"]) == (
        file.number,
        "system.reserved",
        "0",
    )
    assert (file.data, file.head) == (b"data", 1)


# Small pictures (3.21) --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "route", "parameters"),
    [
        ("a.JPG", "photo", "pfd=5001,st=0,preview=1"),
        ("a.mp4", "snapshot", "fi=5001,pv=1"),
    ],
)
async def test_a_picture_is_asked_for_as_the_reference_says(
    service: FakeAsus, name: str, route: str, parameters: str
):
    file = service.add_file(f"/{name}", b"x")
    provider = service.provider()
    assert provider.previews is not None
    picture = await provider.previews.preview(await provider.stat(id_of(file)))
    assert picture.startswith(b"\xff\xd8")
    (call,) = service.of(route)
    packed = base64.b64encode(parameters.encode()).decode().replace("=", "%3D")
    path = call.request.url.raw_path.decode()
    assert path.endswith(f"/{packed}.jpg?dis=10000001&ecd=1")
    assert call.request.method == "GET"


async def test_what_is_no_picture_has_none(service: FakeAsus):
    provider = service.provider()
    assert provider.previews is not None
    for node in (service.add_file("/a.txt"), service.add_folder("/a.jpg")):
        entry = await provider.stat(id_of(node))
        service.calls.clear()
        with pytest.raises(NotFound):
            await provider.previews.preview(entry)
        assert service.calls == []


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (httpx.Response(404), NotFound),
        (httpx.Response(404, text="<a><status>219</status></a>"), NotFound),
        (httpx.Response(200, text="<a><status>219</status></a>"), NotFound),
        (httpx.Response(200, text="<a><status>0</status></a>"), BadReply),
        (httpx.Response(200, text="<html>"), TransientError),
        (httpx.Response(200, text="<a><status>225</status></a>"), InvalidRequest),
    ],
)
async def test_whatever_is_no_picture_is_an_error(
    service: FakeAsus, answer: httpx.Response, error: type[CloudError]
):
    file = service.add_file("/a.png", b"x")
    provider = service.provider()
    entry = await provider.stat(id_of(file))
    service.fail("photo", answer)
    assert provider.previews is not None
    with pytest.raises(error):
        await provider.previews.preview(entry)


async def test_a_picture_survives_the_end_of_a_token(service: FakeAsus):
    file = service.add_file("/a.png", b"x")
    provider = service.provider()
    entry = await provider.stat(id_of(file))
    service.revoke()
    assert provider.previews is not None
    assert await provider.previews.preview(entry)
    assert len(service.of("photo")) == 2


# Space (3.14) -----------------------------------------------------------------------------------


async def test_the_space_of_the_account_is_told(service: FakeAsus):
    service.add_file("/file", b"x" * (MB + 1))
    assert await service.provider().quota() == Quota(
        total=20_000 * MB, used=2 * MB, free=19_998 * MB
    )


# The error table (4) ----------------------------------------------------------------------------

TABLE = {
    1: EPROTO,
    2: EIO,  # the token is renewed; what remains of it is a LoginFailed, EACCES
    **dict.fromkeys((3, 4, 12, 210, 211, 212, 215, 225, 234, 235, 236, 501, 503), EINVAL),
    **dict.fromkeys((5, 200, 226, 229, 245, 502, 504, 505, 506, 507, 508, 994, 996, 997), EACCES),
    213: ENAMETOOLONG,
    214: EEXIST,
    **dict.fromkeys((216, 218, 219, 223, 243, 253), ENOENT),
    **dict.fromkeys((217, 220, 230, 250, 251, 252, 999), EIO),
    221: EFBIG,
    **dict.fromkeys((222, 231, 232), EDQUOT),
    **dict.fromkeys((224, 242, 995), ENOSPC),
    227: EOPNOTSUPP,
    228: ECANCELED,
    233: EXDEV,
}


@pytest.mark.parametrize("status", TABLE)
def test_every_status_has_its_errno(status: int, announce: Announced):
    announce("does not understand the request")
    error = statuses.error(status, "call")
    assert error.errno == TABLE[status]
    assert str(error).endswith(f" ({status}, call)")
    assert error.transient == (status == 999)
    assert isinstance(error, TokenRejected) == (status == 2)
    assert "unknown" not in statuses.meaning(status)


@pytest.mark.parametrize("status", [-1, 6, 100, 998, 10**9])
def test_a_status_that_nobody_knows_is_an_error_too(status: int):
    error = statuses.error(status, "call")
    assert type(error) is CloudError
    assert error.errno == EIO


@pytest.mark.parametrize("status", [3, 4, 12])
async def test_our_own_faults_are_logged(service: FakeAsus, status: int, announce: Announced):
    announce("does not understand the request")
    service.refuse("member/getinfo", status)
    with pytest.raises(InvalidRequest):
        await service.provider().quota()


async def test_a_general_error_is_waited_out_where_that_is_safe(service: FakeAsus, hasty: object):
    service.refuse("member/getinfo", 999, times=3)
    await service.provider().quota()
    assert len(service.of("member/getinfo")) == 4
    service.refuse("folder/create", 999)
    with pytest.raises(TransientError):
        await service.provider().create_folder(TOP, "folder")
    assert len(service.of("folder/create")) == 1
