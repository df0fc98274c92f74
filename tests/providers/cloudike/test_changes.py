"""The event log as a change feed (reference 3.16.2)."""

import json
from typing import Any

import pytest

from cloudfs.model import EntryId, News
from cloudfs.providers.cloudike.changes import CloudikeChanges
from tests.providers.cloudike.service import FakeCloudike


def feed(service: FakeCloudike) -> CloudikeChanges:
    changes = service.provider(change_detection="events").changes
    assert isinstance(changes, CloudikeChanges)
    return changes


def happened(service: FakeCloudike, kind: str, path: str, **more: Any) -> None:
    service._happened(kind, path, **more)


async def news_of(service: FakeCloudike, kind: str, path: str, **more: Any) -> News:
    changes = feed(service)
    cursor = await changes.cursor()
    happened(service, kind, path, **more)
    return await changes.since(cursor)


def test_the_log_is_read_only_if_set(service: FakeCloudike):
    assert service.provider().changes is None
    assert feed(service).interval == 30


async def test_the_log_is_read_in_its_only_documented_version(service: FakeCloudike):
    await feed(service).cursor()
    assert service.calls[-1].request.url.path == "/api/0/events/"


@pytest.mark.parametrize(
    ("kind", "path", "more", "folders", "trees"),
    [
        ("file_created", "/a/b", {}, {"/a"}, set()),
        ("file_new_content", "/b", {}, {"/"}, set()),
        ("file_renamed", "/a/b", {"oldname": "c"}, {"/a"}, set()),
        ("file_moved", "/a/b", {"oldpath": "/c/b", "deleted": True}, {"/a", "/c"}, set()),
        ("folder_created", "/a/b", {}, {"/a"}, {"/a/b"}),
        ("folder_renamed", "/a/b", {"oldname": "c"}, {"/a"}, {"/a/b", "/a/c"}),
        ("folder_moved", "/a/b", {"oldpath": "/c/b"}, {"/a", "/c"}, {"/a/b", "/c/b"}),
        ("link_created", "/a/b", {"public_hash": "x"}, {"/a"}, set()),
        ("something_new", "/a/b", {}, set(), set()),
        ("storage_info", "/a/b", {}, set(), set()),
    ],
)
async def test_an_event_says_what_to_read_again(
    service: FakeCloudike,
    kind: str,
    path: str,
    more: dict[str, Any],
    folders: set[str],
    trees: set[str],
):
    news = await news_of(service, kind, path, **more)
    assert (news.folders, news.trees) == (folders, trees)
    assert not news.everything
    assert not news.trash


@pytest.mark.parametrize(
    ("kind", "path", "more"),
    [
        ("share_invitation_accepted", "/a", {}),
        ("folder_unshared", "/a", {}),
        ("folder_collab_removed", "/a", {}),
        ("file_created", "/a/../b", {}),
        ("file_created", "", {}),
        ("file_moved", "/a/b", {}),
        ("folder_moved", "/a/b", {"oldpath": "nonsense"}),
    ],
)
async def test_what_cannot_be_placed_means_everything(
    service: FakeCloudike, kind: str, path: str, more: dict[str, Any]
):
    assert (await news_of(service, kind, path, **more)).everything


@pytest.mark.parametrize("kind", ["file_deleted", "folder_deleted", "file_undeleted"])
async def test_deletions_concern_the_bin(service: FakeCloudike, kind: str):
    assert (await news_of(service, kind, "/a/b")).trash


async def test_news_is_told_once(service: FakeCloudike):
    changes = feed(service)
    happened(service, "file_created", "/before/x")
    cursor = await changes.cursor()
    assert not (await changes.since(cursor)).folders
    happened(service, "file_created", "/after/x")
    news = await changes.since(cursor)
    assert news.folders == {"/after"}
    again = await changes.since(news.cursor)
    assert not again.folders
    assert not again.everything
    assert (await changes.since(cursor)).folders == {"/after"}  # a cursor may be used again


async def test_another_event_of_the_same_millisecond_is_news(service: FakeCloudike):
    changes = feed(service)
    happened(service, "file_created", "/a/x")
    cursor = await changes.cursor()
    service.events.append({**service.events[-1], "path": "/b/x"})
    news = await changes.since(cursor)
    assert news.folders == {"/b"}
    service.events.append({**service.events[-1], "path": "/c/x"})
    later = await changes.since(news.cursor)
    assert later.folders == {"/c"}
    assert not (await changes.since(later.cursor)).folders


async def test_many_events_come_in_pages(service: FakeCloudike):
    changes = feed(service)
    cursor = await changes.cursor()
    for number in range(250):
        happened(service, "file_created", f"/d{number}/x")
    news = await changes.since(cursor)
    assert news.folders == {EntryId(f"/d{number}") for number in range(250)}
    assert [call.params["skip"] for call in service.of("events/")[1:]] == ["0", "100", "200"]
    assert {call.params["limit"] for call in service.of("events/")} == {"100"}


async def test_too_many_events_mean_everything(service: FakeCloudike):
    changes = feed(service)
    cursor = await changes.cursor()
    for number in range(1500):
        happened(service, "file_created", f"/d{number}/x")
    news = await changes.since(cursor)
    assert news.everything
    assert len(service.of("events/")) < 15
    assert not (await changes.since(news.cursor)).everything


async def test_a_log_that_was_cut_off_means_everything_once(service: FakeCloudike):
    changes = feed(service)
    happened(service, "file_created", "/a/x")
    cursor = await changes.cursor()
    service.events.clear()
    news = await changes.since(cursor)
    assert news.everything
    assert not (await changes.since(news.cursor)).everything


async def test_a_service_that_leaves_out_the_lower_bound_is_no_cut_off_log(service: FakeCloudike):
    changes = feed(service)
    happened(service, "file_created", "/a/x")
    cursor = await changes.cursor()
    await changes.since(cursor)
    start = json.loads(cursor)["at"]
    assert service.calls[-1].params["from_timestamp"] == str(start - 1)


@pytest.mark.parametrize("cursor", ["", "nonsense", "{}", '{"at": 5}', '{"at": "x", "seen": []}'])
async def test_a_cursor_of_another_kind_means_everything(service: FakeCloudike, cursor: str):
    happened(service, "file_created", "/a/x")
    assert (await feed(service).since(cursor)).everything
