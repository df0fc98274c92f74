"""Looking: pages that shift, the root and its hash, names that lead nowhere (reference 3.1-3.3)."""

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from cloudfs.errors import BadReply, NotAFolder, NotFound
from cloudfs.model import Entry, EntryId, Page
from tests.providers.podspace.service import API, ROOT_HASH, FakePodspace
from tests.support import listing

ROOT = EntryId("ROOT")


async def pages(service: FakePodspace, folder: str = ROOT, **settings: Any) -> list[Page]:
    return [page async for page in service.provider(**settings).list_folder(EntryId(folder))]


def kept(pages: list[Page]) -> list[str]:
    """The names that a listener knows in the end."""
    entries: list[Entry] = []
    for page in pages:
        if page.restart:
            entries.clear()
        entries.extend(page.entries)
    names = [entry.name for entry in entries]
    assert len(set(names)) == len(names), "a name was listed twice"
    return sorted(names)


def filled(service: FakePodspace, count: int) -> list[str]:
    names = [f"f{number:02}" for number in range(count)]
    for name in names:
        service.add_file(f"/{name}", b"x")
    return names


@pytest.mark.parametrize("count", [0, 1, 2, 3, 4, 6, 7])
@pytest.mark.parametrize("tells_count", [True, False])
async def test_a_folder_is_listed_whole_by_pages_of_three(
    service: FakePodspace, count: int, tells_count: bool
):
    service.tells_count = tells_count
    names = filled(service, count)
    assert kept(await pages(service, page_size=3)) == names


async def test_pages_may_be_shorter_than_was_asked_for(service: FakePodspace):
    service.page_cap = 2
    names = filled(service, 5)
    assert kept(await pages(service, page_size=100)) == names
    starts = [call.query["start"] for call in service.of("folder.list")]
    assert starts == ["0", "2", "4"]


async def test_a_page_cut_at_a_hundred_is_not_the_end_although_no_count_is_told(
    service: FakePodspace,
):
    service.tells_count = False
    names = filled(service, 130)
    assert kept(await pages(service, page_size=500)) == sorted(names)


async def test_a_short_page_is_not_the_end_although_no_count_is_told(service: FakePodspace):
    """The service need not give as many as it is asked for: only an empty page is the end."""
    service.tells_count = False
    service.page_cap = 3
    names = filled(service, 8)
    assert kept(await pages(service)) == names
    assert [call.query["start"] for call in service.of("folder.list")] == ["0", "3", "6", "8"]


@pytest.mark.parametrize("tells_count", [True, False])
async def test_a_page_of_unusable_entries_hides_no_other(service: FakePodspace, tells_count: bool):
    service.page_cap = 2
    names = filled(service, 5)
    count = {"count": 5} if tells_count else {}
    good = [service.entity(node) for node in service.paths().values()]
    bad = {**good[0], "hash": None}
    for rows in ([good[0], bad], [bad, bad] if tells_count else [bad, good[2]], [good[4]], []):
        service.fail("folder.list", httpx.Response(200, json={"result": {"list": rows, **count}}))
    seen = kept(await pages(service))
    assert seen == [names[0], *([] if tells_count else [names[2]]), names[4]]


async def test_one_unusable_entry_does_not_make_its_folder_unreadable(service: FakePodspace):
    bad = {"hash": "", "name": "x"}
    answer = {"result": {"list": [bad], "count": 1}}
    service.fail("folder.list", httpx.Response(200, json=answer))
    assert kept(await pages(service)) == []


@pytest.mark.parametrize("count", [{"count": 2}, {}])
async def test_a_listing_of_nothing_usable_is_none(service: FakePodspace, count: dict[str, int]):
    """It is not the entries then that are at fault: better no listing than an empty one."""
    row = {"id": "another protocol", "name": "x"}
    answer = {"result": {"list": [row, row], **count}}
    service.fail("folder.list", httpx.Response(200, json=answer))
    with pytest.raises(BadReply):
        await pages(service)


def before_page(service: FakePodspace, number: int, what: Callable[[], object]) -> None:
    """Let *what* happen just before page *number* is told, counted from 0."""
    left = number

    def hook() -> None:
        nonlocal left
        if left:
            left -= 1
            service.before["folder.list"] = hook
        else:
            what()

    service.before["folder.list"] = hook


async def test_a_listing_starts_again_when_an_entry_slips_through(service: FakePodspace):
    filled(service, 7)
    before_page(service, 1, lambda: service.trash(service.at("f00").hash))
    found = await pages(service, page_size=3)
    assert [page.restart for page in found].count(True) == 1
    assert kept(found) == ["f01", "f02", "f03", "f04", "f05", "f06"]


async def test_an_entry_that_comes_again_is_told_once(service: FakePodspace):
    filled(service, 6)
    before_page(service, 1, lambda: service.add_file("/a"))
    found = await pages(service, page_size=3)
    assert kept(found) == ["a", "f00", "f01", "f02", "f03", "f04", "f05"]


async def test_a_listing_that_never_settles_is_accepted_in_the_end(service: FakePodspace):
    service.add_file("/f")
    wrong = httpx.Response(
        200, json={"result": {"list": [service.entity(service.at("f"))], "count": 9}}
    )
    empty = httpx.Response(200, json={"result": {"list": [], "count": 9}})
    for _ in range(6):
        service.fail("folder.list", wrong)
        service.fail("folder.list", empty)
    found = await pages(service, page_size=3)
    assert kept(found) == ["f"]
    assert len(service.of("folder.list")) == 8


