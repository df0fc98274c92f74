"""Projects, folders, files and namesakes as entries (reference 1.2, 1.3, 3.1 to 3.4)."""

import json

import httpx
import pytest

from cloudfs.errors import AccessDenied, BadReply, NotAFolder, NotFound, Unavailable
from cloudfs.model import EntryId, Kind, Page
from cloudfs.providers.cloud689 import Cloud689Provider
from tests.providers.cloud689.service import FakeCloud689
from tests.providers.cloud689.store import BEGIN, Refusal
from tests.support import listing

SECOND = 10**9


async def test_the_root_holds_the_projects(service: FakeCloud689):
    service.store.add_project("Ideas", role=4)
    provider = service.provider()
    root = await provider.root()
    assert (root.name, root.parent_id, root.kind, root.writable) == ("", None, Kind.FOLDER, False)
    assert await provider.stat(root.id) == root
    entries = await listing(provider, root.id)
    assert set(entries) == {"Plans", "Ideas"}
    plans = entries["Plans"]
    assert (plans.parent_id, plans.kind, plans.writable) == (root.id, Kind.FOLDER, True)
    assert plans.extra == {"role": "owner", "owner": "Ann Lee", "files": "1", "members": "2"}
    assert plans.created_ns == service.project.at * SECOND
    assert not entries["Ideas"].writable
    assert (await provider.stat(plans.id)).name == "Plans"


async def test_projects_come_in_pages(service: FakeCloud689):
    for number in range(6):
        service.store.add_project(f"p{number}")
    provider = service.provider(length=3)
    root = await provider.root()
    assert len(await listing(provider, root.id)) == 7
    starts = [(c.fields["start"], c.fields["length"]) for c in service.of("project/list")]
    assert starts == [("0", "3"), ("3", "3"), ("6", "3")]


async def test_pages_that_shift_are_read_anew(service: FakeCloud689):
    for number in range(5):
        service.store.add_project(f"p{number}")
    provider = service.provider(length=3)
    pages: list[Page] = []
    async for page in provider.list_folder((await provider.root()).id):
        if not pages:
            del service.store.projects[service.project.id]
        pages.append(page)
    assert [page.restart for page in pages] == [False, True, False]
    assert [e.name for page in pages[1:] for e in page.entries] == [f"p{n}" for n in range(5)]


async def test_a_list_of_projects_that_never_ends_is_left(service: FakeCloud689):
    row = {"project_id": "a", "project_name": "A"}
    endless = {"result": {"total_result": None, "data": [row]}, "status_code": 200}
    provider = service.provider()
    for _ in range(3):
        service.fail("project/list", httpx.Response(200, json=endless))
    assert set(await listing(provider, EntryId("root"))) == {"A"}
    assert len(service.of("project/list")) == 2


async def test_a_folder_is_listed_by_one_request(service: FakeCloud689):
    service.store.add("Drafts/deep", b"x")
    file = service.store.add("list.csv", b"a" * 155)
    provider = service.provider()
    entries = await listing(provider, service.top())
    assert set(entries) == {"Drafts", "list.csv"}
    assert entries["Drafts"].id == service.id(service.store.at("Drafts"))
    csv = entries["list.csv"]
    assert (csv.id, csv.parent_id) == (service.id(file), service.top())
    assert (csv.size, csv.mime, csv.kind) == (155, "text/plain", Kind.FILE)
    assert (csv.modified_ns, csv.extra) == (file.at * SECOND, {})
    (inner,) = (await listing(provider, entries["Drafts"].id)).values()
    assert inner.parent_id == entries["Drafts"].id
    browses = [call.fields for call in service.of("project/f/browse")]
    assert all(set(fields) <= {"auth_token", "project_id", "folder_id"} for fields in browses)
    assert "folder_id" not in browses[0]


async def test_a_listing_and_a_look_at_a_file_agree_although_their_zones_differ(
    service: FakeCloud689,
):
    service.store.add("folder/file", b"text")
    provider = service.provider()
    folder = service.id(service.store.at("folder"))
    (listed,) = (await listing(provider, folder)).values()
    told = await provider.stat(listed.id)
    assert (told.version, told.modified_ns) == (listed.version, listed.modified_ns)
    assert (told.name, told.size, told.parent_id) == ("file", 4, folder)


