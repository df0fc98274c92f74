"""Reference 3.18: search by name or mark."""

import pytest

from cloudfs.emulators.server import Running
from tests.emulators.asus.client import TIMES, USER, Client, Reply, body


async def search(api: Client, slash: str = "", **fields: object) -> Reply:
    text = body("sqlquery", **{"userid": USER, "kind": 2, **fields})
    return Reply(await api.send(f"/fulltext/sqlquery/{api.token}{slash}", text))


async def names(api: Client, **fields: object) -> list[str]:
    found = await search(api, **fields)
    assert found.status == 0
    return found.all("entry/rawentryname")


@pytest.fixture
async def filled(api: Client, running: Running) -> None:
    emulator = running.emulator
    emulator.write("/Report.txt", b"1")
    emulator.write("/reports/my report.PDF", b"22")
    emulator.write("/reports/old/else", b"333")
    emulator.write("/gone report", b"")
    emulator.remove("/gone report")
    await api.upload(0, "report at home", b"4444")


@pytest.mark.parametrize("slash", ["", "/"])
async def test_an_entry_that_is_found(api: Client, filled: None, slash: str):
    found = await search(api, slash, keyword="REPORT", pagesize=1)
    assert found.tags() == ["status", "total", "entry"]
    assert found["total"] == "3"
    assert found.response.text.partition("<entry>")[2] == (
        "<id>5001</id><parent>1001</parent><rawentryname>Report.txt</rawentryname>"
        "<kind>2</kind><isinfected>0</isinfected><time>2023-11-14 22:13:20</time>"
        "<ispublic>0</ispublic><isorigdeleted>0</isorigdeleted>"
        f"<attribute>{TIMES}</attribute><size>1</size>"
        "<lastchangetime>1700000000000</lastchangetime></entry></sqlquery>"
    )


@pytest.mark.parametrize(
    ("fields", "found"),
    [
        ({"keyword": "report"}, ["Report.txt", "my report.PDF", "report at home"]),
        ({"keyword": "report", "kind": 1}, ["reports"]),
        ({"keyword": ""}, ["Report.txt", "my report.PDF", "else", "report at home"]),
        ({"kind": 1}, ["MySyncFolder", "reports", "old"]),
        ({"keyword": "nothing"}, []),
        ({"keyword": "%"}, []),
        ({"keyword": "report", "ext": "pdf txt"}, ["Report.txt", "my report.PDF"]),
        ({"keyword": "report", "ext": "PDF"}, ["my report.PDF"]),
        ({"ancestorid": 1002}, ["my report.PDF", "else"]),
        ({"ancestorid": 1002, "kind": 1}, ["old"]),
        ({"ancestorid": 0}, ["report at home"]),
        ({"ancestorid": 900}, []),
        ({"pagesize": 2}, ["Report.txt", "my report.PDF"]),
        ({"pagesize": 2, "offset": 3}, ["report at home"]),
        ({"offset": 9}, []),
        ({"orderby": "size", "descending": 1, "pagesize": 2}, ["report at home", "else"]),
        ({"orderby": "name"}, ["else", "my report.PDF", "report at home", "Report.txt"]),
        ({"orderby": "colour"}, ["Report.txt", "my report.PDF", "else", "report at home"]),
    ],
)
async def test_what_is_found(api: Client, filled: None, fields: dict[str, object], found: list):
    assert await names(api, **fields) == found


async def test_marks_are_found(api: Client, filled: None):
    mark = "/fsentry/setentrymark/"
    await api.ok(mark, isfolder=0, entryid=5002, markid="1 2", userid=None)
    await api.ok(mark, isfolder=1, entryid=1002, markid="1", userid=None)
    assert await names(api, markid=1) == ["my report.PDF"]
    assert await names(api, markid=2, kind=1) == []
    assert await names(api, markid=1, kind=1) == ["reports"]
    assert (await search(api, markid=1))["entry/marks"] == "1 2"


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"keyword": "a", "markid": 1}, 3),
        ({"kind": ""}, 225),
        ({"kind": 0}, 235),
        ({"kind": 3}, 235),
        ({"pagesize": 0}, 225),
        ({"offset": -1}, 225),
        ({"ancestorid": "x"}, 225),
        ({"ancestorid": 4711}, 218),
        ({"userid": ""}, 225),
        ({"userid": "other@example.com"}, 2),
    ],
)
async def test_a_search_that_cannot_be(api: Client, fields: dict[str, object], status: int):
    found = await search(api, **fields)
    assert (found.root.tag, found.status) == ("sqlquery", status)


async def test_everybody_finds_his_own(api: Client, other: Client, filled: None):
    text = body("sqlquery", userid=other.user, keyword="report", kind=2)
    assert Reply(await other.send(f"/fulltext/sqlquery/{other.token}", text))["total"] == "0"
