"""What the service offers beyond files and folders (reference 3.20 to 3.24)."""

import json
from contextlib import suppress
from typing import Any

import httpx
import pytest

from cloudfs.errors import (
    BadReply,
    InvalidName,
    InvalidRequest,
    IsAFolder,
    NotFound,
    TransientError,
)
from cloudfs.model import Entry, EntryId
from cloudfs.providers.podspace import PodspaceProvider
from cloudfs.providers.podspace.search import criteria
from tests.providers.podspace.service import FakePodspace

ROOT = EntryId("ROOT")


async def opened(
    service: FakePodspace, *paths: str, **settings: Any
) -> tuple[PodspaceProvider, list[Entry]]:
    provider = service.provider(**settings)
    await provider.open()
    entries = [await provider.stat(EntryId(service.at(path).hash)) for path in paths]
    service.calls.clear()
    return provider, entries


async def names(pages: Any) -> list[str]:
    return [found.entry.name async for page in pages for found in page]


# Favourites ------------------------------------------------------------


async def test_what_is_marked_is_listed_and_says_so(service: FakePodspace):
    service.add_file("/f")
    service.add_folder("/d")
    provider, (file, folder) = await opened(service, "f", "d")
    for entry in (file, folder, file):
        await provider.favorites.mark(entry, wanted=True)
    assert sorted(await names(provider.favorites.marked())) == ["d", "f"]
    assert (await provider.stat(file.id)).extra["bookmark"] == "1"
    await provider.favorites.mark(file, wanted=False)
    await provider.favorites.mark(file, wanted=False)
    assert await names(provider.favorites.marked()) == ["d"]


@pytest.mark.parametrize("wanted", [True, False])
async def test_what_is_gone_cannot_be_marked(service: FakePodspace, wanted: bool):
    service.add_file("/f")
    provider, (file,) = await opened(service, "f")
    service.trash(file.id)
    with pytest.raises(NotFound):
        await provider.favorites.mark(file, wanted=wanted)


async def test_marks_are_listed_by_pages(service: FakePodspace):
    for number in range(7):
        service.add_file(f"/f{number}").marked = True
    provider, _ = await opened(service, page_size=3)
    assert len(await names(provider.favorites.marked())) == 7


# Search ------------------------------------------------------------


async def test_a_search_finds_by_words(service: FakePodspace):
    for path in ("/Photo one.png", "/photo two.png", "/text"):
        service.add_file(path)
    provider, _ = await opened(service, page_size=1)
    assert await names(provider.search.find("photo")) == ["Photo one.png", "photo two.png"]


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ("one two", {"words": "one two"}),
        ("type:image", {"type": "image"}),
        ("a minsize:5 MAXSIZE:9 b", {"words": "a b", "minSize": "5", "maxSize": "9"}),
        ("title:x before:2024-01-01", {"title": "x", "before": "2024-01-01"}),
        ("12:30 type:", {"words": "12:30 type:"}),
    ],
)
def test_a_query_may_hold_criteria(query: str, wanted: dict[str, str]):
    assert criteria(query) == wanted


async def test_a_search_for_nothing_is_not_made(service: FakePodspace):
    provider, _ = await opened(service)
    with pytest.raises(InvalidRequest):
        await names(provider.search.find("  "))
    assert service.calls == []


async def test_a_date_that_is_none_is_refused(service: FakePodspace):
    provider, _ = await opened(service)
    with pytest.raises(InvalidRequest):
        await names(provider.search.find("after:yesterday"))


# Recent ------------------------------------------------------------


@pytest.mark.parametrize("descending", [True, False])
async def test_the_latest_come_first_whatever_the_service_means_by_descending(
    service: FakePodspace, descending: bool
):
    service.descending = descending
    for number in range(5):
        service.add_file(f"/f{number}")
    provider, _ = await opened(service)
    assert await names(provider.recent.recent(3)) == ["f4", "f3", "f2"]


async def test_more_than_a_page_of_recent_entries(service: FakePodspace):
    service.page_cap = 2
    for number in range(5):
        service.add_file(f"/f{number}")
    provider, _ = await opened(service)
    assert await names(provider.recent.recent(4)) == ["f4", "f3", "f2", "f1"]
    assert len(await names(provider.recent.recent(100))) == 5
    assert await names(provider.recent.recent(0)) == []
    service.tells_count = False
    assert len(await names(provider.recent.recent(100))) == 5


# Organisations ------------------------------------------------------------


