"""Reference 3.19: links."""

import html
import re

import pytest

from cloudfs.emulators.clock import Clock
from tests.emulators.cloud689.client import Client, refusal, result

NO_LINK, EXPIRED = (404, "Link not found"), (410, "link is expired")
DAY = 86400.0


async def link(api: Client, **params: object) -> str:
    return str((await api.ok("link/create", **params))["link_id"])


async def test_a_link_is_told(api: Client, visitor: Client):
    folder = await api.folder("d")
    made = await api.ok(
        "link/create", type_share=2, folder_id=folder, password="p", expiry_date="2024/01/31"
    )
    id_ = made["link_id"]
    assert list(made.items()) == [("link", f"view-link/{id_}"), ("link_id", id_)]
    assert re.fullmatch(r"[0-9a-f]{32}", id_)
    found = await visitor.ok("link/get", link_id=id_)
    assert list(found.items()) == [
        ("link_id", id_),
        ("link_url", found["link_url"]),
        ("project_id", api.project),
        ("folder_id", folder),
        ("file_id", None),
        ("emails", None),
        ("password", "p"),
        ("create_date", "2023/11/14 22:13:20"),
        ("expiry_date", "2024/01/31 23:59:59"),
        ("is_public", 1),
        ("status", 1),
        ("linktype", 2),
    ]
    assert found["link_url"].endswith(f"/view-link/{id_}")


async def test_there_are_links_to_projects_folders_and_files(api: Client, visitor: Client):
    folder, file = await api.folder("d"), await api.file("f")
    inside = await api.file("g", folder=folder)
    for type_, params, told, names in (
        (1, {}, (None, None), ["d", "f"]),
        (2, {"folder_id": folder}, (folder, None), ["g"]),
        (3, {"file_id": file}, (None, file), ["f"]),
        (3, {"file_id": inside, "is_public": 1}, (None, inside), ["g"]),
    ):
        id_ = await link(api, type_share=type_, **params)
        found = await visitor.ok("link/get", link_id=id_)
        assert (found["folder_id"], found["file_id"]) == told
        assert (found["linktype"], found["expiry_date"]) == (type_, None)
        response = await visitor.post("link/browse", link_id=id_)
        assert [entry["name"] for entry in result(response)] == names
        assert response.json()["total_records"] == len(names)


async def test_a_link_shows_entries_as_listings_do(api: Client, visitor: Client):
    await api.file("f", b"x")
    id_ = await link(api, type_share=1)
    assert await visitor.ok("link/browse", link_id=id_) == await api.ls()


async def test_a_link_leads_down_but_not_out(api: Client, visitor: Client):
    shared, other = await api.folder("shared"), await api.folder("other")
    below = await api.folder("below", shared)
    await api.file("f", folder=below)
    id_ = await link(api, type_share=2, folder_id=shared)
    (entry,) = await visitor.ok("link/browse", link_id=id_)
    assert entry["id"] == below
    for child in (shared, below):
        found = await visitor.ok("link/browse", link_id=id_, child_folder_id=child)
        assert [entry["name"] for entry in found] == [{shared: "below", below: "f"}[child]]
    for child in (other, "0" * 32, await api.file("g")):
        refused = await visitor.refused("link/browse", link_id=id_, child_folder_id=child)
        assert refused == (404, "Folder not found")
    of_file = await link(api, type_share=3, file_id=await api.file("h"))
    refused = await visitor.refused("link/browse", link_id=of_file, child_folder_id=shared)
    assert refused == (404, "Folder not found")


async def test_a_link_must_be_to_something(api: Client):
    folder, file = await api.folder("d"), await api.file("f")
    for params, expected in (
        ({"type_share": 2, "folder_id": file}, (404, "Folder not found")),
        ({"type_share": 3, "file_id": folder}, (404, "File not found")),
        ({"type_share": 1, "project_id": "0" * 32}, (404, "Project not found")),
    ):
        assert await api.refused("link/create", **params) == expected


async def test_a_link_ends_with_its_day(api: Client, visitor: Client, clock: Clock):
    id_ = await link(api, type_share=1, expiry_date="2023/11/15")
    clock.advance(DAY)
    await visitor.ok("link/get", link_id=id_)
    clock.advance(2 * 3600)
    for call in ("link/get", "link/browse"):
        assert await visitor.refused(call, link_id=id_) == EXPIRED
    assert await api.refused("link/share", link_id=id_, emails="a@b") == EXPIRED
    await api.done("link/remove", link_id=id_)
    assert await visitor.refused("link/get", link_id=id_) == NO_LINK


async def test_a_link_may_end_at_a_time(api: Client, visitor: Client, clock: Clock):
    id_ = await link(api, type_share=1, expiry_date="2023/11/14 22:14:00")
    assert (await api.ok("link/get", link_id=id_))["expiry_date"] == "2023/11/14 22:14:00"
    clock.advance(40)
    await visitor.ok("link/get", link_id=id_)
    clock.advance(1)
    assert await visitor.refused("link/get", link_id=id_) == EXPIRED


