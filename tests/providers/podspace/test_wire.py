"""Replies as dataclasses, and nothing but a BadReply, or what is refused, for nonsense."""

import json
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudfs.errors import BadReply, CloudError
from cloudfs.http.client import Reply
from cloudfs.model import EntryId, Kind
from cloudfs.providers.podspace import answers, batch, refusals, tokens, tus, values, wire
from cloudfs.providers.podspace.changes import _parsed
from cloudfs.providers.podspace.places import ROOT, Places, version_of

MEMBERS = [
    *("status", "result", "hasError", "errorCode", "error", "message", "list", "count", "entity"),
    *("breadcrumb", "hash", "hashCode", "name", "extension", "type", "size", "parentHash"),
    *("created", "updated", "version", "owner", "uploader", "username", "thumbnail", "isPublic"),
    *("accessLevel", "files", "folders", "level", "person", "expiration", "hasPassword", "kind"),
    *("members", "authority", "user", "folder", "organization", "storageLimit", "storageUsage"),
    *("canUpload", "access_token", "refresh_token", "expires_in", "results", "payload", "body"),
]

plain = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(min_value=-(10**400), max_value=10**400)
    | st.floats()
    | st.text(st.characters(), max_size=20)
    | st.sampled_from([wire.FOLDER_TYPE, "VIEW", "EDIT", "PUBLIC", "ROOT", "..", "a/b", "H1", "H2"])
    | st.sampled_from(["2030-01-01", "9999-12-31", "0001-01-01", "2030-02-30", "٣", "FILE_NOT"])
)
entities = st.fixed_dictionaries(
    {"hash": st.sampled_from(["H1", "H2", "ROOT", ""]), "size": plain, "type": plain},
    optional=dict.fromkeys(sorted(set(MEMBERS[12:28]) - {"hash", "size", "type"}), plain),
)
replies = st.recursive(
    plain | entities,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(MEMBERS), inner, max_size=8)
    ),
    max_leaves=12,
)


def children(value: Any) -> object:
    places = Places({})
    page = wire.page(value, wire.entity)
    return [*places.children(page, ROOT), *places.children(page, EntryId("H1"))]


FUNCTIONS: list[Callable[[Any], object]] = [
    wire.result,
    wire.entity,
    wire.optional_entity,
    children,
    wire.affected,
    wire.failed,
    wire.versions,
    wire.address,
    answers.share,
    answers.shares,
    lambda value: wire.page(value, answers.share),
    answers.activity,
    lambda value: wire.page(value, answers.activity),
    answers.teams,
    answers.username,
    answers.quota,
    answers.can_upload,
    tokens.tokens,
    batch._answers,
]


@given(replies)
def test_no_reply_makes_anything_raise_but_bad_reply(value: object):
    for function in FUNCTIONS:
        with suppress(BadReply):
            function(value)


@given(st.binary() | replies.map(lambda value: json.dumps(value).encode()), st.integers(200, 599))
def test_no_body_makes_a_judgement_raise_but_an_error_of_ours(body: bytes, status: int):
    for key in ("folder.list", "entry.trash", "file.upload"):
        with suppress(CloudError):
            refusals.check(Reply(status, {}, body), key)
        with suppress(CloudError):
            refusals.check_later(Reply(status, {}, body), key)


@given(st.dictionaries(st.sampled_from(["payload", "status", "body"]), replies))
def test_no_row_of_a_batch_raises_anything(row: dict[str, Any]):
    assert batch._treated(row, "entry.trash") in {True, False}


@given(st.text(st.characters(), max_size=40) | st.sampled_from(["http://[::1", "//h/k", "?", "#"]))
def test_no_address_of_an_upload_leads_elsewhere(location: str):
    with suppress(BadReply):
        url = tus.located("https://pod.test/api/files/resumable_upload", location)
        assert url.startswith("https://pod.test/")
        assert tus.Begun([], url).key


@given(st.none() | st.text(max_size=30) | replies.map(json.dumps))
def test_no_saved_state_raises_anything(saved: str | None):
    assert tus.resumed(saved, ["x"]) is None
    if saved is not None:
        _parsed(saved)