async def test_times_of_listings_may_be_utc(service: FakeCloud689):
    service.store.hours = 0  # as the service writes
    service.hours = 9  # as the user's zone is told
    file = service.store.add("file", b"text")
    provider = service.provider(browse_times="utc")
    (listed,) = (await listing(provider, service.top())).values()
    assert listed.modified_ns == file.at * SECOND


async def test_the_wrong_zone_does_not_make_another_version(service: FakeCloud689):
    """Two times that differ by the zone are one time (reference 1.3)."""
    service.store.add("file", b"text")
    provider = service.provider(browse_times="utc")
    (listed,) = (await listing(provider, service.top())).values()
    told = await provider.stat(listed.id)
    assert told.modified_ns != listed.modified_ns
    assert told.version == listed.version


async def test_folders_have_the_time_of_their_project(service: FakeCloud689):
    service.store.add("folder")
    provider = service.provider()
    (folder,) = (await listing(provider, service.top())).values()
    assert folder.modified_ns == service.project.at * SECOND >= BEGIN * SECOND


async def test_a_folder_is_looked_for_where_it_was_seen(service: FakeCloud689):
    service.store.add("a/b/c")
    provider = service.provider()
    b = (await listing(provider, service.id(service.store.at("a"))))["b"]
    service.calls.clear()
    assert (await provider.stat(b.id)).parent_id == service.id(service.store.at("a"))
    assert service.asked() == ["project/f/browse"]


async def test_a_folder_never_seen_is_found_by_a_file_in_it(service: FakeCloud689):
    service.store.add("a/b/file", b"x")
    provider = service.provider()
    b = await service.entry(provider, "a/b")
    assert (b.name, b.parent_id) == ("b", service.id(service.store.at("a")))
    assert len(service.of("project/f/info")) == 1


async def test_a_folder_never_seen_is_searched_in_its_project(service: FakeCloud689):
    service.store.add("x/y")
    service.store.add("a/b/c")
    provider = service.provider()
    c = await service.entry(provider, "a/b/c")
    assert (c.name, c.parent_id) == ("c", service.id(service.store.at("a/b")))


async def test_a_folder_that_was_moved_is_found_where_it_is_now(service: FakeCloud689):
    service.store.add("a/folder/file", b"x")
    service.store.add("b")
    provider = service.provider()
    folder = service.store.at("a/folder")
    await listing(provider, service.id(service.store.at("a")))
    folder.parent = service.store.at("b").id
    assert (await provider.stat(service.id(folder))).parent_id == service.id(service.store.at("b"))


async def test_a_folder_that_is_nowhere_is_not_called_gone(service: FakeCloud689):
    """It answers to its id, so it exists: unknown is not absent."""
    folder = service.store.add("folder")
    provider = service.provider()
    empty = {"result": {"file_info": []}, "status_code": 200}
    for _ in range(2):
        service.fail("project/f/browse", httpx.Response(200, json=empty))
    with pytest.raises(Unavailable):
        await provider.stat(service.id(folder))


async def test_what_is_gone_is_not_found(service: FakeCloud689):
    folder, file = service.store.add("folder"), service.store.add("file", b"x")
    provider = service.provider()
    for node in (folder, file):
        service.store.delete(node)
        with pytest.raises(NotFound):
            await provider.stat(service.id(node))
    with pytest.raises(NotFound):
        await listing(provider, service.id(folder))
    with pytest.raises(NotFound):
        await provider.find(service.id(folder), "x")
    with pytest.raises(NotFound):
        await listing(provider, EntryId("beef:p"))


@pytest.mark.parametrize("id_", ["", "root2", ":p", "a:f:", ":d:b", "a:x:b", "a:f:b:c", "abc"])
async def test_an_id_that_is_none_is_not_found_without_a_request(service: FakeCloud689, id_: str):
    provider = service.provider()
    with pytest.raises(NotFound):
        await provider.stat(EntryId(id_))
    with pytest.raises(NotFound):
        await listing(provider, EntryId(id_))
    assert service.calls == []


async def test_a_file_cannot_be_listed(service: FakeCloud689):
    file = service.store.add("file", b"x")
    with pytest.raises(NotAFolder):
        await listing(service.provider(), service.id(file))
    assert service.calls == []


