"""Public links and shared folders (reference 3.17, 3.18)."""

from typing import Any

import httpx
import pytest

from cloudfs.errors import (
    AccessDenied,
    AlreadyExists,
    BadReply,
    CloudError,
    InvalidRequest,
    NotFound,
    NotPermitted,
    TransientError,
    Unsupported,
)
from cloudfs.model import Entry, EntryId, Invitation, Share
from cloudfs.providers.cloudike import CloudikeProvider
from cloudfs.providers.cloudike.sharing import ShareKey
from tests.providers.cloudike.extras import FullCloudike

NOW = 1_700_000_000 * 10**9
DAY = 24 * 60 * 60
ANN, BOB = "email:ann@example.com", "msisdn:79201234567"
LINK = "links/create/"


async def opened(
    service: FullCloudike, *paths: str, **settings: Any
) -> tuple[CloudikeProvider, list[Entry]]:
    provider = service.provider(**settings)
    provider.sharing._clock = lambda: NOW
    for path in paths:
        if path.startswith("/d"):
            service.add_folder(path)
        else:
            service.add_file(path)
    entries = [await provider.stat(EntryId(path)) for path in paths]
    service.calls.clear()
    return provider, entries


# Links --------------------------------------------------------------------------------------


async def test_a_link_has_a_password_and_an_end(service: FullCloudike):
    provider, (file,) = await opened(service, "/f", public_link_base="https://c.example/")
    share = await provider.sharing.create(file, password="pw", expires_ns=NOW + DAY * 10**9)
    (call,) = service.of(LINK)
    assert call.params == {"path": "/f", "ttl": DAY, "password": "pw"}
    key = service.links["/f"]["public_hash"]
    assert share == Share(
        id="link:/f",
        entry_id=file.id,
        name="f",
        url=f"https://c.example/public/{key}/",
        password=True,
        expires_ns=NOW + DAY * 10**9,
    )


async def test_a_plain_link_says_no_more_than_what_it_leads_to(service: FullCloudike):
    provider, (folder,) = await opened(service, "/d")
    share = await provider.sharing.create(folder)
    assert service.of(LINK)[0].params == {"path": "/d"}
    assert share.url == service.links["/d"]["public_hash"]  # nothing is known to go before it


@pytest.mark.parametrize(
    ("wish", "error"),
    [
        ({"edit": True}, Unsupported),
        ({"expires_ns": NOW + 366 * DAY * 10**9}, Unsupported),
        ({"expires_ns": NOW}, InvalidRequest),
        ({"password": ""}, InvalidRequest),
        ({"members": ["ann@x"]}, Unsupported),  # of a file
        ({"members": ["ann@x"], "password": "x"}, Unsupported),
        ({"members": [" "]}, CloudError),
    ],
)
async def test_what_cannot_be_is_not_begun(
    service: FullCloudike, wish: dict[str, Any], error: type[CloudError]
):
    provider, (file,) = await opened(service, "/f")
    with pytest.raises(error):
        await provider.sharing.create(file, **wish)
    assert service.calls == []


async def test_the_root_is_not_shared(service: FullCloudike):
    provider, _ = await opened(service)
    with pytest.raises(NotPermitted):
        await provider.sharing.create(await provider.root())


async def test_a_link_that_is_there_is_not_given_other_terms(service: FullCloudike):
    provider, (file,) = await opened(service, "/f")
    first = await provider.sharing.create(file, expires_ns=NOW + DAY * 10**9)
    service.links["/f"]["expires"] = NOW // 10**6 + DAY * 1000 + 900
    assert (await provider.sharing.create(file, expires_ns=first.expires_ns)).url == first.url
    for wish in ({}, {"password": "x"}, {"expires_ns": NOW + 2 * DAY * 10**9}):
        with pytest.raises(AlreadyExists):
            await provider.sharing.create(file, **wish)
    assert len(service.of(LINK)) == 1


async def test_a_link_of_unknown_terms_is_not_taken_for_the_wanted_one(service: FullCloudike):
    provider, (file,) = await opened(service, "/f")
    await provider.sharing.create(file)
    key = service.links["/f"]["public_hash"]
    service.fail(f"links/info/{key}/", httpx.Response(404, json={"code": "NotFound"}))
    with pytest.raises(AlreadyExists):
        await provider.sharing.create(file)
    assert (await provider.sharing.create(file)).url == key


