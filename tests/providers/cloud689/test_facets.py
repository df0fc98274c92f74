"""Links, search, licences, details and fetching (reference 3.8, 3.13, 3.17, 3.19, 6)."""

import json

import httpx
import pytest
import trio

from cloudfs.errors import (
    AccessDenied,
    AlreadyExists,
    CloudError,
    InvalidRequest,
    IsAFolder,
    NotPermitted,
    TimedOut,
    TransientError,
    Unsupported,
)
from cloudfs.model import Entry, EntryId, Found, Share
from cloudfs.providers.cloud689 import Cloud689Provider, Terms
from cloudfs.providers.cloud689.refusals import EncodingFailed, LinkOver
from tests.providers.cloud689.service import HOST, FakeCloud689
from tests.providers.cloud689.store import Refusal, forbidden

Clock = trio.testing.MockClock
ROOT = EntryId("root")
OVER = Refusal(410, "link is expired", "LINK_EXPIRED")


@pytest.fixture
def provider(service: FakeCloud689) -> Cloud689Provider:
    service.store.add("folder/file", b"text")
    return service.provider()


async def entries(service: FakeCloud689, provider: Cloud689Provider) -> dict[str, Entry]:
    return {
        "project": await provider.stat(service.top()),
        "folder": await service.entry(provider, "folder"),
        "file": await service.entry(provider, "folder/file"),
    }


# Links ------------------------------------------------------------------------------------


@pytest.mark.parametrize(("what", "kind"), [("project", "1"), ("folder", "2"), ("file", "3")])
async def test_a_link_is_made(service, provider, what: str, kind: str):
    entry = (await entries(service, provider))[what]
    share = await provider.sharing.create(entry)
    assert share.url == f"{HOST}/view-link/{share.id}"
    assert (share.entry_id, share.name) == (entry.id, entry.name)
    assert not share.password
    fields = service.of("link/create")[0].fields
    assert (fields["type_share"], fields["is_public"]) == (kind, "1")
    assert ("folder_id" in fields, "file_id" in fields) == (what == "folder", what == "file")
    assert "password" not in fields
    (found,) = await provider.sharing.shares(entry)
    assert (found.id, found.entry_id, found.url) == (share.id, entry.id, share.url)


async def test_a_link_may_have_a_password_and_an_end(service, provider):
    file = (await entries(service, provider))["file"]
    ends = 1_893_555_000 * 10**9  # 2030-01-02 03:30 UTC, when it is the day before at -5 h
    share = await provider.sharing.create(file, password="secret", expires_ns=ends)
    assert (share.password, share.expires_ns) == (True, ends)
    fields = service.of("link/create")[0].fields
    assert (fields["password"], fields["expiry_date"]) == ("secret", "2030/01/01")
    (found,) = await provider.sharing.shares(file)
    assert found.password
    assert found.expires_ns is not None
    assert abs(found.expires_ns - ends) < 24 * 3600 * 10**9


async def test_a_password_is_never_told_or_logged(service, provider, caplog):
    """The service gives it away to everybody (reference 3.19); we do not."""
    file = (await entries(service, provider))["file"]
    share = await provider.sharing.create(file, password="hush-hush")
    told = repr([share, *await provider.sharing.shares()])
    assert "hush-hush" not in told + caplog.text


async def test_wishes_that_cannot_be_fulfilled_are_refused_before_anything(service, provider):
    file = (await entries(service, provider))["file"]
    sharing = provider.sharing
    with pytest.raises(Unsupported):
        await sharing.create(file, edit=True)
    with pytest.raises(Unsupported):
        await sharing.create(file, members=["bob@example.com"])
    with pytest.raises(InvalidRequest):
        await sharing.create(file, password="")
    with pytest.raises(InvalidRequest):
        await sharing.create(file, expires_ns=10**30)
    with pytest.raises(NotPermitted):
        await sharing.create(await provider.root())
    assert service.of("link/create") == []
    assert (sharing.passwords, sharing.expiry, sharing.editing, sharing.members) == (
        True,
        True,
        False,
        False,
    )


