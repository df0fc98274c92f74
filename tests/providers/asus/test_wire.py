"""Replies as dataclasses: the reference's examples, and nothing but BadReply for nonsense."""

import base64
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, timedelta, timezone
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudfs.errors import BadReply, CloudError, NotFound
from cloudfs.http.client import Reply
from cloudfs.model import EntryId, Kind, Quota
from cloudfs.providers.asus import answers, values, wire
from cloudfs.providers.asus.attributes import attribute
from cloudfs.providers.asus.entries import Entries, version
from cloudfs.providers.asus.exchange import answered, refused
from cloudfs.providers.asus.ids import Ref, number, ref
from cloudfs.providers.asus.paging import Course
from cloudfs.providers.asus.relay import Announcement
from cloudfs.providers.asus.tickets import Identity, Ticket, marker, resumed

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

SECOND = 10**9
STAMP = 1_704_164_645 * SECOND  # 2024-01-02 03:04:05

LISTING = """<?xml version="1.0" encoding="utf-8"?>
<browse>
  <status>0</status>
  <rawfoldername>MySyncFolder</rawfoldername>
  <parent>-5</parent>
  <rootfolderid>-5</rootfolderid>
  <page><pageno>1</pageno><pagesize>2</pagesize><totalcount>2</totalcount>
  <hasnextpage>0</hasnextpage></page>
  <folder>
    <id>1002</id><rawfoldername>docs</rawfoldername><treesize>6</treesize>
    <isgroupaware>0</isgroupaware><isbackup>0</isbackup><isorigdeleted>0</isorigdeleted>
    <ispublic>0</ispublic><createdtime>2024-01-02 03:04:05</createdtime><markid></markid>
  </folder>
  <file>
    <id>5001</id><rawfilename>résumé.txt</rawfilename><isgroupaware>0</isgroupaware>
    <size>6</size><isbackup>0</isbackup><isorigdeleted>0</isorigdeleted><isinfected>0</isinfected>
    <ispublic>0</ispublic><headversion>1</headversion><createdtime>2024-01-02 03:04:05</createdtime>
    <markid>1</markid>
  </file>
  <owner>user@example.com</owner>
</browse>"""

INFO = """<getentryinfo>
  <status>0</status><isfolder>0</isfolder><display>cmVhZG1lLnR4dA==</display>
  <parent>1001</parent><isbackup>0</isbackup>
  <attribute><creationtime>1313054123</creationtime><lastaccesstime>1313054124</lastaccesstime>
  <lastwritetime>1313054125</lastwritetime></attribute>
  <mimetype>text/plain</mimetype><isinfected>0</isinfected><filesize>6</filesize>
  <createdtime>2024-01-02 03:04:05</createdtime><headversion>1</headversion>
</getentryinfo>"""


def root_of(text: str) -> "Element":
    return wire.parsed(text.encode())


# The reference's examples -----------------------------------------------------------------------


def test_a_listing_is_read_whole():
    listing = wire.listing(root_of(LISTING))
    assert (listing.name, listing.parent, listing.tree) == ("MySyncFolder", "-5", "-5")
    assert (listing.page, listing.more, listing.total) == (1, False, 2)
    assert (listing.owner, listing.received) == ("user@example.com", 2)
    folder, file = listing.entries
    assert (folder.kind, folder.number, folder.name) == (Kind.FOLDER, "1002", "docs")
    assert (folder.size, folder.stamp_ns) == (0, STAMP)
    assert dict(folder.extra) == {"treesize": "6", "createdtime": "2024-01-02 03:04:05"}
    assert (file.kind, file.number, file.name) == (Kind.FILE, "5001", "résumé.txt")
    assert (file.size, file.head, file.modified_ns, file.attribute) == (6, "1", None, None)
    assert file.extra["markid"] == "1"


