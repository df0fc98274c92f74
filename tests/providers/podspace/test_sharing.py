"""Shares with people and public links (reference 3.17)."""

from contextlib import suppress
from typing import Any

import httpx
import pytest

from cloudfs.errors import (
    AccessDenied,
    AlreadyExists,
    InvalidRequest,
    NotFound,
    NotPermitted,
    TransientError,
    Unsupported,
)
from cloudfs.model import Entry, EntryId
from cloudfs.providers.podspace import PodspaceProvider
from tests.providers.podspace.service import FakePodspace
from tests.providers.podspace.store import Node

DAY_NS = 1_893_456_000 * 10**9  # 2030-01-01


async def opened(service: FakePodspace, path: str = "/f") -> tuple[PodspaceProvider, Entry]:
    service.add_folder("/d")
    service.add_file("/f", b"x")
    service.add_file("/d/f", b"x")
    provider = service.provider()
    await provider.open()
    entry = await provider.stat(EntryId(service.at(path).hash))
    service.calls.clear()
    return provider, entry


async def test_a_link_for_ever_ends_in_fifty_years(service: FakePodspace):
    provider, entry = await opened(service)
    share = await provider.sharing.create(entry)
    assert share.url == f"https://podspace.ir/file/{entry.id}?shareHash={share.id}"
    assert not share.members
    assert not share.password
    assert not share.edit
    (call,) = service.of("share.create_public")
    assert int(call.query["expiration"][:4]) > 2070
    assert await provider.sharing.shares(entry) == [share]


async def test_a_link_to_a_folder_names_it_so(service: FakePodspace):
    provider, entry = await opened(service, "/d")
    share = await provider.sharing.create(entry, expires_ns=DAY_NS)
    assert share.url == f"https://podspace.ir/folder/{entry.id}?shareHash={share.id}"
    assert share.expires_ns == DAY_NS


async def test_a_link_may_have_a_password(service: FakePodspace):
    provider, entry = await opened(service)
    share = await provider.sharing.create(entry, password="Secret#12")
    assert share.password
    assert service.shares[share.id]["password"] == "Secret#12"


async def test_a_link_without_its_password_does_not_stay(service: FakePodspace):
    provider, entry = await opened(service)
    service.fail("share.password", httpx.Response(400, json={"errorCode": 101}))
    with pytest.raises(InvalidRequest):
        await provider.sharing.create(entry, password="secret")
    assert service.shares == {}


async def test_what_is_public_already_is_not_shared_anew(service: FakePodspace):
    provider, entry = await opened(service)
    share = await provider.sharing.create(entry)
    assert await provider.sharing.create(entry) == share
    with pytest.raises(AlreadyExists):
        await provider.sharing.create(entry, expires_ns=DAY_NS)
    protected = await provider.sharing.create(entry, password="later")
    assert protected.password
    with pytest.raises(AlreadyExists):
        await provider.sharing.create(entry)
    assert len(service.shares) == 1


@pytest.mark.parametrize("fault", ["break", "down", "fail", "lose"])
@pytest.mark.parametrize("at", range(4))
async def test_a_link_with_password_cut_short_anywhere_can_be_repeated(
    service: FakePodspace, at: int, fault: str, autojump_clock: object
):
    provider, entry = await opened(service)
    service.disturbed_by(lambda number: fault if number == at else "pass")
    with suppress(TransientError):
        await provider.sharing.create(entry, password="secret", expires_ns=DAY_NS)
    assert all(share["hasPassword"] for share in service.shares.values())
    service.disturb = None
    share = await provider.sharing.create(entry, password="secret", expires_ns=DAY_NS)
    assert list(service.shares) == [share.id]
    assert service.shares[share.id]["password"] == "secret"


async def test_people_are_named_and_may_be_let_edit(service: FakePodspace):
    provider, entry = await opened(service, "/d")
    share = await provider.sharing.create(
        entry, members=["ali", "09120000001"], edit=True, expires_ns=DAY_NS
    )
    assert share.members == ("ali", "09120000001")
    assert (share.edit, share.expires_ns, share.url) == (True, DAY_NS, None)
    assert len(service.shares) == 2
    listed = await provider.sharing.shares(entry)
    assert [s.members for s in listed] == [("ali",), ("09120000001",)]
    await provider.sharing.remove(share)
    assert service.shares == {}
    await provider.sharing.remove(share)


async def test_a_share_may_last_as_long_as_the_service_likes(service: FakePodspace):
    provider, entry = await opened(service)
    share = await provider.sharing.create(entry, members=["ali"])
    (call,) = service.of("share.create_private")
    assert "expiration" not in call.query
    assert share.expires_ns is None


