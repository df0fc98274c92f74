"""What goes over the wire, to the byte: the requests of reference 3, with their elements in order.

{T} is the token, {U} the user. Paths end in a slash, but for the search server's.
"""

import re
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

import pytest

from cloudfs.errors import CloudError, InvalidName, InvalidRequest
from cloudfs.model import Entry, EntryId, Kind, Share, TrashItem
from cloudfs.providers.asus.payload import document, encoded_name
from cloudfs.providers.asus.provider import AsusProvider
from tests.providers.asus.service import FakeAsus
from tests.providers.asus.speech import INFO, SEARCH
from tests.providers.asus.tree import BIN, SYNC_FOLDER, USER

TOP = EntryId(f"d{SYNC_FOLDER}")
DECLARATION = '<?xml version="1.0" encoding="utf-8"?>'
ATTRIBUTE = (
    "<creationtime>1600000000</creationtime><lastaccesstime>1600000000</lastaccesstime>"
    "<lastwritetime>{}</lastwritetime>"
)
NOW = (
    "<creationtime>NOW</creationtime><lastaccesstime>NOW</lastaccesstime>"
    "<lastwritetime>NOW</lastwritetime>"
)

FILE = Entry(id=EntryId("f5001"), parent_id=TOP, name="readme.txt", kind=Kind.FILE, size=6)
FOLDER = Entry(id=EntryId("d1002"), parent_id=TOP, name="docs", kind=Kind.FOLDER)
THEIRS = Entry(id=EntryId("d77@77"), parent_id=None, name="theirs", kind=Kind.FOLDER)


class Account:
    """A small account: docs/ is 1002, docs/inner/ 1003, other/ 1004, readme.txt 5001."""

    def __init__(self, **settings: object) -> None:
        self.service = FakeAsus()
        self.service.add_folder("docs")
        self.service.add_folder("docs/inner")
        self.service.add_folder("other")
        self.service.add_file("readme.txt", b"hello\n")
        self.provider = self.service.provider(**settings)

    async def sent(self, route: str, act: Callable[[AsusProvider], Awaitable[object]]) -> str:
        """The body of the last request for *route* while *act* was done."""
        with suppress(CloudError):  # what becomes of it is told elsewhere
            await act(self.provider)
        call = self.service.of(route)[-1]
        assert call.request.method == "POST"
        assert call.request.headers["content-type"] == "application/xml; charset=utf-8"
        assert int(call.request.headers["content-length"]) == len(call.body)
        text = call.body.decode()
        assert text.startswith(DECLARATION)
        token = re.search("<token>(.*)</token>", text)
        if token is not None:
            assert token[1] in self.service.tokens
            text = text.replace(token[0], "<token>{T}</token>")
        text = text.removeprefix(DECLARATION)
        return re.sub(r">17\d{8}<|>18\d{8}<", ">NOW<", text.replace(USER, "{U}"))


async def each(pages: object) -> None:
    async for _ in pages:  # type: ignore[attr-defined]  # any of the async generators
        pass


def trashed(entry: Entry) -> TrashItem:
    return TrashItem(id=entry.id, name=entry.name, kind=entry.kind)


def entry(entry_id: str) -> Entry:
    return Entry(id=EntryId(entry_id), parent_id=TOP, name="x", kind=Kind.FOLDER)


def facet(offered: object) -> Any:
    assert offered is not None
    return offered


def trash(provider: AsusProvider) -> Any:
    return facet(provider.trash)


async def restored(provider: AsusProvider, what: Entry) -> None:
    await provider.remove(what, recursive=True)
    await trash(provider).restore(trashed(what))


async def copied(provider: AsusProvider) -> None:
    await provider.copy(await provider.stat(FILE.id), FOLDER.id, FILE.name)


Act = Callable[[AsusProvider], Awaitable[object]]

