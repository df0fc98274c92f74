"""Replies as dataclasses: both spellings of everything, and nothing but BadReply for nonsense."""

import json
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudfs.errors import BadReply
from cloudfs.model import EntryId, Kind, Version
from cloudfs.providers.cloudike import answers, particulars, values, wire

MEMBERS = [
    *("path", "folder", "bytes", "version", "created", "modified", "client_data", "checksum"),
    *("content", "is_last_page", "hash", "deleted", "name", "restore_path", "public_hash"),
    *("url", "method", "parameters", "headers", "confirm_url", "temp_path", "size", "token"),
    *("expires", "timestamp", "type", "oldpath", "oldname", "progress", "status", "nodes"),
    *("failed", "error_code", "taskid", "storage_size", "quota_size", "hard_quota_size"),
    *("shared", "is_favorite", "role", "mime_type", "owner", "login", "userid", "writer"),
    *("id", "text", "created_time", "extradata", "thumbnails", "link", "small", "folder_name"),
]

plain = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(min_value=-(10**400), max_value=10**400)
    | st.floats()
    | st.text(st.characters(), max_size=20)
    | st.sampled_from(["/a/b", "/a/../b", "//", "https://h/p", "http://[::1", "http://h:99999/"])
    | st.sampled_from(["1337852927321", "1.5", "2020-01-01T00:00:00+14:00", "0001-01-01", "٣"])
)
replies = st.recursive(
    plain,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(MEMBERS), inner, max_size=8)
        | st.fixed_dictionaries(
            {"folder": st.booleans(), "path": plain, "bytes": plain, "version": plain},
            optional=dict.fromkeys(MEMBERS[4:14], inner),
        )
    ),
    max_leaves=12,
)

FUNCTIONS: list[Callable[[Any], object]] = [
    lambda value: wire.entry(value, EntryId("/a")),
    wire.entry_by_path,
    wire.told_name,
    lambda value: wire.listing(value, EntryId("/"), link_base="https://h"),
    wire.trash,
    wire.versions,
    wire.found,
    lambda value: wire.tree([value]),
    wire.quota,
    answers.started,
    particulars.link_terms,
    particulars.collaborators,
    particulars.invitations,
    particulars.comments,
    particulars.permanent_tokens,
    particulars.nodes,
    particulars.folder_info,
    particulars.foresight,
    particulars.thumbnails,
    answers.login,
    lambda value: answers.ticket(value, "https://api.test"),
    answers.is_ticket,
    answers.link,
    answers.events,
    answers.task,
    answers.task_id,
]


@given(replies)
def test_no_reply_makes_anything_raise_but_bad_reply(value: object):
    for function in FUNCTIONS:
        with suppress(BadReply):
            function(value)


@given(st.binary() | replies.map(lambda value: json.dumps(value).encode()))
def test_no_body_makes_anything_raise_but_bad_reply(body: bytes):
    try:
        value = values.decoded(body)
    except BadReply:
        return
    for function in FUNCTIONS:
        with suppress(BadReply):
            function(value)


@pytest.mark.parametrize(
    "body", [b"<html>", b"[" * 100_000, b'{"a":' * 100_000, b"9" * 5000, b'"\xff"']
)
def test_a_body_that_is_no_json_is_a_bad_reply(body: bytes):
    with pytest.raises(BadReply):
        values.decoded(body)


@pytest.mark.parametrize("body", [b"", b"  \n"])
def test_an_empty_body_is_an_empty_object(body: bytes):
    assert values.decoded(body) == {}


FILE = {
    "path": "/docs/report.txt",
    "folder": False,
    "bytes": 17204,
    "size": "16.8KB",
    "checksum": "CC0127604AFE4D1CEC8CDCA0450A83A3",
    "version": 1429533845437,
    "created": 1429533845437,
    "modified": 1429533845437,
    "client_data": {"created": 1429500000000, "modified": 1429500000001},
    "mime_type": "text/plain",
    "public_hash": "",
    "shared": False,
    "role": "owner",
}


