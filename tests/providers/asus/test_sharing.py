"""Share codes, members, folders for joint editing, codes that were received (reference 3.19)."""

import time

import pytest

from cloudfs.errors import (
    AccessDenied,
    BadReply,
    InvalidRequest,
    NotFound,
    NotPermitted,
    TransientError,
    Unsupported,
)
from cloudfs.model import Entry, EntryId, Share
from cloudfs.providers.asus.provider import AsusProvider
from cloudfs.providers.asus.sharecalls import PAGE, ShareCalls
from cloudfs.providers.asus.sharing import AsusSharing
from cloudfs.providers.facets import Sharing
from tests.providers.asus.service import FakeAsus
from tests.providers.asus.tree import OTHER, SYNC_FOLDER, Node
from tests.support import BytesContent, content, listing

TOP = EntryId(f"d{SYNC_FOLDER}")
THEIRS = EntryId("d77@77")
SET = "fsentry/setadvancedsharecode"
DIGEST = "5f4dcc3b5aa765d61d8327deb882cf99"


def id_of(node: Node) -> EntryId:
    return EntryId(f"{'d' if node.folder else 'f'}{node.number}")


def sharing_of(provider: AsusProvider) -> Sharing:
    assert provider.sharing is not None
    return provider.sharing


async def shared_file(service: FakeAsus, **settings: object) -> tuple[AsusProvider, Entry]:
    file = service.add_file("/file", b"data")
    provider = service.provider(**settings)
    return provider, await provider.stat(id_of(file))


# Codes ------------------------------------------------------------------------------------------


async def test_a_link_is_a_code_after_a_prefix(service: FakeAsus):
    provider, entry = await shared_file(service)
    share = await sharing_of(provider).create(entry)
    assert share.url == "http://oeo.la/A1b2C3d4E5f60001"
    assert (share.id, share.entry_id, share.name) == (entry.id, entry.id, "file")
    assert (share.password, share.expires_ns, share.members, share.edit) == (False, None, (), False)


async def test_a_private_installation_has_a_prefix_of_its_own():
    service = FakeAsus("omnistor")
    provider, entry = await shared_file(service)
    assert (await sharing_of(provider).create(entry)).url == "A1b2C3d4E5f60001"
    provider = service.provider(share_url_prefix="https://files.test/s/")
    share = await sharing_of(provider).create(entry)
    assert share.url == "https://files.test/s/A1b2C3d4E5f60002"


@pytest.mark.parametrize(("form", "sent"), [("md5", DIGEST), ("plain", "PassWord")])
async def test_a_password_is_sent_in_the_form_of_the_settings(
    service: FakeAsus, form: str, sent: str
):
    provider, entry = await shared_file(service, share_password_form=form)
    share = await sharing_of(provider).create(entry, password="PassWord")
    assert share.password is True
    assert service.of(SET)[0].get("password") == sent


@pytest.mark.parametrize(
    ("seconds", "hours"), [(1, "1"), (3600, "1"), (3601, "2"), (48 * 3600, "48")]
)
async def test_the_end_of_a_share_is_told_in_whole_hours(
    service: FakeAsus, seconds: int, hours: str
):
    """Rather too long than too short, since the service knows nothing finer."""
    provider, entry = await shared_file(service)
    calls: ShareCalls = provider._parts.share_calls
    sharing = AsusSharing(calls, prefix="", plain_passwords=False, clock=lambda: 1_700_000_000.0)
    share = await sharing.create(entry, expires_ns=(1_700_000_000 + seconds) * 10**9)
    assert service.of(SET)[0].get("validityduration") == hours
    assert share.expires_ns == (1_704_164_645 + int(hours) * 3600) * 10**9


async def test_a_share_cannot_end_in_the_past(service: FakeAsus):
    provider, entry = await shared_file(service)
    with pytest.raises(InvalidRequest):
        await sharing_of(provider).create(entry, expires_ns=int(time.time() - 5) * 10**9)
    assert service.of(SET) == []


async def test_only_folders_are_for_joint_editing(service: FakeAsus):
    provider, entry = await shared_file(service)
    with pytest.raises(Unsupported):
        await sharing_of(provider).create(entry, edit=True)
    assert service.of(SET) == []