async def test_a_link_whose_answer_was_lost_is_there(service: FullCloudike):
    provider, (file,) = await opened(service, "/f")
    service.lose_answer(LINK)
    share = await provider.sharing.create(file, password="pw")
    assert share.password
    assert share.url == service.links["/f"]["public_hash"]
    await provider.sharing.remove(share)
    service.break_before(LINK)
    with pytest.raises(TransientError):
        await provider.sharing.create(file)


async def test_an_answer_without_the_link_is_a_bad_reply(service: FullCloudike):
    provider, (file,) = await opened(service, "/f")
    service.fail(LINK, httpx.Response(200, json=service.m("/f")))
    with pytest.raises(BadReply):
        await provider.sharing.create(file)


async def test_a_link_is_taken_away_and_repeating_that_is_no_error(service: FullCloudike):
    provider, (file,) = await opened(service, "/f")
    share = await provider.sharing.create(file)
    for _ in range(2):
        await provider.sharing.remove(share)
    assert service.links == {}
    assert service.of("links/delete/")[0].params == {"path": "/f"}


async def test_a_hash_that_is_an_address_is_asked_about_by_its_key(service: FullCloudike):
    provider, (file,) = await opened(service, "/f")
    service.links["/f"] = {"public_hash": "https://c.example/public/abc-1"}
    service.fail("links/info/abc-1/", httpx.Response(200, json={"password": True, "expires": 0}))
    (share,) = await provider.sharing.shares(file)
    assert (share.url, share.password) == ("https://c.example/public/abc-1", True)


@pytest.mark.parametrize("limit", [2, 3, 500])
async def test_all_links_are_listed_in_pages(service: FullCloudike, limit: int):
    names = ["/a", "/b", "/c", "/f"]
    provider, entries = await opened(service, *names, page_limit=limit)
    for entry in entries:
        await provider.sharing.create(entry)
    assert [share.id for share in await provider.sharing.shares()] == [f"link:{n}" for n in names]
    assert service.of("links/")[0].params == {"offset": "0", "limit": str(limit)}


async def test_a_list_of_links_that_knows_no_pages_is_read_once(service: FullCloudike):
    provider, entries = await opened(service, "/a", "/b", page_limit=2)
    for entry in entries:
        await provider.sharing.create(entry)
    for _ in range(2):
        service.fail("links/", httpx.Response(200, json=[service.m("/a"), service.m("/b")]))
    assert len(await provider.sharing.shares()) == 2


async def test_a_list_of_links_may_be_an_object(service: FullCloudike):
    provider, (file,) = await opened(service, "/f")
    await provider.sharing.create(file)
    service.fail("links/", httpx.Response(200, json={"content": [service.m("/f")]}))
    assert [share.id for share in await provider.sharing.shares()] == ["link:/f"]


# People -------------------------------------------------------------------------------------


@pytest.mark.parametrize("edit", [True, False])
async def test_a_folder_is_shared_with_people(service: FullCloudike, edit: bool):
    provider, (folder,) = await opened(service, "/d")
    members = ["ann@example.com", "79201234567"]
    share = await provider.sharing.create(folder, members=members, edit=edit)
    assert [call.params for call in service.of("shares/add/")] == [
        {"path": "/d", "member_login": ANN, "writer": edit},
        {"path": "/d", "member_login": BOB, "writer": edit},
    ]
    assert (share.members, share.edit, share.url) == ((ANN, BOB), edit, None)
    told = await provider.sharing.shares(folder)
    assert [(one.members, one.edit) for one in told] == [((ANN,), edit), ((BOB,), edit)]
    assert {one.id for one in await provider.sharing.shares()} == {one.id for one in told}
    assert service.of("shares/")[0].params == {"whose": "my"}


async def test_sharing_again_gives_the_wanted_right(service: FullCloudike):
    provider, (folder,) = await opened(service, "/d")
    await provider.sharing.create(folder, members=["ann@example.com"])
    await provider.sharing.create(folder, members=["ann@example.com"])
    assert service.of("shares/update_collaborator/") == []
    await provider.sharing.create(folder, members=["ann@example.com"], edit=True)
    (call,) = service.of("shares/update_collaborator/")
    assert call.params == {"path": "/d", "member_login": ANN, "writer": True}
    assert service.shared["/d"] == {ANN: True}


