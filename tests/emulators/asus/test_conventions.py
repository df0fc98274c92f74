"""Reference 1.5 to 1.11: XML, cookies, ids, numbers, names, times, attributes."""

import httpx
import pytest

from cloudfs.emulators.asus.settings import AsusSettings
from cloudfs.emulators.asus.times import exact_ms, exact_text
from cloudfs.emulators.clock import Clock
from cloudfs.emulators.server import Running
from tests.emulators.asus.client import (
    DECLARATION,
    TIMES,
    USER,
    Client,
    Reply,
    Xml,
    b64,
    body,
)

MYSYNC = "/folder/getmysyncfolder/"
CREATE = "/folder/create/"


def mysync(api: Client, **fields: object) -> str:
    return body("getmysyncfolder", **{"userid": USER, "token": api.token, **fields})


@pytest.mark.parametrize("kind", ["application/xml; charset=utf-8", "x/y", None, "text/plain"])
@pytest.mark.parametrize("declaration", [DECLARATION, "", f"{DECLARATION}\n"])
async def test_the_type_of_a_body_and_its_declaration_do_not_matter(
    api: Client, kind: str | None, declaration: str
):
    headers = {} if kind is None else {"Content-Type": kind}
    response = await api.send(MYSYNC, declaration + mysync(api), headers)
    assert Reply(response).status == 0
    assert response.headers["Content-Type"] == "text/xml;charset=UTF-8"
    assert response.content.startswith(b'<?xml version="1.0" encoding="utf-8"?><getmysyncfolder>')


async def test_children_come_in_any_order_and_unknown_ones_are_ignored(api: Client):
    text = body("getmysyncfolder", colour="blue", token=api.token, userid=USER, scrip=1)
    assert Reply(await api.send(MYSYNC, text)).status == 0


async def test_blanks_around_values_do_not_matter(api: Client):
    text = mysync(api, userid=f"\n  {USER} ", token=f" {api.token}\n")
    assert Reply(await api.send(MYSYNC, text)).status == 0


@pytest.mark.parametrize(
    "text",
    [
        "",
        "text",
        "<getmysyncfolder>",
        "<getmysyncfolder/><x/>",
        "<other><userid>u</userid></other>",
        "<getmysyncfolder>&nothing;</getmysyncfolder>",
        "<!DOCTYPE x><getmysyncfolder/>",
        '<!DOCTYPE x [<!ENTITY e "1">]><getmysyncfolder>&e;</getmysyncfolder>',
        '<?xml version="1.0" encoding="klingon"?><getmysyncfolder/>',
        "<getmysyncfolder>\x01</getmysyncfolder>",
    ],
)
async def test_a_body_that_is_not_the_right_xml_is_status_3(api: Client, text: str):
    found = Reply(await api.send(MYSYNC, text))
    assert (found.root.tag, found.status) == ("getmysyncfolder", 3)
    assert found.tags() == ["status", "logmessage"]


async def test_bytes_that_are_no_utf_8_are_status_3(api: Client):
    text = b"<getmysyncfolder><userid>\xff</userid></getmysyncfolder>"
    assert Reply(await api.send(MYSYNC, text)).status == 3


async def test_a_body_over_one_mib_is_413(api: Client):
    filler = "x" * ((1 << 20) - len(mysync(api, filler="")))
    assert (await api.send(MYSYNC, mysync(api, filler=filler))).status_code == 200
    assert (await api.send(MYSYNC, mysync(api, filler=filler + "x"))).status_code == 413


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "HEAD"])
async def test_calls_in_xml_are_posted(api: Client, method: str):
    assert (await api.http.request(method, MYSYNC)).status_code == 405


async def test_an_unknown_path_is_404(api: Client):
    for path in ("/", "/folder/", "/folder/nothing/", "/webrelay/getresizedphoto/t/x.jpg"):
        assert (await api.send(path, mysync(api))).status_code == 404


async def test_a_download_is_a_get_or_a_post(api: Client):
    for method, status in (("GET", 200), ("POST", 200), ("HEAD", 405), ("PUT", 405)):
        file = await api.upload(await api.mysync(), "a", b"a", fi=None) if method == "GET" else 5001
        url = f"/webrelay/directdownload/{api.token}/?fi={file}"
        assert (await api.http.request(method, url)).status_code == status


@pytest.mark.parametrize(
    ("cookie", "status"),
    [
        ("OMNISTORE_VER=1_0; path=/; sid=1", 0),
        ("OMNISTORE_VER=1_0", 0),
        ("sid=1", 0),
        ("", 0),
        ("OMNISTORE_VER=2_0; path=/", 1),
        ("path=/; OMNISTORE_VER=", 1),
    ],
)
async def test_another_version_of_the_protocol_is_status_1(
    running: Running, api: Client, cookie: str, status: int
):
    file = await api.upload(await api.mysync(), "a", b"a")
    async with httpx.AsyncClient(base_url=running.api_url, verify=False) as http:
        headers = {"Cookie": cookie} if cookie else {}
        found = Reply(await http.post(MYSYNC, content=mysync(api), headers=headers))
        assert (found.root.tag, found.status) == ("getmysyncfolder", status)
        url = f"/webrelay/directdownload/{api.token}/?fi={file}"
        download = await http.get(url, headers=headers)
        assert (download.content == b"a") is (status == 0)