def test_an_entry_is_read_whole():
    file = wire.info(root_of(INFO), Kind.FILE, "5001")
    assert (file.number, file.name, file.parent) == ("5001", "readme.txt", "1001")
    assert (file.size, file.head, file.mime, file.stamp_ns) == (6, "1", "text/plain", STAMP)
    assert file.attribute is not None
    assert file.attribute.written_ns == 1_313_054_125 * SECOND
    assert file.attribute.created_ns == 1_313_054_123 * SECOND
    entry = Entries().entry(file, Ref(Kind.FILE, "5001"))
    assert (entry.id, entry.parent_id, entry.version) == ("f5001", "d1001", "1")
    assert (entry.modified_ns, entry.created_ns) == (
        1_313_054_125 * SECOND,
        1_313_054_123 * SECOND,
    )


def test_an_entry_of_a_private_installation_may_say_less():
    told = "<browse><status>0</status><file><id>5</id><rawfilename>a</rawfilename><size>1</size>"
    (file,) = wire.listing(root_of(told + "<headversion>3</headversion></file></browse>")).entries
    assert (file.name, file.size, file.head, file.stamp) == ("a", 1, "3", "")


def test_what_is_not_known_is_ignored_and_what_is_spelt_otherwise_understood():
    told = """<browse><status>0</status><scrip>17</scrip><logmessage/><unknown><id>1</id></unknown>
      <file><id> 0005001 </id><display>cmVhZG1lLnR4dA==</display><size> 6 </size>
      <headversion>2</headversion><lastmodifiedtime>1313054125</lastmodifiedtime>
      <marks>1,4 7</marks><storageType>x</storageType></file></browse>"""
    (file,) = wire.listing(root_of(told)).entries
    assert (file.number, file.name, file.size, file.head) == ("5001", "readme.txt", 6, "2")
    assert file.modified_ns == 1_313_054_125 * SECOND
    assert file.extra["markid"] == "1 4 7"


def test_plain_names_win_over_encoded_ones_and_keep_their_blanks():
    told = "<file><id>1</id><rawfilename> a &amp; b </rawfilename><display>eA==</display>"
    file = wire.listed(root_of(told + "<size>0</size></file>"))
    assert file.name == " a & b "


@pytest.mark.parametrize("name", ["a/b", ".", "..", "/"])
def test_a_hostile_name_is_left_out_and_the_rest_of_the_listing_stays(name: str):
    told = LISTING.replace(">docs<", f">{name}<")
    listing = wire.listing(root_of(told))
    assert [entry.name for entry in listing.entries] == ["résumé.txt"]
    assert listing.received == 2
    only = told.replace(">résumé.txt<", ">..<")
    assert wire.listing(root_of(only)).entries == ()


def test_an_entry_without_the_indispensable_is_left_out():
    told = LISTING.replace("<id>1002</id>", "<id>x</id>")
    assert [entry.number for entry in wire.listing(root_of(told)).entries] == ["5001"]


def test_a_listing_of_which_nothing_can_be_read_is_no_empty_folder():
    told = LISTING.replace("<id>1002</id>", "").replace("<id>5001</id>", "")
    with pytest.raises(BadReply):
        wire.listing(root_of(told))


@pytest.mark.parametrize("missing", ["display", "filesize"])
def test_what_an_entry_cannot_do_without_is_required(missing: str):
    told = INFO.replace(f"<{missing}>", "<x>").replace(f"</{missing}>", "</x>")
    with pytest.raises(BadReply):
        wire.info(root_of(told), Kind.FILE, "5001")


def test_a_file_without_any_version_is_a_bad_reply():
    told = INFO.replace("headversion", "x").replace("createdtime", "y")
    described = wire.info(root_of(told), Kind.FILE, "5001")
    with pytest.raises(BadReply):
        version(described)


@pytest.mark.parametrize(
    ("type_", "kind"),
    [
        ("system.file", Kind.FILE),
        ("system.folder", Kind.FOLDER),
        ("system.notfund", None),
        ("system.notfound", None),
        ("system.something", None),
        ("", None),
    ],
)
def test_whatever_is_neither_file_nor_folder_is_not_found(type_: str, kind: Kind | None):
    told = f"<propfind><status>0</status><size>6</size><type>{type_}</type><id>5001</id></propfind>"
    found = wire.located(root_of(told))
    assert (None if found is None else found.kind) == kind