def team(service: FakePodspace, name: str, role: str, owner: str = "boss") -> dict[str, Any]:
    root = service.add_folder(f"/{name}")
    root.parent = ""
    return {
        "hash": f"T-{name}",
        "organization": f"T-{name}",
        "name": name,
        "folder": root.hash,
        "owner": {"username": owner},
        "members": [{"authority": role, "user": {"username": "sara"}}],
    }


async def test_organisations_are_roots_of_their_own(service: FakePodspace):
    service.teams = [
        team(service, "guest", "GUEST"),
        team(service, "viewer", "VIEWER"),
        team(service, "maintainer", "MAINTAINER"),
        team(service, "mine", "GUEST", owner="sara"),
    ]
    provider, _ = await opened(service)
    roots = await provider.roots.roots()
    assert [name for name, _ in roots] == ["guest", "viewer", "maintainer", "mine"]
    assert [root.writable for _, root in roots] == [False, False, True, True]
    assert all(root.parent_id is None and root.is_folder for _, root in roots)
    service.add_file("f", b"x", roots[0][1].id)
    (page,) = [page async for page in provider.list_folder(roots[0][1].id)]
    assert [entry.writable for entry in page.entries] == [False]
    made = await provider.create_folder(roots[2][1].id, "new")
    assert made.parent_id == roots[2][1].id


async def test_an_account_without_organisations_is_not_asked_who_it_is(service: FakePodspace):
    provider, _ = await opened(service)
    assert await provider.roots.roots() == []
    assert service.asked() == ["org.list"]


async def test_the_people_of_an_organisation_are_told(service: FakePodspace):
    service.teams = [team(service, "lab", "OWNER")]
    provider, _ = await opened(service)
    ((_, root),) = await provider.roots.roots()
    told = await provider.details.get(root, "members")
    assert told is not None
    assert json.loads(told) == [{"user": "sara", "authority": "OWNER"}]


# Details ------------------------------------------------------------


async def test_details_are_told_on_demand(service: FakePodspace):
    service.add_folder("/d")
    service.add_folder("/d/e")
    node = service.add_file("/d/e/f.txt", b"12345")
    service.write(node, b"123")
    provider, (folder, file) = await opened(service, "d", "d/e/f.txt")
    root = await provider.root()
    get = provider.details.get
    assert await get(folder, "folder_size") == "3"
    assert await get(folder, "folder_count") == "1"
    assert await get(root, "folder_size") == "3"
    assert await get(file, "post_id") == "17"
    assert await get(file, "path") == "/d/e/f.txt"
    assert await get(folder, "path") == "/d"
    assert await get(root, "path") == "/"
    assert await get(file, "version_count") == "2"
    activity, plan = await get(file, "activity"), await get(root, "plan")
    assert activity is not None
    assert plan is not None
    assert json.loads(activity)[0]["kind"] == "UPLOAD"
    assert json.loads(plan)["title"] == "Free"
    await provider.sharing.create(folder)
    shares = await get(file, "shares")
    assert shares is not None
    (share,) = json.loads(shares)
    assert (share["type"], share["inherited"]) == ("PUBLIC", True)


async def test_what_does_not_apply_is_none(service: FakePodspace):
    service.add_folder("/d")
    service.add_file("/f")
    provider, (folder, file) = await opened(service, "d", "f")
    root = await provider.root()
    service.calls.clear()
    for entry, name in [
        (file, "folder_size"),
        (file, "folder_count"),
        (folder, "post_id"),
        (folder, "version_count"),
        (folder, "members"),
        (file, "plan"),
        (root, "shares"),
        (file, "no such thing"),
    ]:
        assert await provider.details.get(entry, name) is None
    assert service.calls == []


async def test_every_detail_that_is_named_is_told(service: FakePodspace):
    provider, _ = await opened(service)
    assert provider.details.names == set(provider.details._tell)


async def test_a_missing_post_is_no_error(service: FakePodspace):
    service.add_file("/f")
    provider, (file,) = await opened(service, "f")
    for answer in (
        httpx.Response(404, json={"errorCode": 78}),
        httpx.Response(200, json={"result": 0}),
        httpx.Response(200, json={}),
    ):
        service.fail("entry.post", answer)
        assert await provider.details.get(file, "post_id") is None


async def test_a_version_count_of_an_untouched_file_is_one(service: FakePodspace):
    service.add_file("/f")
    provider, (file,) = await opened(service, "f")
    assert await provider.details.get(file, "version_count") == "1"


# Archives, addresses, images ------------------------------------------------------------