@pytest.mark.parametrize(
    ("status", "error"),
    [(403, AccessDenied), (404, NotFound), (409, InvalidRequest), (424, NotPermitted)],
)
async def test_a_folder_that_cannot_be_shared(
    service: FullCloudike, status: int, error: type[CloudError]
):
    provider, (folder,) = await opened(service, "/d")
    service.fail("shares/add/", httpx.Response(status, json={"code": "X"}))
    with pytest.raises(error):
        await provider.sharing.create(folder, members=["ann@example.com"])


@pytest.mark.parametrize("accepted", [True, False])
async def test_a_part_is_ended_whether_it_was_accepted_or_not(
    service: FullCloudike, accepted: bool
):
    provider, (folder,) = await opened(service, "/d")
    share = await provider.sharing.create(folder, members=["ann@example.com", "79201234567"])
    if accepted:
        service.pending_invites.clear()
    for _ in range(2):
        await provider.sharing.remove(share)
    assert service.shared["/d"] == {}
    assert service.of("shares/remove/")[0].params == {"path": "/d", "member_login": ANN}
    uninvited = [call.params for call in service.of("shares/uninvite/")][:2]
    both = [{"path": "/d", "member_login": login} for login in (ANN, BOB)]
    # Of what is ended already the service says no more than that it is refused.
    assert uninvited == both


async def test_a_part_that_cannot_be_ended_is_an_error(service: FullCloudike):
    provider, (folder,) = await opened(service, "/d")
    share = await provider.sharing.create(folder, members=["ann@example.com"])
    refused = {"code": "AccessDenied"}
    service.fail("shares/remove/", httpx.Response(403, json=refused))
    service.fail("shares/uninvite/", httpx.Response(403, json=refused))
    with pytest.raises(AccessDenied):
        await provider.sharing.remove(share)


async def test_a_folder_shared_with_nobody_in_particular_is_ended_as_a_whole(
    service: FullCloudike,
):
    provider, (folder,) = await opened(service, "/d")
    service.shared["/d"] = {}
    (share,) = await provider.sharing.shares(folder)
    for _ in range(2):
        await provider.sharing.remove(share)
    assert service.shared == {}
    assert service.of("shares/unshare/")[0].params == {"path": "/d"}
    assert await provider.sharing.shares(folder) == []


async def test_who_takes_part_by_way_of_something_else_has_no_share_here(service: FullCloudike):
    provider, (folder,) = await opened(service, "/d")
    people = [
        {"owner": 94, "writer": True, "userid": 94, "login": "email:user@example.com"},
        {"owner": False, "userid": 5, "login": "email:x@y", "is_indirect": True},
        {"owner": False, "writer": 1, "userid": 11},
    ]
    service.fail("shares/collaborators/", httpx.Response(200, json=people))
    (share,) = await provider.sharing.shares(folder)
    assert (share.members, share.edit) == (("userid:11",), True)


@pytest.mark.parametrize("accept", [True, False])
async def test_an_invitation_is_answered(service: FullCloudike, accept: bool):
    provider, _ = await opened(service)
    (invitation,) = await provider.sharing.invitations()
    assert invitation == Invitation(id="h1", name="Plans", owner="Ann", edit=True)
    await provider.sharing.answer(invitation, accept=accept)
    (call,) = service.of("shares/accept/" if accept else "shares/decline/")
    assert (call.method, call.params) == ("POST", {"hash": "h1"})
    shared = await provider.sharing.shared_with_me()
    assert [entry.id for entry in shared] == (["/Plans"] if accept else [])
    assert service.of("shares/")[0].params == {"whose": "others"}
    assert list(await provider.sharing.invitations()) == []
    with pytest.raises(AccessDenied):
        await provider.sharing.answer(invitation, accept=accept)


@pytest.mark.parametrize(
    ("share_id", "key"),
    [
        ("link:/a:b/c", ShareKey(EntryId("/a:b/c"), None)),
        (f"share:{ANN},{BOB}:/d:/e", ShareKey(EntryId("/d:/e"), (ANN, BOB))),
        ("share::/d", ShareKey(EntryId("/d"), ())),
    ],
)
def test_a_share_is_known_by_its_id(share_id: str, key: ShareKey):
    assert ShareKey.of(share_id) == key
    assert key.id == share_id


@pytest.mark.parametrize("share_id", ["", "/d", "link:d", "share:/d", "other:x:/d"])
async def test_what_is_no_share_is_not_ended(service: FullCloudike, share_id: str):
    provider, _ = await opened(service)
    with pytest.raises(InvalidRequest):
        await provider.sharing.remove(Share(id=share_id))
    assert service.calls == []