async def test_a_file_in_the_trash_is_gone_even_if_it_is_told(service: FakeCloud689):
    file = service.store.add("file", b"x")
    service.store.delete(file)
    told = {"file": service.store.file(file, ""), "path": []}
    service.fail("project/f/info", httpx.Response(200, json={"result": told, "status_code": 200}))
    with pytest.raises(NotFound):
        await service.provider().stat(service.id(file))


async def test_of_namesakes_the_reference_says_who_has_the_name(service: FakeCloud689):
    """Folders first, then the latest change, then the smaller id."""
    old, new, same = (service.store.add("name", text) for text in (b"old", b"new", b"same"))
    same.at = new.at
    provider = service.provider()
    assert (await provider.find(service.top(), "name")).id == service.id(
        min(new, same, key=lambda n: n.id)
    )
    service.store.delete(new)
    service.store.delete(same)
    assert (await provider.find(service.top(), "name")).id == service.id(old)
    folder = service.store.add("name")
    service.store.add("name", b"newer")
    assert (await provider.find(service.top(), "name")).id == service.id(folder)


async def test_all_namesakes_are_listed(service: FakeCloud689):
    ids = {service.id(service.store.add("name", b"x")) for _ in range(3)}
    (page,) = [page async for page in service.provider().list_folder(service.top())]
    assert {entry.id for entry in page.entries} == ids


HOSTILE = {
    "a/b": "a\u2215b",
    "new\nline": "new\ufffdline",
    "nul\0": "nul\ufffd",
    "\ud800": "\ufffd",
    "..": "..",
    "": "",
}


@pytest.mark.parametrize(("name", "shown"), HOSTILE.items())
async def test_a_name_that_can_be_none_here_is_shown_otherwise(
    service: FakeCloud689, name: str, shown: str
):
    node = service.store.add("x", b"text")
    node.name = name
    provider = service.provider()
    (entry,) = (await listing(provider, service.top())).values()
    assert entry.name == shown
    moved = await provider.move(entry, service.top(), "good")
    assert (moved.id, node.name) == (entry.id, "good")


async def test_one_bad_entry_does_not_hide_the_others(service: FakeCloud689):
    good = service.store.row(service.store.add("good", b"x"))
    bad = [None, 7, [], {}, {"id": "x"}, {**good, "id": ""}, {**good, "is_folder": "?"}]
    bad += [{**good, "id": "y", "file_size": -1}, {**good, "id": "z", "name": None}]
    answer = {"result": {"file_info": [*bad, good, good]}, "status_code": 200}
    provider = service.provider()
    service.fail("project/f/browse", httpx.Response(200, content=json.dumps(answer)))
    assert set(await listing(provider, service.top())) == {"good"}


async def test_a_listing_of_nothing_but_nonsense_is_no_empty_folder(service: FakeCloud689):
    answer = {"result": {"file_info": [None]}, "status_code": 200}
    provider = service.provider()
    service.fail("project/f/browse", httpx.Response(200, json=answer))
    with pytest.raises(BadReply):
        await listing(provider, service.top())


async def test_who_is_not_a_member_is_denied(service: FakeCloud689):
    refusal = Refusal(404, "User not found in the project", "USER_NOT_FOUND_IN_PROJECT")
    provider = service.provider()
    service.fail("project/f/browse", refusal)
    with pytest.raises(AccessDenied):
        await listing(provider, service.top())


async def test_who_may_only_look_is_told_so(service: FakeCloud689):
    service.project.role = 4
    service.store.add("file", b"x")
    provider = service.provider()
    (entry,) = (await listing(provider, service.top())).values()
    assert not entry.writable


async def test_an_id_may_hold_anything_but_a_comma(service: FakeCloud689):
    node = service.store.add("x", b"text")
    del service.store.nodes[node.id]
    node.id = "team: a/b%?"
    service.store.nodes[node.id] = node
    provider = service.provider()
    (entry,) = (await listing(provider, service.top())).values()
    assert (await provider.stat(entry.id)).name == "x"
    assert service.of("project/f/info")[0].fields["f_id"] == node.id


async def test_the_space_is_what_the_settings_say(service: FakeCloud689):
    provider: Cloud689Provider = service.provider(capacity=1000)
    quota = await provider.quota()
    assert (quota.total, quota.free) == (1000, 1000)
    assert service.calls == []