async def test_a_folder_is_shared_with_members(service: FakeAsus):
    folder = service.add_folder("/folder")
    provider = service.provider()
    entry = await provider.stat(id_of(folder))
    share = await sharing_of(provider).create(entry, edit=True, members=[OTHER])
    assert (share.members, share.edit) == ((OTHER,), True)
    assert "authorization" not in service.of(SET)[0].request.headers  # no switch of 2.7


async def test_a_member_that_nobody_knows_is_named_and_nothing_stays_shared(service: FakeAsus):
    provider, entry = await shared_file(service)
    with pytest.raises(InvalidRequest, match="nobody"):
        await sharing_of(provider).create(entry, members=[OTHER, "nobody"])
    assert service.shares == {}


async def test_a_share_that_was_there_before_survives_a_wrong_member(service: FakeAsus):
    provider, entry = await shared_file(service)
    await sharing_of(provider).create(entry)
    with pytest.raises(InvalidRequest):
        await sharing_of(provider).create(entry, members=["nobody"])
    assert len(service.shares) == 1


async def test_a_code_is_not_made_twice_when_the_answer_is_lost(service: FakeAsus, hasty: object):
    provider, entry = await shared_file(service)
    service.lose_answer(SET)
    with pytest.raises(TransientError):
        await sharing_of(provider).create(entry)
    assert len(service.of(SET)) == 1
    assert len(await sharing_of(provider).shares(entry)) == 1


async def test_what_is_not_shared_has_no_shares(service: FakeAsus):
    provider, entry = await shared_file(service)
    assert await sharing_of(provider).shares(entry) == []
    assert await sharing_of(provider).shares() == []


async def test_all_shares_are_listed_with_their_links(service: FakeAsus):
    provider, entry = await shared_file(service)
    folder = service.add_folder("/folder")
    sharing = sharing_of(provider)
    one = await sharing.create(entry, password="x")
    two = await sharing.create(await provider.stat(id_of(folder)), edit=True)
    found = {share.id: share for share in await sharing.shares()}
    assert found == {one.id: one, two.id: two}


async def test_shares_come_in_pages(service: FakeAsus):
    """The service tells where the next page begins."""
    provider = service.provider()
    sharing = sharing_of(provider)
    for number in range(PAGE + 5):
        file = service.add_file(f"/file {number}")
        await sharing.create(await provider.stat(id_of(file)))
    assert len(await sharing.shares()) == PAGE + 5
    first, second = service.of("fsentry/getsharedentries")
    assert not first.has("firstentrybound")
    assert second.get("firstentrybound") == f"A1b2C3d4E5f6{PAGE:04d}"


async def test_a_page_that_leads_nowhere_is_the_last(service: FakeAsus):
    entry = "<entry><id>5001</id><isfolder>0</isfolder><rawentryname>x</rawentryname></entry>"
    told = f"<a><status>0</status><lastentrybound>5</lastentrybound>{entry * PAGE}</a>"
    service.add_file("/x")
    for _ in range(9):
        service.fail("fsentry/getsharedentries", service.answer(told))
    await sharing_of(service.provider()).shares()
    assert len(service.of("fsentry/getsharedentries")) == 2


async def test_a_share_that_ends_while_they_are_listed_is_left_out(service: FakeAsus):
    provider, entry = await shared_file(service)
    await sharing_of(provider).create(entry)
    service.during("fsentry/getadvancedsharecode", lambda: service.drop(service.named("/file")))
    assert await sharing_of(provider).shares() == []


async def test_ending_a_share_ends_all_its_codes(service: FakeAsus):
    provider, entry = await shared_file(service)
    sharing = sharing_of(provider)
    share = await sharing.create(entry)
    await sharing.create(entry)
    await sharing.remove(share)
    assert service.shares == {}
    await sharing.remove(share)
    await sharing.remove(Share(id="f4711"))


# Folders that others share ----------------------------------------------------------------------