async def test_all_links_are_told(service, provider):
    other = service.store.add_project("Other")
    found = await entries(service, provider)
    made = {(await provider.sharing.create(entry)).id for entry in found.values()}
    made.add((await provider.sharing.create(await provider.stat(service.top(other)))).id)
    assert {share.id for share in await provider.sharing.shares()} == made
    assert len(await provider.sharing.shares(found["file"])) == 1


async def test_links_that_ended_are_not_told(service, provider):
    file = (await entries(service, provider))["file"]
    for _ in range(3):
        last = await provider.sharing.create(file)
    await provider.sharing.remove(last)
    await provider.sharing.remove(last)
    service.skip("link/get")
    service.fail("link/get", OVER)
    assert len(await provider.sharing.shares(file)) == 1


async def test_a_link_whose_time_is_over_may_be_removed(service, provider):
    service.fail("link/remove", OVER)
    await provider.sharing.remove(Share(id="1"))
    service.fail("link/remove", forbidden())
    with pytest.raises(AccessDenied):
        await provider.sharing.remove(Share(id="1"))
    assert issubclass(LinkOver, CloudError)


async def test_without_a_history_no_links_are_known(service, provider):
    file = (await entries(service, provider))["file"]
    await provider.sharing.create(file)
    service.history_allowed = False
    assert await provider.sharing.shares(file) == []


async def test_looking_at_a_link_sends_no_token(service, provider):
    file = (await entries(service, provider))["file"]
    await provider.sharing.create(file)
    await provider.sharing.shares(file)
    assert [set(call.fields) for call in service.of("link/get")] == [{"link_id"}]


@pytest.mark.parametrize("fault", ["lose_answer", "break_before"])
@pytest.mark.parametrize("password", [None, "secret"])
async def test_a_lost_answer_is_looked_behind(service, provider, fault, password):
    """A link with a password is not taken for ours: its password is not known."""
    file = (await entries(service, provider))["file"]
    getattr(service, fault)("link/create")
    if fault == "lose_answer" and password is None:
        share = await provider.sharing.create(file)
        assert share.id in service.links
    else:
        with pytest.raises(TransientError):
            await provider.sharing.create(file, password=password)


async def test_the_site_may_be_elsewhere(service: FakeCloud689):
    service.store.add("file", b"x")
    provider = service.provider(site_root="https://www.cloud.test/")
    share = await provider.sharing.create(await service.entry(provider, "file"))
    assert share.url == f"https://www.cloud.test/view-link/{share.id}"


# Search -----------------------------------------------------------------------------------


async def found_by(provider: Cloud689Provider, query: str) -> dict[str, Found]:
    pages = [page async for page in provider.search.find(query)]
    return {found.entry.id: found for page in pages for found in page}


async def test_names_in_all_projects_are_searched(service, provider):
    other = service.store.add_project("Profile")
    service.store.add("my file", b"y", project=other)
    service.store.delete(service.store.add("file in the trash", b"z"))
    found = await found_by(provider, "FILE")
    assert {one.entry.name for one in found.values()} == {"Profile", "file", "my file"}
    file = found[service.id(service.store.at("folder/file"))]
    assert file.entry.parent_id == service.id(service.store.at("folder"))
    assert {one.path for one in found.values()} == {"/Profile", "/Profile/my file", None}
    fields = service.of("project/f/browse")[-1].fields
    assert (fields["search_key"], fields["search_global"]) == ("FILE", "true")
    await provider.find(service.top(), "folder")
    assert (await found_by(provider, "file"))[file.entry.id].path == "/Plans/folder/file"


async def test_a_project_that_may_not_be_searched_does_not_hide_the_others(service, provider):
    service.store.add("file at the top", b"x", project=service.store.add_project("Other"))
    service.fail("project/f/browse", forbidden())
    found = await found_by(provider, "file")
    assert [one.entry.name for one in found.values()] == ["file at the top"]


