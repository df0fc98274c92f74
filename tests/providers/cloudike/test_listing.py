"""Looking: pages, tags, and the answer "there is none" (reference 3.2 to 3.4)."""

import httpx
import pytest

from cloudfs.errors import BadReply, NotAFolder, NotFound, Unavailable
from cloudfs.model import EntryId, ListingTag, Page
from tests.providers.cloudike.service import FakeCloudike
from tests.support import listing

ROOT = EntryId("/")


async def pages(provider, folder: str, unless: str | None = None) -> list[Page]:
    tag = None if unless is None else ListingTag(unless)
    return [page async for page in provider.list_folder(EntryId(folder), unless=tag)]


def answer(state: str, names: list[str], *, last: bool | None = None) -> httpx.Response:
    content = [{"path": f"/{name}", "folder": True} for name in names]
    more = {} if last is None else {"is_last_page": last}
    body = {"path": "/", "folder": True, "content": content, "hash": state, **more}
    return httpx.Response(200, json=body, headers={"ETag": f'W/"{state}"'})


async def test_pages_advance_by_what_was_received(service: FakeCloudike):
    service.page_cap = 3
    for number in range(8):
        service.add_file(f"/f{number}")
    entries = await listing(service.provider(page_limit=5), ROOT)
    assert sorted(entries) == [f"f{number}" for number in range(8)]
    calls = service.of("metadata/")
    assert [call.params["offset"] for call in calls] == ["0", "3", "6"]
    assert calls[0].params == {
        "listing": "1",
        "limit": "5",
        "offset": "0",
        "order_by": "name",
        "extra": "0",
    }


async def test_without_a_word_about_the_last_page_a_short_one_is_it(service: FakeCloudike):
    service.fail("metadata", answer("s", ["a", "b"]))
    service.fail("metadata", answer("s", ["c"]))
    assert set(await listing(service.provider(page_limit=2), ROOT)) == {"a", "b", "c"}
    assert len(service.of("metadata/")) == 2


async def test_an_empty_page_is_the_last(service: FakeCloudike):
    service.fail("metadata", answer("s", ["a", "b"]))
    service.fail("metadata", answer("s", []))
    assert set(await listing(service.provider(page_limit=2), ROOT)) == {"a", "b"}


async def test_a_listing_that_changes_is_begun_anew(service: FakeCloudike):
    service.fail("metadata", answer("one", ["a", "b"], last=False))
    service.fail("metadata", answer("two", ["d"], last=True))
    service.fail("metadata", answer("two", ["b", "c"], last=False))
    service.fail("metadata", answer("two", ["d"], last=True))
    found = await pages(service.provider(), "/")
    assert [page.restart for page in found] == [False, True, False]
    assert [[entry.name for entry in page.entries] for page in found] == [
        ["a", "b"],
        ["b", "c"],
        ["d"],
    ]
    assert found[-1].tag == 'W/"two"'
    assert [call.params["offset"] for call in service.of("metadata/")] == ["0", "2", "0", "2"]


async def test_a_listing_that_never_stands_still_is_taken_as_it_is_without_a_tag(
    service: FakeCloudike,
):
    for number in range(4):
        service.fail("metadata", answer(f"one{number}", ["a", "b"], last=False))
        service.fail("metadata", answer(f"two{number}", ["b", "c"], last=True))
    provider = service.provider()
    found = await pages(provider, "/")
    assert len(service.of("metadata/")) == 8
    assert [page.restart for page in found] == [False, True, True, True, False]
    assert [entry.name for entry in found[-1].entries] == ["c"]  # of two namesakes the first
    assert [page.tag for page in found[-2:]] == [None, None]


async def test_a_tag_goes_back_as_it_came(service: FakeCloudike):
    provider = service.provider()
    service.fail("metadata", answer("odd", ["a"], last=True))
    (page,) = await pages(provider, "/")
    service.fail("metadata", httpx.Response(304))
    (again,) = await pages(provider, "/", page.tag)
    assert service.calls[-1].request.headers["if-none-match"] == 'W/"odd"'
    assert again.unchanged
    assert again.tag == page.tag


async def test_only_the_first_page_is_asked_for_on_a_condition(service: FakeCloudike):
    service.fail("metadata", answer("s", ["a"], last=False))
    service.fail("metadata", answer("s", ["b"], last=True))
    await pages(service.provider(), "/", '"old"')
    first, second = service.of("metadata/")
    assert first.request.headers["if-none-match"] == '"old"'
    assert "if-none-match" not in second.request.headers