async def test_entries_are_packed_and_unpacked(service: FakePodspace):
    service.add_folder("/d")
    service.add_file("/f", b"x")
    provider, entries = await opened(service, "d", "f")
    archive = await provider.archives.pack(entries, ROOT, "all.zip")
    assert (archive.name, archive.parent_id) == ("all.zip", "ROOT")
    again = await provider.archives.pack(entries, ROOT, "all.zip")
    assert again.name == "all (1).zip"
    unpacked = await provider.archives.unpack(archive, ROOT)
    assert (unpacked.name, unpacked.is_folder) == ("all", True)


async def test_nothing_is_not_packed_and_a_folder_not_unpacked(service: FakePodspace):
    service.add_folder("/d")
    provider, (folder,) = await opened(service, "d")
    with pytest.raises(InvalidRequest):
        await provider.archives.pack([], ROOT, "x.zip")
    with pytest.raises(InvalidName):
        await provider.archives.pack([folder], ROOT, "a/b.zip")
    with pytest.raises(IsAFolder):
        await provider.archives.unpack(folder, ROOT)
    assert service.calls == []


async def test_an_address_is_fetched_by_the_service(service: FakePodspace):
    provider, _ = await opened(service)
    made = await provider.fetching.fetch_url("https://example.org/a?b=c&d", ROOT, "a.pdf")
    assert made.name == "a.pdf"
    assert service.of("file.upload_url")[0].query["url"] == "https://example.org/a?b=c&d"
    with pytest.raises(InvalidName):
        await provider.fetching.fetch_url("https://example.org/", ROOT, "a?.pdf")


@pytest.mark.parametrize("tells", [True, False])
async def test_work_is_not_repeated_and_its_result_found_when_the_answer_is_lost(
    service: FakePodspace, tells: bool, autojump_clock: object
):
    service.tells_entities = tells
    provider, _ = await opened(service)
    service.lose_answer("file.upload_url")
    assert (await provider.fetching.fetch_url("https://x.test/", ROOT, "a")).name == "a"
    assert service.asked().count("file.upload_url") == 1
    service.lose_answer("file.upload_url")
    with pytest.raises(TransientError):  # there is a file of that name, but an older one
        await provider.fetching.fetch_url("https://x.test/", ROOT, "a")


async def test_work_that_was_not_done_stays_unknown(service: FakePodspace, autojump_clock: object):
    provider, _ = await opened(service)
    service.break_before("file.upload_url")
    with pytest.raises(TransientError):
        await provider.fetching.fetch_url("https://x.test/", ROOT, "a")
    assert service.paths() == {}
    service.disturbed_by(lambda number: "pass" if number < 1 else "break")
    with suppress(TransientError):
        await provider.fetching.fetch_url("https://x.test/", ROOT, "a")


async def test_work_whose_result_is_not_told_is_looked_up(service: FakePodspace):
    service.tells_entities = False
    service.add_file("/f", b"x")
    provider, entries = await opened(service, "f")
    archive = await provider.archives.pack(entries, ROOT, "x.zip")
    assert archive.name == "x.zip"
    with pytest.raises(NotFound):  # under a name that nobody tells
        await provider.archives.pack(entries, ROOT, "x.zip")


async def test_slow_work_is_waited_for(service: FakePodspace):
    provider, _ = await opened(service)
    await provider.fetching.fetch_url("https://x.test/", ROOT, "a")
    (call,) = service.of("file.upload_url")
    assert call.request.extensions["timeout"]["read"] == 300.0


async def test_an_image_is_told_as_it_is(service: FakePodspace):
    service.add_file("/a.png", b"x")
    service.add_file("/b.txt", b"x")
    service.add_folder("/d")
    provider, (image, text, folder) = await opened(service, "a.png", "b.txt", "d")
    assert await provider.previews.preview(image) == b"\x89PNG"
    for entry in (text, folder):
        with pytest.raises(NotFound):
            await provider.previews.preview(entry)
    service.fail("file.thumbnail", httpx.Response(200, json={"status": 200}))
    with pytest.raises(NotFound):
        await provider.previews.preview(image)
    service.fail("file.thumbnail", httpx.Response(200))
    with pytest.raises(BadReply):
        await provider.previews.preview(image)


async def test_the_space_of_the_account_is_told(service: FakePodspace):
    service.add_file("/f", b"x" * 300)
    provider, _ = await opened(service)
    quota = await provider.quota()
    assert (quota.total, quota.used, quota.free) == (1000, 300, 700)
    more = {"storageLimit": 100, "storageUsage": 300}
    service.fail("quota", httpx.Response(200, json={"result": more}))
    assert (await provider.quota()).free == 0