async def test_a_search_needs_something(provider):
    with pytest.raises(InvalidRequest):
        await found_by(provider, "  ")


# Licences ---------------------------------------------------------------------------------


async def test_a_file_is_protected(service, provider, autojump_clock: Clock):
    file = (await entries(service, provider))["file"]
    assert await provider.details.get(file, "drm.state") == "none"
    terms = Terms(label="secret", printable=2, expiry_date="2030/01/02", local_copy=0)
    began = trio.current_time()
    await provider.licences.protect(file, terms)
    assert trio.current_time() - began == pytest.approx(2 + 4)
    (call,) = service.of("encode/start/license")
    assert call.fields == {
        "auth_token": "5e8c1",
        "file_ids": service.store.at("folder/file").id,
        "project_id": service.project.id,
        "label": "secret",
        "printable": "2",
        "expiry_date": "2030/01/02",
        "local_copy": "0",
    }
    assert await provider.details.get(file, "drm.state") == "done"
    told = {name: await provider.details.get(file, name) for name in provider.details.names}
    assert told == {
        "drm.state": "done",
        "drm.label": "secret",
        "drm.printable": "2",
        "drm.editable": None,
        "drm.expiry": "2030/01/02",
        "drm.local_copies": "0",
        "link": None,
        "members": None,
        "comments": None,
    }


async def test_a_protection_that_fails_is_told(service, provider, autojump_clock: Clock):
    file = (await entries(service, provider))["file"]
    service.before["encode/status"] = lambda: service.encodings.update(
        {service.store.at("folder/file").id: [1, 4]}
    )
    with pytest.raises(EncodingFailed):
        await provider.licences.protect(file, Terms())
    service.fail("encode/start/license", Refusal(300, "Error encoding file", "ERR_ENCODE"))
    with pytest.raises(EncodingFailed):
        await provider.licences.protect(file, Terms())


async def test_a_protection_that_takes_too_long_is_left(service, autojump_clock: Clock):
    service.store.add("file", b"x")
    provider = service.provider(encode_timeout=100.0)
    file = await service.entry(provider, "file")
    service.before["encode/status"] = lambda: service.encodings.update(
        {service.store.at("file").id: [2]}
    )
    with pytest.raises(TimedOut):
        await provider.licences.protect(file, Terms())
    assert 5 <= len(service.of("encode/status")) <= 8


@pytest.mark.parametrize("fault", ["lose_answer", "break_before"])
async def test_a_lost_beginning_is_looked_behind(service, provider, fault, autojump_clock: Clock):
    file = (await entries(service, provider))["file"]
    getattr(service, fault)("encode/start/license")
    if fault == "lose_answer":
        await provider.licences.protect(file, Terms())
    else:
        with pytest.raises(TransientError):
            await provider.licences.protect(file, Terms())
    assert len(service.of("encode/start/license")) == 1


async def test_a_licence_is_changed_and_taken_away(service, provider, autojump_clock: Clock):
    file = (await entries(service, provider))["file"]
    await provider.licences.protect(file, Terms(printable=1))
    await provider.licences.update(file, Terms(printable=5))
    assert await provider.details.get(file, "drm.printable") == "5"
    await provider.licences.withdraw(file)
    assert service.of("license/update")[-1].fields["delete"] == "true"
    assert await provider.details.get(file, "drm.printable") is None


async def test_folders_have_no_licence(service, provider):
    folder = (await entries(service, provider))["folder"]
    for name in ("drm.state", "drm.label"):
        assert await provider.details.get(folder, name) is None
    with pytest.raises(IsAFolder):
        await provider.licences.protect(folder, Terms())
    assert service.of("license/info") == []


async def test_a_licence_that_may_not_be_seen_is_none(service, provider):
    file = (await entries(service, provider))["file"]
    service.fail("license/info", forbidden())
    assert await provider.details.get(file, "drm.label") is None


# Details ----------------------------------------------------------------------------------