async def test_unchanged_without_a_condition_is_nonsense(service: FakeCloudike):
    service.fail("metadata", httpx.Response(304))
    with pytest.raises(BadReply):
        await pages(service.provider(), "/")


async def test_without_change_detection_there_are_no_tags(service: FakeCloudike):
    provider = service.provider(change_detection="off")
    assert not provider.capabilities.listing_tags
    (page,) = await pages(provider, "/", '"old"')
    assert page.tag is None
    assert "if-none-match" not in service.calls[-1].request.headers


async def test_the_same_page_for_ever_is_a_bad_reply(service: FakeCloudike):
    for _ in range(3):
        service.fail("metadata", answer("s", ["a", "b"], last=False))
    with pytest.raises(BadReply):
        await pages(service.provider(), "/")


async def test_entries_that_are_deleted_are_not_there(service: FakeCloudike):
    body = {
        "path": "/",
        "folder": True,
        "content": [
            {"path": "/a", "folder": True, "deleted": True},
            {"path": "/b", "folder": True},
        ],
    }
    service.fail("metadata", httpx.Response(200, json=body))
    assert set(await listing(service.provider(), ROOT)) == {"b"}


async def test_a_file_has_no_listing(service: FakeCloudike):
    service.add_file("/file")
    with pytest.raises(NotAFolder):
        await pages(service.provider(), "/file")


async def test_a_web_page_is_a_bad_reply(service: FakeCloudike):
    service.fail("metadata", httpx.Response(200, text="<html>sign in to the network</html>"))
    with pytest.raises(BadReply):
        await pages(service.provider(), "/")


async def test_a_redirect_is_not_followed(service: FakeCloudike):
    service.fail("metadata", httpx.Response(302, headers={"Location": "https://evil.test/"}))
    with pytest.raises(BadReply, match="redirect"):
        await service.provider().root()
    assert service.calls[-1].request.url.host == "api.test"


async def test_a_path_in_an_address_is_encoded_once(service: FakeCloudike):
    name = "100%25 a+b?#;&ü"
    service.add_folder(f"/{name}")
    assert (await service.provider().stat(EntryId(f"/{name}"))).name == name
    raw = service.calls[-1].request.url.raw_path.decode()
    assert raw == "/api/1/metadata/100%2525%20a%2Bb%3F%23%3B%26%C3%BC?listing=0&extra=0"


async def test_a_child_is_asked_for_by_its_path(service: FakeCloudike):
    service.add_folder("/a")
    service.add_file("/a/b", b"x")
    provider = service.provider()
    found = await provider.find(EntryId("/a"), "b")
    assert (found.id, found.parent_id, found.size) == ("/a/b", "/a", 1)
    with pytest.raises(NotFound):
        await provider.find(EntryId("/a"), "c")


async def test_another_spelling_is_not_the_same_name(service: FakeCloudike):
    """On a deployment that ignores case, FILE is answered for file."""
    service.add_file("/FILE")
    service.fail("metadata", httpx.Response(200, json=service.m("/FILE")))
    with pytest.raises(NotFound):
        await service.provider().find(ROOT, "file")


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "a\0b", "\udcff", "x" * 256])
async def test_what_cannot_be_a_name_is_not_asked_for(service: FakeCloudike, name: str):
    with pytest.raises(NotFound):
        await service.provider().find(ROOT, name)
    assert not service.calls


async def test_a_failing_service_is_not_an_empty_one(service: FakeCloudike, autojump_clock: object):
    service.disturbed_by(lambda _: "fail")
    with pytest.raises(Unavailable):
        await pages(service.provider(auth_mode="basic"), "/")


async def test_a_question_is_repeated_until_it_is_answered(
    service: FakeCloudike, autojump_clock: object
):
    provider = service.provider()
    service.fail("metadata", httpx.Response(502))
    service.fail("metadata", httpx.Response(429, headers={"Retry-After": "3"}))
    service.break_before("metadata")
    assert (await provider.root()).is_folder


async def test_the_root_is_the_folder_without_a_name(service: FakeCloudike):
    root = await service.provider().root()
    assert (root.id, root.parent_id, root.name) == ("/", None, "")


async def test_the_space_is_told(service: FakeCloudike):
    service.add_file("/a", b"x" * 100)
    quota = await service.provider().quota()
    assert (quota.total, quota.used, quota.free) == (1000, 100, 900)