async def test_a_service_that_ignores_the_start_ends_the_listing_too(service: FakePodspace):
    filled(service, 3)
    same = {"result": {"list": [service.entity(n) for n in service.children(ROOT_HASH)]}}
    for _ in range(20):
        service.fail("folder.list", httpx.Response(200, json=same))
    assert kept(await pages(service, page_size=3)) == ["f00", "f01", "f02"]


async def test_a_bare_array_is_the_whole_listing(service: FakePodspace):
    filled(service, 5)
    rows = [service.entity(n) for n in service.children(ROOT_HASH)]
    service.fail("folder.list", httpx.Response(200, json={"result": rows}))
    assert len(kept(await pages(service, page_size=5))) == 5
    assert len(service.calls) == 1


async def test_an_unusable_entry_is_left_out_and_does_not_start_the_listing_again(
    service: FakePodspace,
):
    row = service.entity(service.add_file("/f"))
    rows = [row, {"name": "no hash"}, {**row, "hash": "X1", "size": "many"}]
    service.fail("folder.list", httpx.Response(200, json={"result": {"list": rows, "count": 3}}))
    assert kept(await pages(service)) == ["f"]
    assert len(service.calls) == 1


async def test_a_file_cannot_be_listed(service: FakePodspace):
    file = service.add_file("/f")
    with pytest.raises(NotAFolder):
        await pages(service, file.hash)


async def test_what_is_in_the_bin_is_not_there(service: FakePodspace):
    folder = service.add_folder("/d")
    inner = service.add_file("/d/f")
    service.trash(folder.hash)
    provider = service.provider()
    for id_ in (folder.hash, inner.hash):
        with pytest.raises(NotFound):
            await provider.stat(EntryId(id_))
    with pytest.raises(NotFound):
        await pages(service, folder.hash)
    with pytest.raises(NotFound):
        await provider.find(EntryId(folder.hash), "f")


# The root -------------------------------------------------------------------------------------


async def test_the_root_is_the_parent_of_its_children_however_it_is_told(service: FakePodspace):
    node = service.add_file("/f")
    for tells_root in (True, False):
        service.tells_root = tells_root
        provider = service.provider()
        root = await provider.root()
        assert (root.id, root.name, root.parent_id) == ("ROOT", "", None)
        (entry,) = (await listing(provider, root.id)).values()
        assert entry.parent_id == "ROOT"
        assert (await provider.stat(EntryId(node.hash))).parent_id == "ROOT"
        assert (await provider.find(ROOT, "f")).parent_id == "ROOT"


async def test_the_root_is_asked_for_before_the_first_look_at_something_else(
    service: FakePodspace,
):
    node = service.add_file("/f")
    notes: dict[str, str] = {}
    assert (await service.provider(notes).stat(EntryId(node.hash))).parent_id == "ROOT"
    assert service.asked() == ["folder.list", "entry.stat"]
    service.calls.clear()
    await service.provider(notes).stat(EntryId(node.hash))
    assert service.asked() == ["entry.stat"]


async def test_the_hash_of_an_empty_root_is_learned_from_its_first_child(service: FakePodspace):
    service.tells_root = False
    provider = service.provider()
    await provider.open()
    made = await provider.create_folder(ROOT, "first")
    assert (await provider.stat(made.id)).parent_id == "ROOT"
    assert service.asked() == ["folder.list", "folder.create", "entry.stat"]


@pytest.mark.parametrize("id_", ["ROOT", ROOT_HASH])
async def test_the_root_can_be_looked_at_by_both_its_names(service: FakePodspace, id_: str):
    provider = service.provider()
    await provider.open()
    root = await provider.stat(EntryId(id_))
    assert (root.id, root.name, root.is_folder) == ("ROOT", "", True)


# Names ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "a\0b", "50%", "a:b", "tail.", "x" * 256])
async def test_what_cannot_be_a_name_is_not_asked_for(service: FakePodspace, name: str):
    with pytest.raises(NotFound):
        await service.provider().find(ROOT, name)
    assert service.calls == []


async def test_another_spelling_is_not_the_same_name(service: FakePodspace):
    other = service.entity(service.add_file("/Readme"))
    service.fail("entry.exist", httpx.Response(200, json={"result": other}))
    with pytest.raises(NotFound):
        await service.provider().find(ROOT, "README")


@pytest.mark.parametrize("name", ["/etc/passwd", "..", ".", "", "a\0b", "\ud800", "\u202e", "a\nb"])
async def test_hostile_names_are_told_as_they_are_and_lead_nowhere(
    service: FakePodspace, name: str
):
    """What they are called on the drive is the business of its names; the id is the hash."""
    row = {**service.entity(service.add_folder("/d")), "name": name}
    row["hash"] = "../../x"
    good = {**row, "hash": "GOOD"}
    body = json.dumps({"result": {"list": [row, good], "count": 2}})
    service.fail("folder.list", httpx.Response(200, content=body.encode()))
    (page,) = await pages(service)
    (entry,) = page.entries
    assert entry.id == "GOOD"
    entry.name.encode()  # no half of a surrogate pair is left


async def test_an_id_is_one_segment_of_a_path(service: FakePodspace):
    provider = service.provider()
    for id_ in ("a/../b", "x?y", "a#b"):
        service.fail("entry.stat", httpx.Response(404))
        await provider.open()
        with pytest.raises(NotFound):
            await provider.stat(EntryId(id_))
        assert service.calls[-1].places == (id_,)
        assert service.calls[-1].path.startswith(f"{API.removeprefix('https://pod.test')}/files/")


async def test_a_page_of_html_is_no_listing(service: FakePodspace):
    service.fail("folder.list", httpx.Response(200, text="<html>"))
    with pytest.raises(BadReply):
        await pages(service)