async def test_projects_tell_who_takes_part(service, provider):
    service.comments = [
        {"comment_id": "c1", "user_id": "77ab09", "text": "well done", "password_hash": "x"},
        {"comment_id": "c2"},
        7,
    ]
    project = (await entries(service, provider))["project"]
    members = json.loads(await provider.details.get(project, "members") or "")
    assert members == [{"user": "77ab09", "role": "owner"}]
    comments = json.loads(await provider.details.get(project, "comments") or "")
    assert comments == [{"id": "c1", "user": "77ab09", "text": "well done"}]


async def test_a_link_is_a_detail(service, provider):
    file = (await entries(service, provider))["file"]
    share = await provider.sharing.create(file)
    assert await provider.details.get(file, "link") == share.url


async def test_what_is_no_detail_costs_nothing(service, provider):
    found = await entries(service, provider)
    service.calls.clear()
    for name in ("nonsense", "drm.", "drm.nonsense", "members.x"):
        assert await provider.details.get(found["project"], name) is None
    root = await provider.root()
    for name in provider.details.names:
        assert await provider.details.get(root, name) is None
    assert service.calls == []


# Fetching ---------------------------------------------------------------------------------


async def test_the_service_fetches_only_if_that_is_wanted(service: FakeCloud689):
    assert service.provider().fetching is None
    provider = service.provider(upload_cloud=True)
    assert provider.fetching is not None
    url = "https://www.dropbox.com/s/x/a.pdf?dl=1"
    entry = await provider.fetching.fetch_url(url, service.top(), "a.pdf")
    assert (entry.name, entry.parent_id) == ("a.pdf", service.top())
    fields = service.of("upload/cloud")[0].fields
    del fields["auth_token"]
    assert fields == {
        "project_id": service.project.id,
        "file_name": "a.pdf",
        "content_url": url,
        "file_type": "application/pdf",
        "cloud_type": "1",
    }
    with pytest.raises(AlreadyExists):
        await provider.fetching.fetch_url(url, service.top(), "a.pdf")
    with pytest.raises(NotPermitted):
        await provider.fetching.fetch_url(url, ROOT, "b.pdf")


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        ("https://app.box.com/s/x", "2"),
        ("https://drive.google.com/file/x", "3"),
        ("https://dl.dropboxusercontent.com/x", "1"),
    ],
)
async def test_three_services_are_known(service: FakeCloud689, url: str, kind: str):
    provider = service.provider(upload_cloud=True)
    assert provider.fetching is not None
    await provider.fetching.fetch_url(url, service.top(), "x")
    assert service.of("upload/cloud")[0].fields["cloud_type"] == kind


@pytest.mark.parametrize(
    "url",
    ["https://example.com/", "ftp://dropbox.com/", "https://evildropbox.com/", "https://[", ""],
)
async def test_no_other_address_is_fetched(service: FakeCloud689, url: str):
    provider = service.provider(upload_cloud=True)
    assert provider.fetching is not None
    with pytest.raises((Unsupported, InvalidRequest)):
        await provider.fetching.fetch_url(url, service.top(), "x")
    assert service.calls == []


@pytest.mark.parametrize("fault", ["lose_answer", "break_before"])
async def test_a_lost_answer_of_fetching_is_looked_behind(service: FakeCloud689, fault: str):
    provider = service.provider(upload_cloud=True)
    assert provider.fetching is not None
    getattr(service, fault)("upload/cloud")
    url = "https://app.box.com/s/x"
    if fault == "lose_answer":
        assert (await provider.fetching.fetch_url(url, service.top(), "x")).name == "x"
    else:
        with pytest.raises(TransientError):
            await provider.fetching.fetch_url(url, service.top(), "x")


async def test_an_answer_without_a_link_is_no_link(service, provider):
    file = (await entries(service, provider))["file"]
    service.fail("link/create", httpx.Response(200, json={"result": {}, "status_code": 200}))
    with pytest.raises(CloudError):
        await provider.sharing.create(file)