REQUESTS: dict[str, tuple[str, Act, str]] = {
    "3.0": (
        "folder/getmysyncfolder",
        lambda p: p.root(),
        "<getmysyncfolder><userid>{U}</userid><token>{T}</token></getmysyncfolder>",
    ),
    "3.1": (
        "inforelay/browsefolder",
        lambda p: each(p.list_folder(TOP)),
        (
            "<browse><token>{T}</token><language>zh_TW</language><userid>{U}</userid>"
            "<folderid>1001</folderid><pageno>1</pageno><pagesize>500</pagesize>"
            "<sortby>1</sortby><sortdirection>0</sortdirection></browse>"
        ),
    ),
    "3.2": (
        "fsentry/getentryinfo",
        lambda p: p.stat(FILE.id),
        (
            "<getentryinfo><token>{T}</token><isfolder>0</isfolder><entryid>5001</entryid>"
            "</getentryinfo>"
        ),
    ),
    "3.2 folder": (
        "fsentry/getentryinfo",
        lambda p: p.stat(FOLDER.id),
        (
            "<getentryinfo><token>{T}</token><isfolder>1</isfolder><entryid>1002</entryid>"
            "</getentryinfo>"
        ),
    ),
    "3.3": (
        "find/propfind",
        lambda p: p.find(TOP, "readme.txt"),
        (
            "<propfind><token>{T}</token><userid>{U}</userid><parent>1001</parent>"
            "<find>cmVhZG1lLnR4dA==</find><type>system.unknown</type><isshared>0</isshared>"
            "</propfind>"
        ),
    ),
    "3.3 shared": (
        "find/propfind",
        lambda p: p.find(THEIRS.id, "readme.txt"),
        (
            "<propfind><token>{T}</token><userid>{U}</userid><parent>77</parent>"
            "<find>cmVhZG1lLnR4dA==</find><type>system.unknown</type><isshared>1</isshared>"
            "</propfind>"
        ),
    ),
    "3.4": (
        "folder/create",
        lambda p: p.create_folder(TOP, "docs"),
        (
            "<create><token>{T}</token><userid>{U}</userid><parent>1001</parent>"
            "<isencrypted>0</isencrypted><display>ZG9jcw==</display>"
            f"<attribute>{NOW}</attribute><isgroupaware>0</isgroupaware></create>"
        ),
    ),
    "3.5.6": (
        "file/updateattribute",
        lambda p: p.set_modified(FILE, 1_313_054_123 * 10**9),
        (
            "<updateattribute><token>{T}</token><userid>{U}</userid><fileid>5001</fileid>"
            f"<attribute>{ATTRIBUTE.format(1313054123)}</attribute></updateattribute>"
        ),
    ),
    "3.5.6 folder": (
        "folder/updateattribute",
        lambda p: p.set_modified(FOLDER, 1_313_054_123 * 10**9),
        (
            "<updateattribute><token>{T}</token><userid>{U}</userid><parent>1001</parent>"
            "<display>ZG9jcw==</display><folder>1002</folder><issharing>0</issharing>"
            "<isencrypted>0</isencrypted><attribute>"
            "<creationtime>NOW</creationtime><lastaccesstime>NOW</lastaccesstime>"
            "<lastwritetime>1313054123</lastwritetime></attribute></updateattribute>"
        ),
    ),
    "3.7 folder": (
        "folder/rename",
        lambda p: p.move(FOLDER, TOP, "newname"),
        (
            "<rename><token>{T}</token><userid>{U}</userid><id>1002</id>"
            "<isencrypted>0</isencrypted><display>bmV3bmFtZQ==</display>"
            "<isgroupaware>0</isgroupaware></rename>"
        ),
    ),
    "3.7 file": (
        "file/rename",
        lambda p: p.move(FILE, TOP, "newname"),
        (
            "<rename><token>{T}</token><userid>{U}</userid><id>5001</id>"
            "<isencrypted>0</isencrypted><display>bmV3bmFtZQ==</display>"
            "<isgroupaware>0</isgroupaware></rename>"
        ),
    ),
    "3.8 folder": (
        "folder/move",
        lambda p: p.move(FOLDER, EntryId("d1004"), "docs"),
        (
            "<move><token>{T}</token><userid>{U}</userid><id>1002</id><parent>1004</parent>"
            "<isgroupaware>0</isgroupaware></move>"
        ),
    ),
    "3.8 file": (
        "file/move",
        lambda p: p.move(FILE, FOLDER.id, "readme.txt"),
        (
            "<move><token>{T}</token><userid>{U}</userid><id>5001</id><parent>1002</parent>"
            "<isgroupaware>0</isgroupaware></move>"
        ),
    ),
    "3.9": (
        "file/copy",
        copied,
        (
            "<copy><token>{T}</token><userid>{U}</userid><parent>1002</parent>"
            "<fileid>5001</fileid><isgroupaware>0</isgroupaware></copy>"
        ),
    ),
    "3.10 file": (
        "file/remove",
        lambda p: p.remove(FILE),
        (
            "<remove><token>{T}</token><userid>{U}</userid><id>5001</id>"
            "<isgroupaware>0</isgroupaware></remove>"
        ),
    ),
    "3.10 folder": (
        "folder/remove",
        lambda p: p.remove(FOLDER, recursive=True),
        (
            "<remove><token>{T}</token><userid>{U}</userid><id>1002</id>"
            "<ischildonly>0</ischildonly><isgroupaware>0</isgroupaware></remove>"
        ),
    ),
    "3.11": (
        "folder/getpersonalsystemfolder",
        lambda p: each(trash(p).items()),
        (
            "<getpersonalsystemfolder><token>{T}</token><userid>{U}</userid>"
            "<rawfoldername>MyRecycleBin</rawfoldername></getpersonalsystemfolder>"
        ),
    ),
    "3.12 file": (
        "file/restore",
        lambda p: restored(p, FILE),
        (
            "<restore><token>{T}</token><userid>{U}</userid><parent>1001</parent>"
            "<fileid>5001</fileid></restore>"
        ),
    ),
    "3.12 folder": (
        "folder/restore",
        lambda p: restored(p, FOLDER),
        (
            "<restore><token>{T}</token><userid>{U}</userid><parent>1001</parent>"
            "<folderid>1002</folderid></restore>"
        ),
    ),
    "3.13 file": (
        "file/clearrecyclebin",
        lambda p: p.remove(FILE, permanently=True),
        (
            "<clearrecyclebin><token>{T}</token><userid>{U}</userid><fileid>5001</fileid>"
            "</clearrecyclebin>"
        ),
    ),
    "3.13 folder": (
        "folder/clearrecyclebin",
        lambda p: p.remove(FOLDER, recursive=True, permanently=True),
        (
            "<clearrecyclebin><token>{T}</token><userid>{U}</userid><folderid>1002</folderid>"
            "</clearrecyclebin>"
        ),
    ),
    "3.13 all": (
        "folder/clearrecyclebin",
        lambda p: trash(p).empty(),
        (
            "<clearrecyclebin><token>{T}</token><userid>{U}</userid>"
            f"<folderid>{BIN}</folderid></clearrecyclebin>"
        ),
    ),
    "3.14": (
        "member/getinfo",
        lambda p: p.quota(),
        "<getinfo><userid>{U}</userid><token>{T}</token><time>NOW</time></getinfo>",
    ),
    "3.16": (
        "folder/getallchangeseq",
        lambda p: facet(p.changes).cursor(),
        "<getallchangeseq><token>{T}</token></getallchangeseq>",
    ),
    "3.16 latest": (
        "file/getlatestchangefiles",
        lambda p: each(facet(p.recent).recent(30)),
        (
            "<getlatestchangefiles><userid>{U}</userid><token>{T}</token><top>30</top>"
            "<targetroot>-5</targetroot><sortdirection>1</sortdirection></getlatestchangefiles>"
        ),
    ),
    "3.17": (
        "folder/ischildrenexist",
        lambda p: p.remove_many([FOLDER, entry("d1004")]),
        (
            "<ischildrenexist><token>{T}</token><userid>{U}</userid>"
            "<folderids>1002,1004</folderids></ischildrenexist>"
        ),
    ),
    "3.18": (
        "sqlquery",
        lambda p: each(facet(p.search).find("report")),
        (
            "<sqlquery><userid>{U}</userid><keyword>report</keyword><kind>2</kind>"
            "<ancestorid>1001</ancestorid><pagesize>50</pagesize><offset>0</offset></sqlquery>"
        ),
    ),
    "3.18 mark": (
        "sqlquery",
        lambda p: each(facet(p.favorites).marked()),
        (
            "<sqlquery><userid>{U}</userid><markid>1</markid><kind>2</kind>"
            "<ancestorid>1001</ancestorid><pagesize>50</pagesize><offset>0</offset></sqlquery>"
        ),
    ),
    "3.19 set": (
        "fsentry/setadvancedsharecode",
        lambda p: facet(p.sharing).create(FILE, password="password"),
        (
            "<setadvancedsharecode><token>{T}</token><userid>{U}</userid><isfolder>0</isfolder>"
            "<entryid>5001</entryid><password>5f4dcc3b5aa765d61d8327deb882cf99</password>"
            "</setadvancedsharecode>"
        ),
    ),
    "3.19 members": (
        "fsentry/setadvancedsharecode",
        lambda p: facet(p.sharing).create(FOLDER, edit=True, members=["a@x.test", "b@x.test"]),
        (
            "<setadvancedsharecode><token>{T}</token><userid>{U}</userid><isfolder>1</isfolder>"
            "<entryid>1002</entryid><isgroupaware>1</isgroupaware>"
            "<shareforuserid>a@x.test</shareforuserid><shareforuserid>b@x.test</shareforuserid>"
            "</setadvancedsharecode>"
        ),
    ),
    "3.19 get": (
        "fsentry/getadvancedsharecode",
        lambda p: facet(p.sharing).shares(FILE),
        (
            "<getadvancedsharecode><token>{T}</token><userid>{U}</userid><isfolder>0</isfolder>"
            "<entryid>5001</entryid></getadvancedsharecode>"
        ),
    ),
    "3.19 delete": (
        "fsentry/deletesharecode",
        lambda p: facet(p.sharing).remove(Share(id="f5001")),
        (
            "<deletesharecode><token>{T}</token><userid>{U}</userid><entrytype>1</entrytype>"
            "<entryid>5001</entryid></deletesharecode>"
        ),
    ),
    "3.19 delete folder": (
        "fsentry/deletesharecode",
        lambda p: facet(p.sharing).remove(Share(id="d1002")),
        (
            "<deletesharecode><token>{T}</token><userid>{U}</userid><entrytype>0</entrytype>"
            "<entryid>1002</entryid></deletesharecode>"
        ),
    ),
    "3.19 list": (
        "fsentry/getsharedentries",
        lambda p: facet(p.sharing).shares(),
        (
            "<getsharedentries><userid>{U}</userid><token>{T}</token><kind>0</kind>"
            "<pagesize>100</pagesize><sortby>0</sortby><sortdirection>0</sortdirection>"
            "</getsharedentries>"
        ),
    ),
    "3.19 to others": (
        "groupawareentry/listsharingtoothers",
        lambda p: facet(p.sharing).shares(),
        "<listsharingtoothers><token>{T}</token><userid>{U}</userid></listsharingtoothers>",
    ),
    "3.19 from others": (
        "groupawareentry/listsharingfromothers",
        lambda p: facet(p.sharing).shared_with_me(),
        "<listsharingfromothers><token>{T}</token><userid>{U}</userid></listsharingfromothers>",
    ),
    "3.19 reject": (
        "groupawareentry/rejectsharing",
        lambda p: p.remove(THEIRS),
        "<rejectsharing><token>{T}</token><entryid>77</entryid></rejectsharing>",
    ),
    "3.19 code": (
        "fsentry/getinfobysharecode",
        lambda p: p.open_share_code("A1b2"),
        (
            "<getinfobysharecode><token>{T}</token><userid>{U}</userid><sharecode>A1b2</sharecode>"
            "</getinfobysharecode>"
        ),
    ),
    "3.19 code short": (
        "sharecode/tonormalform",
        lambda p: p.open_share_code("A1b2"),
        "<tonormalform><compactsharecode>A1b2</compactsharecode></tonormalform>",
    ),
    "3.19 code elsewhere": (
        "sharecode/findservicegateway",
        lambda p: p.open_share_code("A1b2"),
        "<findservicegateway><sharecode>A1b2</sharecode></findservicegateway>",
    ),
    "3.20": (
        "fsentry/setentrymark",
        lambda p: facet(p.favorites).mark(FILE, wanted=True),
        (
            "<setentrymark><token>{T}</token><isfolder>0</isfolder><entryid>5001</entryid>"
            "<markid>1</markid></setentrymark>"
        ),
    ),
}


