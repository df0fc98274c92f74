"""Replies: the samples of the reference, and anything else that may come (reference 1 to 3)."""

import contextlib
import json
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudfs.errors import BadReply, CloudError
from cloudfs.providers.cloud689 import answers, wire
from cloudfs.providers.cloud689.answers import Licence
from cloudfs.providers.cloud689.auth import Team, chosen, session_of, teams_of, user_of
from cloudfs.providers.cloud689.connection import told
from cloudfs.providers.cloud689.refusals import NoSuchTeam, refusal
from cloudfs.providers.cloud689.times import Zones, hours_of, milliseconds, moment
from tests.providers.cloud689.service import FakeCloud689
from tests.support import listing

ZONES = Zones(-5.0)
SECOND = 10**9
AT = 1_441_887_031  # 2015/09/10 12:10:31 UTC

FILE = {
    "file_id": "73e047",
    "upload_file_id": "73e047",
    "title": "a.pdf",
    "description": "a.pdf",
    "is_encrypt": 0,
    "file_type": 1,
    "create_date": "2015/09/10 12:10:31",
    "modify_date": "2015/09/10 07:10:31",
    "file_size": 1871618,
    "status": 1,
    "in_recycle_bin": 0,
    "content_type": "application/pdf",
    "thumbnail": None,
}
EVENT = {
    "history_id": "f5b307",
    "user_id": "77ab09",
    "team_id": "0f3ae1",
    "file_ids": "7d2c9f",
    "category": 2,
    "history_type": 802,
    "project_id": "bf2ece",
    "create_date": "2015/09/11 03:19:12",
    "last_update": 1441959552000,
    "data": {
        "result": [{"id": "7d2c9f", "name": "a.pptx", "role": 0, "new_role": 0}],
        "description": "Move file",
        "type": "FILE",
        "parent": {"id": "bf2ece", "name": "Plans", "content_type": "application/project"},
        "user_action": {"user_id": "77ab09", "role_id": 1},
    },
    "server_time": "2015/09/11 12:44:21",
}

BROWSED: dict[str, Any] = {
    "member": [{"user_id": "77ab09", "project_role_id": 1, "status": 1}],
    "project": {"project_id": "bf2ece", "name": "Plans", "create_date": "2015/09/04 07:08:06"},
    "file_info": [
        {
            "id": "77550f",
            "name": "Drafts",
            "file_type": 0,
            "is_folder": True,
            "last_modified_date": None,
            "parent_folder_id": None,
            "file_size": 0,
            "status": 1,
            "is_encrypt": 0,
            "thumbnail": None,
            "content_type": None,
        },
        {
            "id": "68bfef",
            "name": "list.csv",
            "file_type": 5,
            "is_folder": False,
            "last_modified_date": "2015/09/08 05:54:01",
            "parent_folder_id": None,
            "file_size": 155,
            "status": 1,
            "is_encrypt": 0,
            "thumbnail": None,
            "content_type": "text/csv",
        },
    ],
}
LISTED = {
    "draw": "1",
    "total_result": 2,
    "data": [
        {
            "project_id": "e9ac04",
            "project_name": "Plans",
            "owner_id": "77ab09",
            "owner_name": "Ann Lee",
            "create_date": "2015/09/07 02:13:52",
            "number_file": 1,
            "number_member": 2,
            "link": None,
            "project_role_id": 1,
            "total_result": 2,
        }
    ],
}


def test_an_uploaded_file_has_two_zones():
    item = wire.stored(FILE, ZONES)
    assert (item.id, item.name, item.size) == ("73e047", "a.pdf", 1871618)
    assert item.created_ns == item.modified_ns == AT * SECOND
    assert (item.mime, item.protected, item.deleted) == ("application/pdf", False, False)


def test_a_described_file_is_in_utc():
    file = {**FILE, "modify_date": "2015/09/10 12:10:31", "is_encrypt": 1, "in_recycle_bin": 1}
    path = [{"folder_id": "a", "name": "A"}, {"folder_id": "b", "name": "B"}]
    described = wire.described({"file": file, "path": path}, ZONES)
    assert described.item.modified_ns == AT * SECOND
    assert (described.item.protected, described.item.deleted) == (True, True)
    assert described.path == (wire.Step("a", "A"), wire.Step("b", "B"))
    assert wire.described({"file": file, "path": [7]}, ZONES).path is None
    assert wire.described({"file": file}, ZONES).path is None