@pytest.mark.parametrize(
    "body", [b"<html>", b"[" * 100_000, b'{"a":' * 100_000, b"9" * 5000, b'"\xff"']
)
def test_a_body_that_is_no_json_is_a_bad_reply(body: bytes):
    with pytest.raises(BadReply):
        values.decoded(body)


FILE = {
    "hash": "UJMUIT4M194C5WLJ",
    "name": "photo",
    "extension": "png",
    "type": "image/png",
    "size": 1569454,
    "parentHash": "6MIPH7UM1P7OIZ2L",
    "created": 1700000200000,
    "updated": 1700000300000,
    "version": 1,
    "thumbnail": "THUMBNAIL_EXIST_PNG",
    "attributes": [],
    "owner": {"username": "sara", "name": "Sara", "ssoId": 42, "roles": []},
    "uploader": {"username": "reza"},
    "isPublic": True,
    "isBookmarked": True,
}
FOLDER = {"hash": "RKBYIGMPW2ZIDQLI", "name": "Posts.d", "extension": "", "type": wire.FOLDER_TYPE}


def test_a_file_is_told_whole():
    entry = Places({"root_hash": "6MIPH7UM1P7OIZ2L"}).entry(wire.entity(FILE))
    assert entry.id == "UJMUIT4M194C5WLJ"
    assert entry.parent_id == "ROOT"
    assert (entry.name, entry.kind, entry.size) == ("photo.png", Kind.FILE, 1569454)
    assert entry.version == "1"
    assert entry.created_ns == 1700000200000 * 10**6
    assert entry.modified_ns == 1700000300000 * 10**6
    assert entry.mime == "image/png"
    assert entry.writable
    assert entry.extra == {
        "public": "1",
        "bookmark": "1",
        "thumbnail": "1",
        "owner": "sara",
        "uploader": "reza",
    }


def test_a_folder_needs_no_more_than_its_hash_and_type():
    entry = Places({}).entry(wire.entity(FOLDER))
    assert (entry.name, entry.kind, entry.size, entry.version) == ("Posts.d", Kind.FOLDER, 0, "")
    assert entry.parent_id is None
    assert entry.mime is None


@pytest.mark.parametrize(
    ("name", "extension", "whole"),
    [
        ("a.tar", "gz", "a.tar.gz"),
        ("", "bashrc", ".bashrc"),
        ("README", "", "README"),
        ("README", None, "README"),
    ],
)
def test_a_file_is_called_by_name_and_extension(name: str, extension: str | None, whole: str):
    assert wire.entity({**FILE, "name": name, "extension": extension}).name == whole


def test_the_hash_of_older_answers_is_understood():
    legacy = {key: value for key, value in FILE.items() if key != "hash"}
    assert wire.entity({**legacy, "hashCode": "H1"}).hash == "H1"


@pytest.mark.parametrize(
    ("told", "version"), [(3, "3"), ("3", "3"), (0, "0"), (None, "1700000300000000000.1569454")]
)
def test_a_version_is_its_number_or_what_changes_with_the_content(told: Any, version: str):
    assert version_of(wire.entity({**FILE, "version": told})) == version


@pytest.mark.parametrize(
    "hash_", ["", "a/b", "a,b", "..", ".", "a b", "\u0661", 'a"', "a" * 300, 7]
)
def test_a_hash_that_cannot_be_one_makes_no_entry(hash_: object):
    with pytest.raises(BadReply):
        wire.entity({**FILE, "hash": hash_})


def test_half_a_surrogate_pair_is_replaced():
    assert wire.entity({**FOLDER, "name": "a\ud800b"}).name == "a\ufffdb"


def test_one_bad_entry_does_not_hide_the_others():
    page = wire.page({"list": [FILE, {"name": "?"}, FOLDER], "count": 3}, wire.entity)
    assert [entity.name for entity in page.items] == ["photo.png", "Posts.d"]
    assert page.received == 3


def test_versions_of_which_none_is_usable_are_no_versions():
    with pytest.raises(BadReply):
        wire.versions([{"hash": "V1", "version": 0}])
    assert len(wire.versions([{"hash": "V1"}, {"hash": "V2", "version": 0, "size": 1}])) == 1