def test_a_sign_in_is_read_whole():
    told = """<aaa><status>0</status><token>k3v9q0x7m2c8z1ab</token>
      <inforelay>ird01.asuswebstorage.com</inforelay><webrelay>wrb01.asuswebstorage.com</webrelay>
      <searchserver>ssd01.asuswebstorage.com</searchserver><credential></credential>
      <package><id>19</id><display>EeePC-20G</display><capacity>20000</capacity>
      <maxfilesize>500</maxfilesize><expire>2030-01-01 00:00:00</expire></package>
      <time>1700000000123</time></aaa>"""
    signed = answers.signed_in(root_of(told))
    assert (signed.token, signed.inforelay) == ("k3v9q0x7m2c8z1ab", "ird01.asuswebstorage.com")
    assert (signed.webrelay, signed.searchserver) == (
        "wrb01.asuswebstorage.com",
        "ssd01.asuswebstorage.com",
    )
    assert (signed.largest_file, signed.package) == (500 * 1024 * 1024, "EeePC-20G")
    assert "k3v9" not in repr(signed)


def test_space_is_told_in_megabytes():
    told = """<getinfo><status>0</status><package><capacity>20000</capacity></package>
      <usedcapacity>12</usedcapacity><freecapacity>19988</freecapacity></getinfo>"""
    mb = 1_048_576
    assert answers.quota(root_of(told)) == Quota(total=20000 * mb, used=12 * mb, free=19988 * mb)
    assert answers.quota(root_of("<getinfo><status>0</status></getinfo>")) == Quota()


@pytest.mark.parametrize(
    ("told", "file"), [("", None), ("0", None), ("-1", None), ("5001", "5001"), ("x", None)]
)
def test_an_upload_is_complete_if_it_has_a_file(told: str, file: str | None):
    state = f"<transid>tx-7f3a</transid><offset>7</offset><fileid>{told}</fileid>"
    read = answers.upload(root_of(f"<a>{state}</a>"))
    assert (read.transaction, read.offset, read.file) == ("tx-7f3a", 7, file)
    assert read.latest_checksum is None


def test_copies_and_failures_are_told_apart():
    told = "<fileid>5101</fileid><failid>5002</failid><failid>5003</failid>"
    assert answers.copied(root_of(f"<copy>{told}</copy>")) == (("5101",), ("5002", "5003"))


def test_a_share_is_read_whole():
    told = """<setadvancedsharecode><status>0</status><scrip>1700000000123</scrip>
      <sharecode>A1b2C3d4E5f6G7h8</sharecode><ispasswordneeded>1</ispasswordneeded>
      <isgroupaware>0</isgroupaware><shareforuserid>a@x</shareforuserid>
      <invaliduserid>b</invaliduserid><expiredtime>2024-01-02 03:04:05</expiredtime>
      <folderquota></folderquota></setadvancedsharecode>"""
    assert answers.share_state(root_of(told)) == answers.ShareState(
        code="A1b2C3d4E5f6G7h8",
        password=True,
        members=("a@x",),
        unknown_members=("b",),
        expires_ns=STAMP,
    )


@pytest.mark.parametrize(("told", "kind"), [("0", Kind.FILE), ("1", Kind.FOLDER)])
def test_numbers_for_kinds_differ_from_call_to_call(told: str, kind: Kind):
    """Reference 1.8: entrytype 1 is a folder here, as isfolder is; kind is 1 for a folder too,
    but 2 for a file."""
    code = f"<entryid>7</entryid><entrytype>{told}</entrytype>"
    assert answers.by_share_code(root_of(f"<a>{code}</a>")).kind is kind
    name = "<rawentryname>x</rawentryname>"
    share = f"<entry><id>7</id><isfolder>{told}</isfolder>{name}</entry>"
    assert answers.shared_page(root_of(f"<a>{share}</a>")).entries[0].kind is kind
    search = {"0": "2", "1": "1"}[told]
    hit = f"<entry><id>7</id><kind>{search}</kind>{name}<size>1</size></entry>"
    assert wire.hits(root_of(f"<a>{hit}</a>")).entries[0].kind is kind