def test_a_listing_is_in_the_users_zone():
    found = wire.listing(BROWSED, ZONES)
    folder, file = found.items
    assert (folder.is_folder, folder.modified_ns, folder.size) == (True, None, 0)
    assert (file.is_folder, file.size, file.mime) == (False, 155, "text/csv")
    assert file.modified_ns == moment("2015/09/08 10:54:01")
    assert found.project_created_ns == moment("2015/09/04 07:08:06")
    assert (found.role_of("77ab09"), found.role_of("x")) == (1, None)


def test_projects_are_in_the_users_zone():
    page = wire.projects(LISTED, ZONES)
    (project,) = page.projects
    assert (project.id, project.name, project.role) == ("e9ac04", "Plans", 1)
    assert project.created_ns == moment("2015/09/07 07:13:52")
    assert (page.total, page.received) == (2, 1)
    assert wire.projects({**LISTED, "total_result": "2"}, ZONES).total == 2


def test_an_event_has_its_ids_from_outside():
    (event,) = answers.events([EVENT])
    assert (event.type, event.at, event.files) == (802, 1441959552000, ("7d2c9f",))
    assert (event.folders, event.parent) == ((), "bf2ece")
    (event,) = answers.events([{**EVENT, "file_ids": None, "folder_ids": ["a", " b ", 7, "c,d"]}])
    assert (event.files, event.folders) == ((), ("a", "b", "7"))


@pytest.mark.parametrize(
    "told", ["view-link/ab12", "ab12", {"link_id": "ab12"}, {"link": "x/ab12"}, {"id": "ab12"}]
)
def test_the_link_of_an_event_is_found(told: Any):
    (event,) = answers.events([{**EVENT, "data": {"link": told}}])
    assert event.link == "ab12"


def test_a_link_tells_only_whether_it_has_a_password():
    link = answers.link(
        {"link_id": "a", "password": "hush", "expiry_date": "2015/09/10 23:59:59"}, ZONES
    )
    assert link.password is True
    assert "hush" not in repr(link)
    assert link.expires_ns == moment("2015/09/11 04:59:59")


def test_a_licence_of_status_0_is_none():
    told = {
        "printable": 2,
        "editable": "1",
        "local_copies": 0,
        "document_expiry_date": "2030/01/02",
    }
    assert answers.licence({**told, "status": 0}) is None
    assert answers.licence({}) is None
    assert answers.licence(None) is None
    assert answers.licence({**told, "status": 1}) == Licence(2, 1, 0, "2030/01/02", None)


def test_states_of_a_protection():
    rows = [{"file_id": "a", "status_encode": 2}, {"file_id": "b", "status_encode": "3"}, {}, 7]
    assert answers.encodings(rows) == {"a": 2, "b": 3}


# Times ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("2015/09/10 12:10:31", AT),
        (" 2015/09/10 12:10:31 ", AT),
        ("2015-09-10T12:10:31", AT),
        ("2015/09/10 12:10:31.5", AT),
        ("2015/9/10 12:10:31", AT),
        ("2015/09/10", AT - 43831),
        ("2015/13/10 12:10:31", None),
        ("2015/09/10 25:10:31", None),
        ("1969/01/01 00:00:00", None),
        ("9999/01/01 00:00:00", None),
        ("yesterday", None),
        ("", None),
        (None, None),
        (7, None),
    ],
)
def test_moments(text: Any, seconds: int | None):
    assert moment(text) == (None if seconds is None else seconds * SECOND)


@pytest.mark.parametrize(
    ("told", "hours"),
    [(9, 9.0), ("-5", -5.0), (5.5, 5.5), (None, 0.0), (99, 0.0), (True, 0.0), (float("nan"), 0.0)],
)
def test_zones(told: Any, hours: float):
    assert hours_of(told) == hours


def test_a_zone_of_half_an_hour():
    zones = Zones(5.5)
    assert zones.user("2015/09/10 17:40:31") == AT * SECOND
    assert zones.day(AT * SECOND) == "2015/09/10"
    assert zones.day((AT + 7 * 3600) * SECOND) == "2015/09/11"


@given(st.integers(1, 2**33), st.sampled_from([-11.0, -5.0, 0.0, 1.0, 5.5, 9.0]))
def test_one_time_in_two_zones_has_one_mark(seconds: int, hours: float):
    zones = Zones(hours)
    there = seconds * SECOND + round(hours * 3600) * SECOND
    assert zones.stamp(seconds * SECOND) == zones.stamp(there)