def test_a_file_is_read_whole():
    entry = wire.entry_by_path(FILE)
    assert (entry.id, entry.parent_id, entry.name) == ("/docs/report.txt", "/docs", "report.txt")
    assert (entry.kind, entry.size, entry.version) == (Kind.FILE, 17204, Version("1429533845437"))
    assert entry.modified_ns == 1_429_500_000_001_000_000
    assert entry.created_ns == 1_429_500_000_000_000_000
    assert str(entry.checksum) == "md5:cc0127604afe4d1cec8cdca0450a83a3"
    assert entry.mime == "text/plain"
    assert dict(entry.extra) == {}


def test_a_folder_has_the_service_s_own_time():
    folder = {**FILE, "folder": True, "path": "/docs"}
    entry = wire.entry_by_path(folder)
    assert entry.kind is Kind.FOLDER
    assert entry.modified_ns == 1_429_533_845_437_000_000
    assert (entry.size, entry.version, entry.checksum) == (0, "", None)


@pytest.mark.parametrize("client_data", [{}, None, [], {"modified": 0}, {"modified": None}])
def test_without_a_time_of_the_client_the_service_s_own_counts(client_data: object):
    entry = wire.entry_by_path({**FILE, "client_data": client_data})
    assert entry.modified_ns == 1_429_533_845_437_000_000


@pytest.mark.parametrize("checksum", [None, "", "abc", 5, ["x"]])
def test_a_checksum_may_be_missing(checksum: object):
    assert wire.entry_by_path({**FILE, "checksum": checksum}).checksum is None


@pytest.mark.parametrize("missing", ["path", "folder", "bytes", "version"])
def test_what_an_entry_cannot_do_without_is_required(missing: str):
    with pytest.raises(BadReply):
        wire.entry_by_path({name: value for name, value in FILE.items() if name != missing})


def test_properties_worth_showing_are_extra():
    given_ = {"public_hash": "abc", "shared": True, "is_favorite": True, "role": "collaborator"}
    entry = wire.entry_by_path({**FILE, **given_}, link_base="https://company.test/")
    assert dict(entry.extra) == {
        "public_hash": "abc",
        "public_link": "https://company.test/public/abc/",
        "shared": "true",
        "favorite": "true",
        "role": "collaborator",
    }
    whole = wire.entry_by_path({**FILE, "public_hash": "https://x.test/public/abc/"})
    assert whole.extra["public_link"] == "https://x.test/public/abc/"
    assert "public_link" not in wire.entry_by_path({**FILE, "public_hash": "abc"}).extra


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (1337852927321, 1337852927.321),
        ("1337852927321", 1337852927.321),
        (1234567890, 1234567890),
        (1339663686.485451, 1339663686.485451),
        ("1339663686.485451", 1339663686.485451),
        (99_999_999_999, 99_999_999_999),
        (100_000_000_000, 100_000_000),
        ("2012-05-24T09:48:47.321Z", 1337852927.321),
        ("2012-05-24T09:48:47", 1337852927),
        ("2012-05-24T11:48:47+02:00", 1337852927),
    ],
)
def test_times_come_in_three_formats(value: object, seconds: float):
    ns = values.moment(value)
    if seconds > 9_223_372_036:
        assert ns is None  # beyond what nanoseconds can count
    else:
        assert ns == pytest.approx(seconds * 1e9, abs=1000)


@pytest.mark.parametrize(
    "value", [0, -1, None, True, "", "yesterday", [], {}, float("nan"), float("inf"), 10**30]
)
def test_what_is_no_time_is_none(value: object):
    assert values.moment(value) is None


@pytest.mark.parametrize("path", ["/docs/..", "/docs/.", "/", "", "/docs/a\0b", "/docs/\ud800"])
def test_a_hostile_name_is_left_out_of_a_listing(path: str):
    bad = {**FILE, "path": path}
    page = wire.listing({"folder": True, "content": [bad, FILE]}, EntryId("/docs"))
    assert page is not None
    assert [entry.name for entry in page.items] == ["report.txt"]
    assert page.received == 2


def test_a_child_stays_in_its_folder_whatever_its_path_says():
    page = wire.listing(
        {"folder": True, "content": [{**FILE, "path": "/elsewhere/../secret/x"}]}, EntryId("/docs")
    )
    assert page is not None
    assert [entry.id for entry in page.items] == ["/docs/x"]