@pytest.mark.parametrize("value", [None, {}, {"list": None}, {"list": [], "count": 0}, []])
def test_nothing_is_an_empty_page(value: object):
    assert wire.page(value, wire.entity).items == ()


@pytest.mark.parametrize(
    ("value", "count"), [(None, 1), (True, 1), (False, 0), (0, 0), (3, 3), ("2", 2)]
)
def test_a_count_is_understood_in_all_its_forms(value: object, count: int):
    assert wire.affected(value) == count


@pytest.mark.parametrize(
    ("value", "failed"),
    [
        (None, False),
        (True, False),
        (False, True),
        (FILE, False),
        ({"files": [], "folders": []}, False),
        ({"files": [{"hash": "H1", "name": "x"}], "folders": []}, True),
        ({"files": [], "folders": ["H1"]}, True),
    ],
)
def test_a_failed_move_is_one_with_something_in_its_arrays(value: object, failed: bool):
    assert wire.failed(value) is failed


def test_versions_are_sorted_by_their_number():
    rows = [{"hash": f"V{n}", "version": n, "size": n} for n in (1, 3, 0, 2)]
    assert [version.number for version in wire.versions(rows)] == [3, 2, 1, 0]
    assert wire.versions(None) == ()


def test_the_root_is_learned_from_whatever_tells_it():
    for page in (
        {"entity": {**FOLDER, "hash": "R1"}, "list": []},
        {"breadcrumb": [{"hash": "R1"}], "list": []},
        {"list": [{**FILE, "parentHash": "R1"}]},
    ):
        places = Places({})
        places.children(wire.page(page, wire.entity), ROOT)
        assert places.root_hash == "R1"
        assert places.is_root(EntryId("R1"))


def test_what_cannot_be_in_a_folder_is_left_out_of_it():
    places = Places({"root_hash": "R1"})
    rows = [{**FOLDER, "hash": hash_} for hash_ in ("R1", "ROOT", "H1", "H2")]
    page = wire.page({"list": rows}, wire.entity)
    assert [entry.id for entry in places.children(page, EntryId("H1"))] == ["H2"]


def test_children_of_a_folder_that_may_only_be_viewed_cannot_be_written():
    places = Places({})
    page = wire.page({"entity": {**FOLDER, "accessLevel": "VIEW"}, "list": [FILE]}, wire.entity)
    (child,) = places.children(page, EntryId("RKBYIGMPW2ZIDQLI"))
    assert not child.writable
    again = wire.entity({**FILE, "parentHash": "RKBYIGMPW2ZIDQLI"})
    assert not places.entry(again).writable
    assert places.entry(wire.entity(FILE), folder_id=ROOT).writable is False  # it is known by now
    edit = wire.page({"entity": {**FOLDER, "accessLevel": "EDIT"}, "list": [FILE]}, wire.entity)
    places = Places({})
    (child,) = places.children(edit, EntryId("RKBYIGMPW2ZIDQLI"))
    assert child.writable


@pytest.mark.parametrize("value", ["2030-01-01", "2030-01-01T00:00:00Z"])
def test_a_day_is_its_beginning(value: str):
    assert values.day(value) == 1_893_456_000 * 10**9


@pytest.mark.parametrize("value", [None, "", "tomorrow", "2030-02-30", 5])
def test_what_is_no_day_is_none(value: object):
    assert values.day(value) is None


def test_a_list_of_organisations_leaves_out_those_without_a_folder():
    rows = [
        {"hash": "T0", "name": "no folder"},
        {
            "hash": "T1",
            "organization": "O1",
            "name": "Lab",
            "folder": "TF1",
            "owner": {"username": "sara"},
            "members": [{"authority": "guest", "user": {"username": "ali"}}, {}, 5],
        },
        {"hash": "T2", "folder": "TF2"},
    ]
    lab, nameless = answers.teams(rows)
    assert (lab.hash, lab.name, lab.folder, lab.owner) == ("O1", "Lab", "TF1", "sara")
    assert lab.members == (("ali", "GUEST"),)
    assert nameless.name == "T2"