def test_milliseconds():
    assert milliseconds("1441959552000") == 1441959552000
    assert milliseconds(-1) is None
    assert milliseconds(10**30) is None


# Signing in -------------------------------------------------------------------------------


def test_teams():
    teams = teams_of([{"team_id": "a", "team_name": "A"}, {"team_id": "b"}, {}, None])
    assert teams == (Team("a", "A"), Team("b", ""))
    assert chosen(teams, "A") == "a"
    assert chosen(teams, "b") == "b"
    for wanted in ("", "C"):
        with pytest.raises(NoSuchTeam):
            chosen(teams, wanted)
    with pytest.raises(NoSuchTeam):
        chosen((Team("a", "A"), Team("b", "A")), "A")


def test_of_a_user_only_what_is_needed_is_kept():
    user = user_of({"user_id": "u", "time_zone": -5, "password_hash": "5f4dcc"}, browse="user")
    assert "5f4dcc" not in repr(user)
    assert (user.id, user.zones) == ("u", Zones(-5.0))


# Anything else ----------------------------------------------------------------------------

NAMES = sorted(
    {
        *("result", "status_code", "description", "total_records", "data", "file", "path"),
        *("file_info", "member", "project", "link", "link_id", "team_id", "session_id"),
        *("id", "name", "is_folder", "folder_id", "status_encode", "comment_id", "text"),
        *FILE,
        *EVENT,
        *LISTED,
        *BROWSED["file_info"][0],
        *LISTED["data"][0],  # type: ignore[index]
    }
)
LEAVES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.sampled_from(["2015/09/10 12:10:31", "a,b", "1", "", "view-link/x", "\ud800", "a/b"])
)
JSON = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(NAMES) | st.text(max_size=3), inner, max_size=8)
    ),
    max_leaves=30,
)

READERS = {
    "projects": lambda value: wire.projects(value, ZONES),
    "project": lambda value: wire.project(value, ZONES),
    "listing": lambda value: wire.listing(value, ZONES),
    "items": lambda value: wire.items(value, ZONES),
    "described": lambda value: wire.described(value, ZONES),
    "stored": lambda value: wire.stored(value, ZONES),
    "folder": lambda value: wire.folder(value, ZONES),
    "events": answers.events,
    "made_link": answers.made_link,
    "link": lambda value: answers.link(value, ZONES),
    "licence": answers.licence,
    "encodings": answers.encodings,
    "comments": answers.comments,
    "teams": teams_of,
    "session": session_of,
    "user": lambda value: user_of(value, browse="user"),
}


def near(sample: dict[str, Any]) -> st.SearchStrategy[Any]:
    """*sample* with a few of its members replaced."""
    return st.dictionaries(st.sampled_from(sorted(sample)), JSON, max_size=3).map(
        lambda changed: {**sample, **changed}
    )


ANSWERS = (
    JSON
    | near(FILE)
    | near(LISTED)
    | near(BROWSED)
    | st.lists(near(EVENT), max_size=2)
    | near({"file": FILE, "path": []})
    | near(BROWSED["file_info"][1]).map(lambda row: {"file_info": [row]})
)


@pytest.mark.parametrize("reader", READERS)
@given(value=ANSWERS)
def test_no_answer_raises_anything_but_bad_reply(reader: str, value: Any):
    with contextlib.suppress(BadReply):
        READERS[reader](value)


@given(
    st.integers(100, 599),
    st.binary(max_size=50) | ANSWERS.map(lambda value: json.dumps(value).encode()),
    st.sampled_from(["project/f/browse", "project/f/move", "upload", "user/login"]),
)
def test_no_body_raises_anything_but_our_errors(status: int, body: bytes, call: str):
    with contextlib.suppress(CloudError):
        told(status, body, call)


@given(st.integers(), st.lists(st.text(), max_size=3), st.text())
def test_no_refusal_is_beyond_us(code: int, texts: list[str], call: str):
    assert isinstance(refusal(code, texts, call), CloudError)


@pytest.mark.parametrize(
    "body", [b"", b"\xff", b"[" * 100_000, b"null", b"[]", b'{"status_code": true}', b'{"a": 1}']
)
async def test_an_answer_without_a_code_is_none(service: FakeCloud689, body: bytes):
    provider = service.provider()
    service.fail("project/f/browse", httpx.Response(200, content=body))
    with pytest.raises(BadReply):
        await listing(provider, service.top())