@pytest.mark.parametrize("what", REQUESTS)
async def test_a_request_is_as_in_the_reference(what: str):
    route, act, expected = REQUESTS[what]
    account = Account()
    if what == "3.17":
        account.service.named("docs/inner").parent = BIN
    assert await account.sent(route, act) == expected
    call = account.service.of(route)[-1]
    path = call.request.url.raw_path.decode()
    if route == "sqlquery":
        assert call.host == SEARCH
        assert re.fullmatch(r"/fulltext/sqlquery/t%2F%2B\d{13}", path)
    else:
        assert path == f"/{route}/"
        assert (call.host == INFO) == (not route.startswith(("member", "sharecode")))


async def test_uploads_can_be_what_is_recent():
    account = Account(recent="uploads")
    sent = await account.sent("file/getlatestuploads", lambda p: each(facet(p.recent).recent(5)))
    assert sent == (
        "<getlatestuploads><userid>{U}</userid><token>{T}</token><top>5</top>"
        "<targetroot>-5</targetroot><sortdirection>1</sortdirection></getlatestuploads>"
    )


async def test_the_older_call_for_listings_pages_in_its_own_way():
    account = Account(listing_api="folder_browse", pagesize=2)
    sent = await account.sent("folder/browse", lambda p: each(p.list_folder(TOP)))
    assert sent == (
        "<browse><token>{T}</token><language>zh_TW</language><userid>{U}</userid>"
        "<folderid>1001</folderid>"
        "<page><pageno>2</pageno><pagesize>2</pagesize><enable>1</enable></page>"
        "<sortby>1</sortby><sortdirection>0</sortdirection></browse>"
    )