@pytest.mark.parametrize("element", ["changeseq", "changepseq"])
def test_the_change_sequence_has_two_spellings(element: str):
    told = f"<a><syncfolder><folderid>1001</folderid><{element}>42</{element}></syncfolder></a>"
    assert wire.sequences(root_of(told)) == {"1001": 42}


def test_emptiness_is_told_for_each_folder():
    told = """<ischildrenexist><status>0</status>
      <requestfolder><id>1002</id><childrenexist>0</childrenexist></requestfolder>
      <requestfolder><id>1004</id><childrenexist>1</childrenexist></requestfolder>
      <requestfolder><id>1005</id></requestfolder></ischildrenexist>"""
    assert wire.children_exist(root_of(told)) == {"1002": False, "1004": True, "1005": True}


# The attribute blob (1.11) ----------------------------------------------------------------------

OTHERS = '<finfo a="1">x &amp; &lt;y&gt;</finfo><deep><er>1</er></deep><empty></empty>'


@pytest.mark.parametrize("is_text", [False, True])
def test_what_others_keep_in_the_blob_stays_as_it_is(is_text: bool):
    blob = f"<lastwritetime>5</lastwritetime>{OTHERS}<creationtime>4</creationtime>"
    sent = escape(blob) if is_text else blob
    read = attribute(root_of(f"<attribute>{sent}</attribute>"))
    assert read.xml == blob
    assert (read.written_ns, read.created_ns) == (5 * SECOND, 4 * SECOND)
    assert read.timed(written=9).xml == blob.replace(">5<", ">9<")
    assert read.timed(accessed=7).xml == f"{blob}<lastaccesstime>7</lastaccesstime>"


@pytest.mark.parametrize("told", ["", "text", "<a>", "&lt;a&gt;", "&lt;lastwritetime&gt;"])
def test_a_blob_that_makes_no_sense_is_empty(told: str):
    text = f"<attribute>{told.replace('<a>', '&lt;a&gt;&lt;/b&gt;')}</attribute>"
    assert attribute(root_of(text)).xml == ""


def test_times_in_the_blob_may_be_nonsense():
    read = attribute(root_of("<attribute><lastwritetime>yesterday</lastwritetime></attribute>"))
    assert read.written_ns is None