async def test_files_and_folders_are_counted_apart(api: Client, running: Running):
    """One number may be that of a file and that of a folder."""
    root = await api.mysync()
    folder = await api.mkdir(root, "folder")
    file = await api.upload(root, "file", b"x")
    assert (root, folder, file) == ("1001", "1002", "5001")
    with running.emulator.store.transaction():
        database = running.emulator.store.numbers
        database._database.run("UPDATE counters SET last = 5000 WHERE space = 'folder'")
    twin = await api.mkdir(root, "twin")
    assert twin == file
    assert (await api.info(twin, folder=True))["display"] == b64("twin")
    assert (await api.info(file))["display"] == b64("file")
    await api.ok("/file/remove/", id=file)
    assert await api.names(twin) == []
    assert await api.status("/folder/move/", id=file, parent=folder) == 0


async def test_a_number_is_never_given_again(api: Client):
    root = await api.mysync()
    for number in ("5001", "5002", "5003"):
        assert await api.upload(root, "a", number.encode()) == number
        await api.ok("/file/remove/", id=number)
        await api.ok("/file/clearrecyclebin/", fileid=number)


@pytest.mark.parametrize("number", ["x", "1.5", "", "9" * 19, "1" * 20, "٣", "1e3", "0x1"])
async def test_an_id_is_a_whole_number_of_64_bits(api: Client, number: str):
    for path in ("/folder/rename/", "/file/rename/"):
        assert await api.status(path, id=number, display=b64("a")) == 225
    big = str(2**63 - 1)
    assert await api.status("/folder/rename/", id=big, display=b64("a")) == 218
    assert await api.status("/folder/rename/", id=f"-{big}", display=b64("a")) == 218


async def test_a_missing_parameter_is_225(api: Client):
    root = await api.mysync()
    assert await api.status(CREATE, display=b64("a")) == 225
    assert await api.status(CREATE, parent=root) == 225
    assert await api.status("/folder/rename/", display=b64("a")) == 225
    assert await api.status("/folder/rename/", id=root) == 225
    assert await api.status("/file/move/", id=1) == 225
    assert await api.status("/file/copy/", parent=root) == 225
    assert await api.status("/file/remove/") == 225


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("", 211),
        *[(f"a{char}b", 212) for char in '/\\:*?><;"|'],
        *[(f"a{char}", 212) for char in "\0\t\n\x1f\ufffe\uffff"],
        ("x" * 256, 213),
        ("😀" * 256, 213),
        ("x" * 255, 0),
        ("😀" * 255, 0),
        ("résumé & <co>".replace("<", "[").replace(">", "]"), 0),
        (" blanks ", 0),
        ("..", 0),
        ("a&b'c'", 0),
        ("\x7f\u200b\ufeff", 0),
    ],
)
async def test_names_are_checked(api: Client, name: str, status: int):
    root = await api.mysync()
    old = await api.mkdir(root, "old")
    file = await api.upload(root, "file", b"x")
    assert await api.status(CREATE, parent=root, display=b64(name)) == status
    taken = status or 214
    assert await api.status("/file/rename/", id=file, display=b64(name)) == taken
    assert (await api.init(root, name, b"y")).status == taken
    if status == 0:
        found = await api.browse(root)
        assert found["folder[2]/rawfoldername"] in {name, "old"}
        assert sorted(found.all("folder/rawfoldername")) == sorted([name, "old"])
        info = await api.info(int(old) + 1, folder=True)
        assert info["display"] == b64(name)


@pytest.mark.parametrize(
    "display", ["YQ", "Y", "YQ==\n=", "Y Q==", "é", "/w==", "YQ==YQ==", "_-8="]
)
async def test_a_name_is_padded_base64_of_utf_8(api: Client, display: str):
    root = await api.mysync()
    assert await api.status(CREATE, parent=root, display=display) == 225
    assert (await api.init(root, None, b"x", na=display)).status == 225


async def test_base64_in_a_query_is_percent_encoded(api: Client):
    """The vector of 1.9, whose name cannot be stored; its neighbour with a plus sign can."""
    root = await api.mysync()
    assert b64("résumé?.txt") == "csOpc3Vtw6k/LnR4dA=="
    url = f"/webrelay/initbinaryupload/?tk={api.token}&pa={root}&sg=&fs=0"
    assert Reply(await api.http.post(f"{url}&na=csOpc3Vtw6k%2FLnR4dA%3D%3D")).status == 212
    assert b64("~~~>"[:3]) == "fn5+"
    assert Reply(await api.http.post(f"{url}&na=fn5%2B")).status == 0
    assert Reply(await api.http.post(f"{url}&na=fn5+")).status == 225