def test_one_bad_entry_does_not_hide_the_others_but_nothing_else_is_no_listing():
    page = wire.listing({"folder": True, "content": [5, {**FILE, "bytes": -1}, FILE]}, EntryId("/"))
    assert page is not None
    assert [entry.name for entry in page.items] == ["report.txt"]
    with pytest.raises(BadReply):
        wire.listing({"folder": True, "content": [5, {**FILE, "bytes": -1}]}, EntryId("/"))


def test_a_folder_without_content_is_not_taken_for_an_empty_one():
    with pytest.raises(BadReply):
        wire.listing({"folder": True}, EntryId("/"))


def test_the_trash_may_be_a_bare_array():
    item = {**FILE, "name": "5c1f", "restore_path": "/docs/report.txt"}
    for value in ([item], {"content": [item], "is_last_page": True}):
        (binned,) = wire.trash(value).items
        assert (binned.id, binned.name, binned.size) == ("5c1f", "report.txt", 17204)
        assert (binned.origin_path, binned.origin_parent_id) == ("/docs/report.txt", "/docs")
        assert binned.deleted_ns == 1_429_533_845_437_000_000


def test_a_trash_item_without_a_name_is_never_given_out():
    """Its name would be sent back, and an empty list of names empties the whole trash."""
    item = {**FILE, "restore_path": "/docs/report.txt"}
    good = {**item, "name": "5c1f"}
    for name in ("", None, 5):
        assert [i.id for i in wire.trash([{**item, "name": name}, good]).items] == ["5c1f"]


@pytest.mark.parametrize(
    ("account", "quota"),
    [
        ({"storage_size": 5, "hard_quota_size": 9, "quota_size": 7}, (9, 5, 4)),
        ({"storage_size": 5, "hard_quota_size": -1, "quota_size": 7}, (7, 5, 2)),
        ({"storage_size": 9, "hard_quota_size": 0, "quota_size": 7}, (7, 9, 0)),
        ({"storage_size": 5, "hard_quota_size": -1, "quota_size": -1}, (None, 5, None)),
        ({"hard_quota_size": 9}, (9, None, None)),
    ],
)
def test_the_limit_that_cannot_be_exceeded_comes_first(
    account: object, quota: tuple[int | None, ...]
):
    found = wire.quota(account)
    assert (found.total, found.used, found.free) == quota


@pytest.mark.parametrize(
    "fields",
    [{"a": ["x"]}, {"a": None}, {"a": True}, {"a\r\nb": "x"}, {"a": "\ud800"}, "text", 5],
)
def test_a_ticket_with_fields_that_cannot_be_sent_is_a_bad_reply(fields: object):
    with pytest.raises(BadReply):
        answers.ticket({"url": "https://store.test/", "headers": fields}, "https://api.test")


def test_an_absent_object_may_be_an_empty_array():
    ticket = answers.ticket({"url": "https://s/", "headers": [], "parameters": None}, "https://a")
    assert (ticket.headers, ticket.parameters, ticket.method) == ({}, {}, None)


@pytest.mark.parametrize(
    "url", ["file:///etc/passwd", "https://", "http://[::1", "https://h:x/", "", "https://h/\0", 5]
)
def test_an_address_that_is_none_is_a_bad_reply(url: object):
    with pytest.raises(BadReply):
        answers.link({"url": url})


def test_secrets_are_not_shown():
    link = answers.link({"url": "https://store.test/x?Signature=SECRET"})
    ticket = answers.ticket(
        {
            "url": "https://s/?SECRET",
            "confirm_url": "https://a/?SECRET",
            "parameters": {"signature": "SECRET"},
            "headers": {"x": "SECRET"},
        },
        "https://a",
    )
    login = answers.login({"token": "SECRET"})
    assert "SECRET" not in f"{link!r}{ticket!r}{login!r}"


@pytest.mark.parametrize(
    ("body", "finished"),
    [
        ({}, True),
        ({"progress": 100}, True),
        ({"success": 1}, True),
        ({"status": "DONE"}, True),
        ({"progress": 56}, False),
        ({"status": "PROCESSING"}, False),
        ({"status": "in_progress", "progress": 100}, False),
    ],
)
def test_a_task_is_finished_unless_its_answer_says_otherwise(body: object, *, finished: bool):
    assert answers.task(body).finished is finished