@pytest.mark.parametrize(
    ("wish", "refusal"),
    [
        ({"members": ["ali"], "password": "x"}, Unsupported),
        ({"edit": True}, Unsupported),
        ({"password": ""}, InvalidRequest),
        ({"password": "x" * 65}, InvalidRequest),
        ({"members": ["ali,reza"]}, InvalidRequest),
        ({"members": [" "]}, InvalidRequest),
        ({"expires_ns": 10**30}, InvalidRequest),
    ],
)
async def test_a_wish_that_cannot_be_fulfilled_is_refused_before_anything_is_shared(
    service: FakePodspace, wish: dict[str, Any], refusal: type[Exception]
):
    provider, entry = await opened(service)
    with pytest.raises(refusal):
        await provider.sharing.create(entry, **wish)
    assert service.calls == []


async def test_the_root_is_not_shared(service: FakePodspace):
    provider = service.provider()
    with pytest.raises(NotPermitted):
        await provider.sharing.create(await provider.root())


async def test_shares_of_a_folder_above_are_told_as_its_own(service: FakePodspace):
    provider, folder = await opened(service, "/d")
    entry = await provider.stat(EntryId(service.at("/d/f").hash))
    share = await provider.sharing.create(folder)
    (inherited,) = await provider.sharing.shares(entry)
    assert (inherited.id, inherited.entry_id, inherited.name) == (share.id, folder.id, "d")
    assert inherited.url == share.url
    own = await provider.sharing.create(entry)
    assert own.id != share.id


async def test_all_shares_are_not_told_at_once(service: FakePodspace):
    with pytest.raises(Unsupported):
        await service.provider().sharing.shares()


async def test_a_single_share_may_come_without_an_array(service: FakePodspace):
    provider, entry = await opened(service)
    node = service.at("/f")
    one = {"hash": "S1", "type": "PUBLIC", "level": "VIEW", "entity": service.entity(node)}
    service.fail("share.create_public", httpx.Response(200, json={"result": one}))
    assert (await provider.sharing.create(entry)).id == "S1"


async def test_a_share_that_is_not_told_of_is_looked_up(service: FakePodspace):
    provider, entry = await opened(service)
    service.fail("share.create_public", httpx.Response(200, json={"status": 200}))
    with pytest.raises(NotFound):
        await provider.sharing.create(entry)


def elsewhere(service: FakePodspace, name: str) -> Node:
    """A folder in somebody else's tree."""
    node = service.add_folder(f"/{name}")
    node.parent = "SOMEBODYSROOT"
    return node


async def test_what_others_share_can_be_entered_and_only_edited_if_they_let(
    service: FakePodspace,
):
    provider, _ = await opened(service)
    viewed, edited = elsewhere(service, "v"), elsewhere(service, "e")
    service.add_file("inner", b"x", viewed.hash)
    service.add_file("inner", b"x", edited.hash)
    service.with_me = [
        {"hash": "S1", "type": "PRIVATE", "level": "VIEW", "entity": viewed},
        {"hash": "S2", "type": "PRIVATE", "level": "VIEW", "entity": edited},
        {"hash": "S3", "type": "PRIVATE", "level": "EDIT", "entity": edited},
        {"hash": "S4", "type": "PRIVATE", "level": "EDIT"},
    ]
    entries = {entry.name: entry for entry in await provider.sharing.shared_with_me()}
    assert set(entries) == {"v", "e"}
    assert not entries["v"].writable
    assert entries["e"].writable
    for name, entry in entries.items():
        (page,) = [page async for page in provider.list_folder(entry.id)]
        assert [inner.writable for inner in page.entries] == [name == "e"]
        assert (await provider.stat(page.entries[0].id)).writable is (name == "e")


async def test_what_is_shared_may_be_told_in_short(service: FakePodspace):
    """The example of a share tells no more of its entity than hash, name and type."""
    provider, _ = await opened(service)
    folder, file = service.add_folder("/short folder"), service.add_file("/short.txt", b"text")
    gone = service.entity(service.add_file("/gone", b"x"))
    del service.nodes[gone["hash"]]
    told = [
        {name: row[name] for name in ("hash", "name", "extension", "type")}
        for row in (service.entity(folder), service.entity(file), gone)
    ]
    service.with_me = [
        {"hash": f"S{number}", "type": "PRIVATE", "level": "VIEW", "entity": row}
        for number, row in enumerate(told)
    ]
    entries = {entry.name: entry for entry in await provider.sharing.shared_with_me()}
    assert set(entries) == {"short folder", "short.txt"}
    assert entries["short.txt"].size == 4
    assert not entries["short.txt"].writable
    assert entries["short folder"].is_folder


async def test_a_share_that_may_not_be_made_is_denied(service: FakePodspace):
    provider, entry = await opened(service)
    service.fail("share.create_public", httpx.Response(403, json={"errorCode": 4}))
    with pytest.raises(AccessDenied):
        await provider.sharing.create(entry)