# Values -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("told", "nanoseconds"),
    [
        ("2024-01-02 03:04:05", STAMP),
        ("2024-01-02 03:04:05.250", STAMP + SECOND // 4),
        ("2024-01-02 03:04:05:250", STAMP + SECOND // 4),
        (" 2024-01-02 03:04:05 ", STAMP),
        ("1969-12-31 23:59:59", -SECOND),
        *(("2024-02-30 00:00:00", None), ("2024-01-02", None), ("", None), (None, None)),
        *(("9999-01-01 00:00:00", None), ("0001-01-01 00:00:00", None)),
        ("٢٠٢٤-01-02 03:04:05", None),
    ],
)
def test_dates_are_read_as_the_reference_has_them(told: str | None, nanoseconds: int | None):
    assert values.moment(told, UTC) == nanoseconds


def test_the_zone_of_dates_can_be_set():
    taipei = timezone(timedelta(hours=8))
    assert values.moment("2024-01-02 11:04:05", taipei) == STAMP


@pytest.mark.parametrize(
    ("told", "nanoseconds"),
    [
        ("1313054123", 1_313_054_123 * SECOND),
        ("1704164645000", STAMP),
        ("99999999999", None),
        ("100000000000", 100_000_000 * SECOND),
        ("-1", -SECOND),
        *(("", None), ("1.5", None), (None, None), ("9" * 19, None), ("9" * 30, None)),
    ],
)
def test_small_numbers_are_seconds_and_large_ones_milliseconds(
    told: str | None, nanoseconds: int | None
):
    assert values.epoch(told) == nanoseconds


@pytest.mark.parametrize(
    ("told", "read"),
    [
        *(("1002", "1002"), ("-5", "-5"), (" 007 ", "7"), ("-0", "0"), ("+5", None), ("1e3", None)),
        *(("", None), (None, None), ("\u0661", None)),
        *((str(2**63 - 1), str(2**63 - 1)), (str(2**63), None)),
    ],
)
def test_numbers_of_entries_are_decimal_and_fit_64_bits(told: str | None, read: str | None):
    assert number(told) == read


@pytest.mark.parametrize("told", ["", "d", "f", "x5", "d5@", "d5@x", "5", "f-", "d5 ", "D5", "/a"])
def test_an_id_of_another_service_is_not_found(told: str):
    with pytest.raises(NotFound):
        ref(EntryId(told))


@given(st.sampled_from(Kind), st.integers(-(2**63) + 1, 2**63 - 1), st.none() | st.integers(-9, 99))
def test_an_id_says_what_it_was_made_of(kind: Kind, entry: int, wall: int | None):
    made = Ref(kind, str(entry), "" if wall is None else str(wall))
    assert ref(made.id) == made


# Answers of any kind ----------------------------------------------------------------------------


def reply(status: int, body: bytes) -> Reply:
    return Reply(status, httpx.Headers(), body)


@pytest.mark.parametrize(
    "body",
    [
        *(b"", b"OK", b"<html><body>maintenance", b"<a></a>", b"<a><status>x</status></a>"),
        *(b"<a><status/></a>", b"<a>" * 100_000, b'{"status": 0}', b"<status>0</status>"),
        b'<?xml version="1.0" encoding="nonsense"?><a><status>0</status></a>',
        b'<!DOCTYPE a [<!ENTITY x "0">]><a><status>&x;</status></a>',
        b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a><status>&x;</status></a>',
    ],
)
def test_what_has_no_status_is_no_answer(body: bytes):
    with pytest.raises(CloudError) as caught:
        answered(reply(200, body), "call")
    assert caught.value.transient


def test_any_root_will_do():
    told = b"<checkpassword><status>229</status></checkpassword>"
    assert answered(reply(200, told), "comparepassword").status == 229


@pytest.mark.parametrize(
    ("status", "body", "name"),
    [
        (401, b"Validate token fail, Error Code:2", "TokenRejected"),
        (500, b"java: Validate token fail, Error Code:2 at", "TokenRejected"),
        (401, b"", "TokenRejected"),
        (403, b"forbidden", "TokenRejected"),
        (404, b"<directdownload><status>219</status></directdownload>", "NotFound"),
        (400, b"<a><status>225</status></a>", "InvalidRequest"),
        (404, b"not here", "Unsupported"),
        (405, b"", "Unsupported"),
        (413, b"", "InvalidRequest"),
        (509, b"", "Unavailable"),
        (500, b"<a><status>0</status></a>", "Unavailable"),
        (302, b"", "BadReply"),
        (206, b"Error Code:2", "BadReply"),
    ],
)
def test_an_http_error_may_tell_its_status_in_its_text(status: int, body: bytes, name: str):
    assert type(refused(status, body, "call")).__name__ == name


# Nonsense ---------------------------------------------------------------------------------------

ELEMENTS = [
    *("status", "id", "folderid", "parent", "rawfoldername", "rawfilename", "rawentryname"),
    *("display", "size", "filesize", "headversion", "createdtime", "lastmodifiedtime", "markid"),
    *("attribute", "creationtime", "lastwritetime", "page", "pageno", "totalcount", "entry"),
    *("hasnextpage", "folder", "file", "owner", "type", "kind", "isfolder", "entryid", "token"),
    *("inforelay", "webrelay", "package", "maxfilesize", "capacity", "usedcapacity", "syncfolder"),
    *("changeseq", "requestfolder", "childrenexist", "transid", "offset", "fileid", "failid"),
    *("latestchecksum", "sharecode", "expiredtime", "lastentrybound", "servicegateway", "total"),
    *("treesize", "mimetype", "entrytype", "rootfolderid"),
]
texts = st.one_of(
    st.text(st.characters(exclude_categories=["Cs", "Cc", "Cn"]), max_size=12),
    st.integers().map(str),
    st.sampled_from(
        ["", "0", "1", "-5", "5001", "a/b", "..", "system.file", "system.folder", "a.txt"]
    ),
    st.sampled_from(["2024-01-02 03:04:05", "2024-01-02 03:04:05:999", "1704164645000", "ab" * 64]),
    st.text(max_size=8).map(
        lambda t: base64.b64encode(t.encode("utf-8", "surrogatepass")).decode()
    ),
)


def written(name: str, inner: str) -> str:
    return f"<{name}>{inner}</{name}>"


fragments = st.recursive(
    texts.map(escape),
    lambda inner: (
        st.lists(st.tuples(st.sampled_from(ELEMENTS), inner), max_size=6).map(
            lambda children: "".join(written(*child) for child in children)
        )
        | st.fixed_dictionaries(
            dict.fromkeys(("id", "rawfilename", "size"), texts.map(escape)),
            optional=dict.fromkeys(ELEMENTS[10:20], inner),
        ).map(lambda members: written("file", "".join(written(*m) for m in members.items())))
        | st.fixed_dictionaries(
            dict.fromkeys(("id", "rawentryname", "kind", "isfolder"), texts.map(escape)),
            optional=dict.fromkeys(ELEMENTS[7:16], inner),
        ).map(lambda members: written("entry", "".join(written(*m) for m in members.items())))
    ),
    max_leaves=14,
)


def course(root: "Element") -> object:
    return Course().fresh(wire.listing(root))


def shown(root: "Element") -> object:
    entries, top = Entries(), Ref(Kind.FOLDER, "1001")
    return [entries.entry(one, top, parent_id=top.id) for one in wire.listing(root).entries]


READERS: list[Callable[["Element"], object]] = [
    *(wire.status, wire.listing, wire.located, wire.latest, wire.hits, wire.children_exist),
    *(wire.sequences, answers.signed_in, answers.gateway, answers.quota, answers.upload),
    *(answers.finished, answers.copied, answers.share_state, answers.shared_page),
    *(answers.sharings, answers.by_share_code, attribute, course, shown),
    lambda root: wire.number(root, "id"),
    lambda root: wire.info(root, Kind.FILE, "5001"),
    lambda root: wire.info(root, Kind.FOLDER, "1001"),
]


@given(fragments)
def test_no_reply_makes_anything_raise_but_bad_reply(inner: str):
    root = root_of(f"<browse>{inner}</browse>")
    for read in READERS:
        with suppress(BadReply):
            read(root)


@given(st.binary() | fragments.map(str.encode))
def test_no_body_makes_anything_raise_but_bad_reply(body: bytes):
    with suppress(BadReply):
        root = wire.parsed(body)
        for read in READERS:
            with suppress(BadReply):
                read(root)


@given(st.integers(100, 599), st.binary() | fragments.map(str.encode))
def test_no_answer_makes_anything_raise_but_a_cloud_error(status: int, body: bytes):
    with suppress(CloudError):
        answered(reply(status, body), "call")
    assert isinstance(refused(status, body, "call"), CloudError)


@given(fragments)
def test_a_blob_is_written_as_it_was_read(inner: str):
    read = attribute(root_of(f"<attribute>{inner}</attribute>"))
    again = attribute(root_of(f"<attribute>{read.xml}</attribute>"))
    assert again.xml == read.xml
    assert again.timed(written=5).written_ns == 5 * SECOND


# What is kept of an upload ----------------------------------------------------------------------

IDENTITY: Identity = ["d1", "name", ["f5", "1"], 3, "ab", 7]


def test_a_ticket_is_read_as_it_was_written():
    announced = Announcement(
        folder=Ref(Kind.FOLDER, "77", "77"),
        name="ä/\n",
        size=3,
        checksum="ab",
        attribute="<a>&amp;</a>",
        file=Ref(Kind.FILE, "5", "77"),
    )
    ticket = Ticket(announced, "tx-1", "cd")
    assert resumed(ticket.saved(IDENTITY), IDENTITY) == (ticket, True)
    assert resumed(ticket.saved(IDENTITY), [*IDENTITY[:-1], 8]) == (None, False)
    assert resumed(marker(IDENTITY), IDENTITY) == (None, True)


@given(st.text() | st.none())
def test_no_ticket_makes_anything_raise(saved: str | None):
    assert resumed(saved, IDENTITY) == (None, False)