async def test_what_others_share_is_used_like_ones_own(service: FakeAsus):
    service.add_file("theirs.txt", b"theirs", parent="77")
    provider = service.provider()
    (top,) = await sharing_of(provider).shared_with_me()
    assert (top.id, top.name, top.parent_id) == (THEIRS, "theirs", None)
    assert top.extra["owner"] == OTHER
    assert await provider.stat(top.id) is not None
    (file,) = (await listing(provider, top.id)).values()
    assert (file.id, file.parent_id) == ("f5001@77", THEIRS)
    assert await content(provider, file) == b"theirs"
    assert provider.domain(file.id) == "77" != provider.domain(TOP)
    made = await provider.upload(top.id, "mine", BytesContent(b"mine"))
    assert made.id.endswith("@77")
    changed = await provider.upload(top.id, "mine", BytesContent(b"other"), replacing=made)
    assert changed.version == "2"
    folder = await provider.create_folder(top.id, "folder")
    moved = await provider.move(changed, folder.id, "renamed")
    assert moved.parent_id == folder.id
    assert await provider.set_modified(moved, 1_500_000_000 * 10**9)
    await provider.remove(moved)
    with pytest.raises(NotPermitted):
        await provider.move(top, TOP, "mine now")


async def test_uploads_to_others_say_so_in_the_announcement(service: FakeAsus):
    """It decides for the whole upload (2.7)."""
    provider = service.provider()
    await provider.upload(THEIRS, "mine", BytesContent(b"mine"))
    (init,) = service.of("webrelay/initbinaryupload")
    assert init.query["igw"] == "1"
    assert "authorization" in init.request.headers
    (finish,) = service.of("webrelay/finishbinaryupload")
    assert "authorization" not in finish.request.headers


# Codes that were received -----------------------------------------------------------------------


async def code_of(service: FakeAsus, **wishes: str) -> tuple[AsusProvider, Entry, str]:
    provider, entry = await shared_file(service)
    share = await sharing_of(provider).create(entry, **wishes)  # type: ignore[arg-type]  # a password
    assert share.url is not None
    return provider, entry, share.url.rpartition("/")[2]


async def test_a_code_leads_to_what_it_stands_for(service: FakeAsus):
    provider, entry, code = await code_of(service)
    found = await provider.open_share_code(code)
    assert found == entry
    assert await content(provider, found) == b"data"


async def test_a_code_may_need_its_password(service: FakeAsus):
    provider, entry, code = await code_of(service, password="secret")
    for wrong in (None, "wrong"):
        with pytest.raises(AccessDenied):
            await provider.open_share_code(code, wrong)
    assert await provider.open_share_code(code, "SECRET") == entry


async def test_a_short_code_is_made_long_first(service: FakeAsus):
    provider, entry, code = await code_of(service)
    assert await provider.open_share_code(f"S{code[-4:]}") == entry


@pytest.mark.parametrize("status", [243, 225])
async def test_a_code_that_does_not_exist_is_not_found(service: FakeAsus, status: int):
    provider = service.provider()
    service.refuse("fsentry/getinfobysharecode", status)
    with pytest.raises(NotFound):
        await provider.open_share_code("unknown")


async def test_a_code_of_another_area_is_named_as_such(service: FakeAsus):
    with pytest.raises(Unsupported, match="area"):
        await service.provider().open_share_code("elsewhere")


async def test_a_share_for_others_is_refused(service: FakeAsus):
    provider, _, code = await code_of(service)
    service.refuse("fsentry/getinfobysharecode", 245)
    with pytest.raises(AccessDenied):
        await provider.open_share_code(code)


async def test_without_a_portal_a_code_is_known_or_not():
    service = FakeAsus("omnistor")
    provider = service.provider(url="", gateway="sg.test")
    with pytest.raises(NotFound):
        await provider.open_share_code("unknown")
    assert not [call for call in service.calls if call.route.startswith("sharecode/")]


async def test_a_portal_that_answers_nonsense_makes_no_code_known(service: FakeAsus):
    service.fail("sharecode/findservicegateway", service.answer("<a><status>0</status></a>"))
    with pytest.raises(NotFound) as caught:
        await service.provider().open_share_code("unknown")
    assert isinstance(caught.value.__cause__, BadReply)