async def test_a_password_is_compared_by_its_digest():
    account = Account()
    share = await facet(account.provider.sharing).create(FILE, password="password")
    code = share.url.rpartition("/")[2]
    sent = await account.sent(
        "fsentry/comparepassword", lambda p: p.open_share_code(code, "Password")
    )
    assert sent == (
        "<comparepassword><token>{T}</token><userid>{U}</userid><isfolder>0</isfolder>"
        "<ffid>5001</ffid><passwd>5f4dcc3b5aa765d61d8327deb882cf99</passwd></comparepassword>"
    )
    assert await account.sent("fsentry/checkpassword", lambda p: p.open_share_code(code)) == (
        f"<checkpassword><token>{{T}}</token><userid>{{U}}</userid><suri>{code}</suri>"
        "</checkpassword>"
    )


# Joint editing (2.7) ----------------------------------------------------------------------------


async def test_every_change_in_a_shared_folder_says_so_and_is_signed():
    account = Account()
    service, provider = account.service, account.provider
    inner = await provider.create_folder(THEIRS.id, "inner")
    service.add_file("file", b"x", parent="77")
    file = await provider.find(THEIRS.id, "file")
    assert (inner.id, file.id) == ("d1005@77", "f5002@77")
    moved = await provider.move(file, inner.id, "other")
    await provider.copy(moved, THEIRS.id, "other")
    await provider.remove(moved)
    await provider.remove(inner, recursive=True)
    changes = [call for call in service.calls if b"<isgroupaware>" in call.body]
    assert len(changes) >= 6
    for call in changes:
        assert b"<isgroupaware>1</isgroupaware>" in call.body
        assert "authorization" in call.request.headers
    for call in service.of("find/propfind"):
        assert b"<isshared>1</isshared>" in call.body
        assert "authorization" in call.request.headers


# Encodings (1.5, 1.9) ---------------------------------------------------------------------------


def test_text_is_escaped_and_a_declaration_comes_first():
    assert document("a", [("b", "<&>\r"), ("c", "é")]) == (
        '<?xml version="1.0" encoding="utf-8"?><a><b>&lt;&amp;&gt;&#13;</b><c>é</c></a>'.encode()
    )


@pytest.mark.parametrize("character", ["\0", "\x1f", "\ud800", "\uffff"])
def test_what_xml_cannot_carry_is_not_sent(character: str):
    with pytest.raises(InvalidRequest):
        document("a", [("b", character)])


def test_names_are_in_base64_with_padding():
    assert encoded_name("résumé?.txt") == "csOpc3Vtw6k/LnR4dA=="
    assert encoded_name("x" * 255).count("\n") == 0
    with pytest.raises(InvalidName):
        encoded_name("\udc80")