async def test_case_is_kept_and_does_not_distinguish(api: Client):
    root = await api.mysync()
    folder = await api.mkdir(root, "Straße")
    assert await api.status(CREATE, parent=root, display=b64("STRASSE")) == 214
    assert (await api.init(root, "strasse", b"")).status == 214
    await api.ok("/folder/rename/", id=folder, display=b64("STRASSE"))
    assert await api.names(root) == ["STRASSE"]


async def test_names_are_not_normalised(api: Client):
    root = await api.mysync()
    for name in ("\u00e9", "e\u0301"):
        await api.mkdir(root, name)
    assert await api.names(root) == ["e\u0301", "\u00e9"]


async def test_files_and_folders_share_one_name_space(api: Client):
    root = await api.mysync()
    await api.mkdir(root, "a")
    file = await api.upload(root, "b", b"")
    assert (await api.init(root, "A", b"")).status == 214
    assert await api.status(CREATE, parent=root, display=b64("B")) == 214
    assert await api.status("/file/rename/", id=file, display=b64("a")) == 214


async def test_times_are_told_in_the_zone_that_is_set(api: Client, running: Running):
    root = await api.mysync()
    file = await api.upload(root, "a", b"a")
    running.emulator.configure(time_zone="Asia/Taipei")
    assert (await api.info(file))["createdtime"] == "2023-11-15 06:13:20"


def test_exact_times_have_a_colon_before_the_milliseconds():
    assert exact_text(1_700_000_000_123, "UTC") == "2023-11-14 22:13:20:123"
    assert exact_ms("2023-11-14 22:13:20:123", "UTC") == 1_700_000_000_123


THREE = "".join(
    f"<{name}>{{0}}</{name}>" for name in ("creationtime", "lastaccesstime", "lastwritetime")
)
NOW = THREE.format(1_700_000_000)
MORE = f"<finfo>a &amp; b</finfo>{THREE.format(1313054123)}<x-machinename>é</x-machinename>"


def deep(levels: int) -> str:
    return "<a>" * levels + "</a>" * levels


@pytest.mark.parametrize(
    ("sent", "stored"),
    [
        (MORE, MORE),
        ("<finfo/>", "<finfo></finfo>"),
        ("<a><b>1</b></a>", "<a><b>1</b></a>"),
        (f"\n {TIMES}\n", TIMES),
        ("", NOW),
        (" ", NOW),
        ("text", NOW),
        (f"{MORE}text", NOW),
        (deep(20), deep(20)),
        (deep(21), NOW),
    ],
)
async def test_an_attribute_comes_as_children_or_as_text(api: Client, sent: str, stored: str):
    root = await api.mysync()
    for name, attribute in (("children", Xml(sent)), ("text", sent)):
        folder = await api.mkdir(root, name, attribute=attribute)
        assert attribute_of(await api.info(folder, folder=True)) == stored
    file = await api.upload(root, "file", b"x", at=sent)
    assert attribute_of(await api.info(file)) == stored


async def test_an_attribute_may_be_very_deep(api: Client):
    root = await api.mysync()
    folder = await api.mkdir(root, "a", attribute=Xml(deep(100_000)))
    assert attribute_of(await api.info(folder, folder=True)) == NOW


@pytest.mark.parametrize(
    "sent", ["<a>", "<a></b>", "&nothing;", "<a/></attribute>", "&#x1;", "x:y"]
)
async def test_a_malformed_attribute_never_fails_the_call(api: Client, sent: str):
    root = await api.mysync()
    file = await api.upload(root, "file", b"x", at=sent)
    assert attribute_of(await api.info(file)) == NOW
    folder = await api.mkdir(root, "folder", attribute=sent)
    assert attribute_of(await api.info(folder, folder=True)) == NOW


async def test_an_attribute_may_be_missing(api: Client, clock: Clock):
    clock.advance(5)
    root = await api.mysync()
    file = await api.upload(root, "file", b"x", at=None)
    assert attribute_of(await api.info(file)) == THREE.format(1_700_000_005)
    folder = (await api.ok(CREATE, parent=root, display=b64("a")))["id"]
    assert attribute_of(await api.info(folder, folder=True)) == THREE.format(1_700_000_005)


def attribute_of(info: Reply) -> str:
    text = info.response.text
    return text.partition("<attribute>")[2].partition("</attribute>")[0]


def test_settings_can_be_told_and_changed(running_settings: AsusSettings, emulator):
    shown = emulator.configuration()
    assert shown["notfound"] == "system.notfund"
    emulator.configure(**{name: shown[name] for name in shown})
    assert emulator.settings == running_settings
    with pytest.raises(ValueError, match="no setting"):
        emulator.configure(colour="blue")
    with pytest.raises(ValueError, match="no bool"):
        emulator.configure(instant_upload=1)
    emulator.configure(changeseq="changepseq", token_ttl=5)
    assert (emulator.settings.changeseq, emulator.settings.token_ttl) == ("changepseq", 5.0)


@pytest.fixture
def running_settings() -> AsusSettings:
    return AsusSettings()