async def test_a_link_is_removed_once(api: Client, visitor: Client):
    id_ = await link(api, type_share=1)
    await api.done("link/remove", link_id=id_)
    for client, call in ((visitor, "link/get"), (visitor, "link/browse"), (api, "link/remove")):
        assert await client.refused(call, link_id=id_) == NO_LINK


async def test_a_link_follows_its_target(api: Client, visitor: Client):
    folder, file = await api.folder("d"), await api.file("f", b"x")
    id_ = await link(api, type_share=3, file_id=file)
    await api.ok("project/f/edit", file_id=file, name="g")
    await api.done("project/f/move", file_id=file, new_parent_folder_id=folder)
    (entry,) = await visitor.ok("link/browse", link_id=id_)
    assert (entry["name"], entry["parent_folder_id"]) == ("g", folder)
    await api.done("project/f/delete", folder_id=folder)
    assert await visitor.refused("link/get", link_id=id_) == NO_LINK
    await api.done("project/f/restore", folder_ids=folder)
    assert (await visitor.ok("link/get", link_id=id_))["file_id"] == file
    await api.done("project/f/delete", file_id=file)
    await api.done("project/f/deleteforever", file_ids=file)
    assert await visitor.refused("link/get", link_id=id_) == NO_LINK


async def test_a_link_of_a_project_goes_with_it(api: Client, visitor: Client):
    id_ = await link(api, type_share=1)
    await api.done("project/delete")
    assert await visitor.refused("link/get", link_id=id_) == NO_LINK


async def test_a_link_may_be_for_members_only(
    api: Client, colleague: Client, visitor: Client, emulator
):
    await api.file("f")
    id_ = await link(api, type_share=1, is_public=0)
    assert (await visitor.ok("link/get", link_id=id_))["is_public"] == 0
    assert await visitor.refused("link/browse", link_id=id_) == (401, "Invalid access token")
    assert len(await colleague.ok("link/browse", link_id=id_)) == 1


async def test_a_link_is_sent_to_people(api: Client):
    id_ = await link(api, type_share=1)
    await api.done("link/share", link_id=id_, emails="a@example.com,b@example.com", message="hi")
    await api.done("link/share", link_id=id_, emails="a@example.com,c@example.com")
    found = await api.ok("link/get", link_id=id_)
    assert found["emails"] == "a@example.com,b@example.com,c@example.com"


async def test_links_are_events(api: Client):
    file = await api.file("f")
    id_ = await link(api, type_share=3, file_id=file)
    await api.done("link/share", link_id=id_, emails="a@example.com")
    await api.done("link/remove", link_id=id_)
    shared, created = (await api.history())[:2]
    assert [(e["category"], e["history_type"]) for e in (created, shared)] == [(4, 408), (4, 410)]
    for event in (created, shared):
        assert event["data"]["link"] == f"view-link/{id_}"
        assert event["data"]["shared_object"]["file_id"] == file


async def test_a_page_shows_what_a_link_is_to(api: Client, visitor: Client, running):
    folder = await api.folder("d <&>")
    file = await api.file("a&b", b"content", folder)
    made = await api.ok("link/create", type_share=1)
    site = running.api_url.removesuffix("/api")
    page = await visitor.http.get(f"{site}/{made['link']}")
    assert page.headers["content-type"].startswith("text/html")
    assert "d &lt;&amp;&gt;" in page.text
    inner = await visitor.http.get(f"{site}/{made['link']}", params={"folder": folder})
    assert html.unescape("a&amp;b") in html.unescape(inner.text)
    fields = dict(re.findall(r'name="(\w+)" value="(\w+)"', inner.text))
    assert fields["file_id"] == file
    action = re.search(r'action="([^"]+)"', inner.text)
    assert action
    downloaded = await visitor.http.post(f"{site}{action[1]}", data=fields)
    assert downloaded.content == b"content"


@pytest.mark.parametrize("params", [{"is_public": 0}, {"expiry_date": "2020/01/01"}])
async def test_a_page_is_not_shown_to_all(api: Client, visitor: Client, running, params):
    id_ = await link(api, type_share=1, **params)
    site = running.api_url.removesuffix("/api")
    assert (await visitor.http.get(f"{site}/view-link/{id_}")).status_code == 404
    assert (await visitor.http.get(f"{site}/view-link/none")).status_code == 404


async def test_a_page_asks_for_the_password(api: Client, visitor: Client, running):
    await api.file("secret")
    id_ = await link(api, type_share=1, password="p&q")
    url = f"{running.api_url.removesuffix('/api')}/view-link/{id_}"
    for params in ({}, {"password": "x"}):
        page = await visitor.http.get(url, params=params)
        assert "secret" not in page.text
        assert 'type="password"' in page.text
    assert "secret" in (await visitor.http.get(url, params={"password": "p&q"})).text


async def test_sharing_is_for_those_who_may(api: Client, visitor: Client):
    id_ = await link(api, type_share=1)
    for call in ("link/remove", "link/share"):
        response = await visitor.post(call, link_id=id_, emails="a@b")
        assert refusal(response) == (401, "Invalid access token")
