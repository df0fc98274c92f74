"""Reference 3.6 and 3.7: contents sent in parts, by the tus protocol."""

import httpx
import pytest
import trio

from cloudfs.emulators.clock import Clock
from cloudfs.emulators.faults import Kind
from cloudfs.emulators.podspace.emulator import PodSpaceEmulator
from cloudfs.emulators.server import Running, serving
from tests.emulators.podspace.client import (
    CHUNK,
    TUS,
    Client,
    display,
    metadata,
    refusal,
    result,
    signed_in,
)

NOPE = "NOPE000000000000"


async def location(api: Client, size: int, **meta: str) -> str:
    response = await api.begin(size, **meta)
    assert response.status_code == 201, response.text
    return str(response.headers["location"])


async def head(api: Client, url: str) -> tuple[int, str | None, str | None]:
    response = await api.http.head(url, headers=TUS)
    headers = response.headers
    return response.status_code, headers.get("upload-offset"), headers.get("upload-length")


def plain(response: httpx.Response) -> int:
    """The status of an answer in the terms of tus."""
    assert response.headers["tus-resumable"] == "1.0.0"
    assert response.content == b""
    return response.status_code


async def test_the_upload_of_the_example(api: Client, running: Running):
    folder = (await api.folder("a"))["hash"]
    data = bytes(range(256)) * 28672  # 7340032 bytes
    created = await api.begin(7340032, fileFullName="big.bin", isPublic="false", folderHash=folder)
    assert plain(created) == 201
    url = created.headers["location"]
    assert url.startswith(f"{running.api_url}/files/resumable_upload/")
    first = await api.patch(url, 0, data[:5242880])
    assert (plain(first), first.headers["upload-offset"]) == (204, "5242880")
    assert await head(api, url) == (200, "5242880", "7340032")
    assert refusal(await api.info(url)) == (404, 202)
    last = await api.patch(url, 5242880, data[5242880:])
    assert (plain(last), last.headers["upload-offset"]) == (204, "7340032")
    made = result(await api.info(url))
    assert (made["size"], made["version"], made["parentHash"]) == (7340032, 0, folder)
    assert [made] == await api.ls(folder)
    assert result(await api.info(url)) == made
    assert await head(api, url) == (200, "7340032", "7340032")
    assert await api.fetch(made["hash"]) == data


async def test_the_metadata_of_the_example_is_read(api: Client):
    headers = {
        **TUS,
        "Upload-Length": "1",
        "Upload-Metadata": "fileFullName YmlnLmJpbg==,isPublic ZmFsc2U=",
    }
    created = await api.http.post("files/resumable_upload", headers=headers)
    url = created.headers["location"]
    await api.patch(url, 0, b"x")
    assert display(result(await api.info(url))) == "big.bin"


async def test_metadata_in_the_words_of_the_chat(api: Client):
    team = await api.ok("POST", "teams", name="Lab")
    url = await location(api, 1, name="a.txt", userGroupHash=team["hash"])
    await api.patch(url, 0, b"x")
    made = result(await api.info(url))
    assert (display(made), made["parentHash"]) == ("a.txt", team["folder"])
    assert refusal(await api.begin(1, name="b", userGroupHash=NOPE)) == (403, 4)


async def test_a_file_may_be_published_at_once(api: Client):
    url = await location(api, 1, fileFullName="a", isPublic="true")
    await api.patch(url, 0, b"x")
    assert result(await api.info(url))["isPublic"] is True


async def test_an_empty_file_is_complete_at_once(api: Client, running: Running):
    url = await location(api, 0, fileFullName="empty")
    assert result(await api.info(url))["size"] == 0
    assert await head(api, url) == (200, "0", "0")
    running.emulator.configure(reject_empty=True)
    assert refusal(await api.begin(0, fileFullName="b")) == (400, 200)


async def test_a_file_is_replaced_in_parts(api: Client, clock: Clock):
    photo = await api.upload("photo.png", b"one")
    clock.advance(1)
    created = await api.begin(
        6, "resumable_replace", fileFullName="any", isPublic="false", hash=photo["hash"]
    )
    url = created.headers["location"]
    assert "/files/resumable_replace/" in url
    assert await api.fetch(photo["hash"]) == b"one"
    await api.patch(url, 0, b"sec")
    assert await api.fetch(photo["hash"]) == b"one"
    await api.patch(url, 3, b"ond")
    assert result(await api.info(url)) == {
        **photo,
        "size": 6,
        "version": 1,
        "updated": photo["updated"] + 1000,
    }
    assert await api.fetch(photo["hash"]) == b"second"


async def test_a_replacement_is_refused_at_creation(api: Client):
    file, folder = (await api.upload("f", b"x"))["hash"], (await api.folder("d"))["hash"]
    await api.replace(file, b"y")
    old = (await api.ok("GET", f"files/{file}/versions"))[0]["hash"]
    for hash_, expected in (
        (NOPE, (404, 202)),
        (folder, (400, 101)),
        (old, (400, 205)),
        ("", (400, 101)),
    ):
        assert refusal(await api.begin(1, "resumable_replace", hash=hash_)) == expected


async def test_an_upload_is_refused_at_creation(api: Client, running: Running):
    running.emulator.configure(quota=10)
    file = await api.upload("f", b"x")
    for size, meta, expected in (
        (1, {"fileFullName": "a", "folderHash": NOPE}, (404, 202)),
        (1, {"fileFullName": "a", "folderHash": file["hash"]}, (400, 101)),
        (1, {"fileFullName": "f"}, (409, 203)),
        (1, {"fileFullName": "a/b"}, (400, 209)),
        (1, {"isPublic": "false"}, (400, 209)),
        (1, {"fileFullName": "a", "isPublic": "x"}, (400, 101)),
        (10, {"fileFullName": "a"}, (507, 206)),
    ):
        response = await api.begin(size, **meta)
        assert refusal(response) == expected
    taken = (await api.begin(1, fileFullName="f")).json()["result"]
    assert taken["hash"] == file["hash"]


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Upload-Length": "1"}, 412),
        ({"Upload-Length": "1", "Tus-Resumable": "0.2"}, 412),
        ({"Upload-Length": "x", **TUS}, 400),
        ({"Upload-Defer-Length": "1", **TUS}, 400),
        ({"Upload-Length": "1", **TUS, "Upload-Metadata": "fileFullName !"}, 400),
    ],
)
async def test_what_is_not_tus_is_refused(api: Client, headers: dict[str, str], status: int):
    meta = {"Upload-Metadata": metadata(fileFullName="a")}
    response = await api.http.post("files/resumable_upload", headers={**meta, **headers})
    assert response.status_code == status
    if status == 412:
        assert response.headers["tus-version"] == "1.0.0"


async def test_a_wrong_offset_changes_nothing(api: Client):
    url = await location(api, 6, fileFullName="a")
    assert (await api.patch(url, 0, b"abc")).status_code == 204
    for offset in (0, 2, 4, 6):
        assert plain(await api.patch(url, offset, b"x")) == 409
    assert await head(api, url) == (200, "3", "6")
    assert (await api.patch(url, 3, b"def")).status_code == 204
    assert await api.fetch(result(await api.info(url))["hash"]) == b"abcdef"


async def test_a_part_must_be_well_formed(api: Client):
    url = await location(api, 3, fileFullName="a")
    assert plain(await api.patch(url, 0, b"abcd")) == 400  # more than was said
    wrong = {**TUS, "Upload-Offset": "0", "Content-Type": "application/octet-stream"}
    assert plain(await api.http.patch(url, content=b"abc", headers=wrong)) == 415
    assert plain(await api.http.patch(url, content=b"abc", headers=CHUNK)) == 400
    unversioned = {"Upload-Offset": "0", "Content-Type": CHUNK["Content-Type"]}
    assert (await api.http.patch(url, content=b"abc", headers=unversioned)).status_code == 412
    assert (await api.patch(url, 0, b"")).status_code == 204
    assert await head(api, url) == (200, "0", "3")


async def test_an_unknown_upload_is_not_found(api: Client, running: Running, friend: Client):
    url = await location(api, 3, fileFullName="a")
    unknown = url.rpartition("/")[0] + "/u-77"
    other_route = url.replace("resumable_upload", "resumable_replace")
    for who, which in ((api, unknown), (api, other_route), (friend, url)):
        assert plain(await who.patch(which, 0, b"abc")) == 404
        assert (await head(who, which))[0] == 404
        assert plain(await who.http.delete(which, headers=TUS)) == 404
    for who, which in ((api, unknown), (friend, url)):
        assert refusal(await who.info(which)) == (404, 202)


async def test_an_upload_expires(api: Client, running: Running, clock: Clock):
    url = await location(api, 3, fileFullName="a")
    clock.advance(24 * 3600 - 1)
    assert (await head(api, url))[0] == 200
    clock.advance(1)
    assert plain(await api.patch(url, 0, b"abc")) == 410
    assert (await head(api, url))[0] == 410
    assert refusal(await api.info(url)) == (404, 202)
    clock.advance(25 * 3600)
    running.emulator.configure(tus_ttl=10.0)
    short = await location(api, 3, fileFullName="a")
    assert (await head(api, url))[0] == 404  # forgotten
    clock.advance(10)
    assert (await head(api, short))[0] == 410


async def test_an_upload_can_be_ended(api: Client, running: Running):
    url = await location(api, 3, fileFullName="a")
    await api.patch(url, 0, b"ab")
    assert plain(await api.http.delete(url, headers=TUS)) == 204
    assert (await head(api, url))[0] == 404
    assert await api.names() == []
    assert not [p for p in (running.emulator.root / "blobs").glob("*/*") if p.is_file()]


async def test_the_name_may_be_taken_meanwhile(api: Client):
    url = await location(api, 3, fileFullName="a")
    other = await api.upload("a", b"other")
    assert plain(await api.patch(url, 0, b"abc")) == 204
    response = await api.info(url)
    assert refusal(response) == (409, 203)
    assert response.json()["result"]["hash"] == other["hash"]
    assert await api.fetch(other["hash"]) == b"other"


async def test_the_name_may_be_taken_meanwhile_and_another_be_found(api: Client, running: Running):
    running.emulator.configure(on_duplicate="rename")
    url = await location(api, 3, fileFullName="a.txt")
    await api.upload("a.txt", b"other")
    await api.patch(url, 0, b"abc")
    assert display(result(await api.info(url))) == "a (1).txt"


async def test_the_destination_may_go_meanwhile(api: Client):
    folder, file = (await api.folder("d"))["hash"], (await api.upload("f", b"x"))["hash"]
    into_folder = await location(api, 3, fileFullName="a", folderHash=folder)
    replacing = (await api.begin(3, "resumable_replace", hash=file)).headers["location"]
    for hash_ in (folder, file):
        await api.ok("DELETE", f"files/{hash_}")
    for url in (into_folder, replacing):
        assert plain(await api.patch(url, 0, b"abc")) == 204
        assert refusal(await api.info(url)) == (404, 202)
    assert await api.names() == []


async def test_the_space_may_be_gone_meanwhile(api: Client, running: Running):
    url = await location(api, 6, fileFullName="a")
    running.emulator.configure(quota=5)
    await api.patch(url, 0, b"abc")
    assert plain(await api.patch(url, 3, b"def")) == 204
    assert refusal(await api.info(url)) == (507, 206)
    assert await head(api, url) == (200, "6", "6")
    assert not [p for p in (running.emulator.root / "blobs").glob("*/*") if p.is_file()]


async def test_a_complete_upload_may_take_its_time(api: Client, running: Running, clock: Clock):
    running.emulator.configure(assembly_time=3.0)
    url = await location(api, 3, fileFullName="a")
    await api.patch(url, 0, b"abc")
    assert refusal(await api.info(url)) == (404, 202)
    clock.advance(3)
    assert result(await api.info(url))["size"] == 3


async def test_a_token_may_expire_between_two_parts(api: Client, fault, running: Running):
    url = await location(api, 6, fileFullName="a")
    await api.patch(url, 0, b"abc")
    fault(Kind.EXPIRED_TOKEN, route="upload-part", count=1)
    assert refusal(await api.patch(url, 3, b"def")) == (401, 21)
    refresh = default_refresh(running)
    token = (await api.ok("GET", "oauth2/refresh", refreshToken=refresh))["access_token"]
    async with Client(running.api_url, token) as renewed:
        assert await head(renewed, url) == (200, "3", "6")
        assert (await renewed.patch(url, 3, b"def")).status_code == 204
        assert await renewed.fetch(result(await renewed.info(url))["hash"]) == b"abcdef"


def default_refresh(running: Running) -> str:
    return running.emulator.default_account()["refresh_token"]


async def test_what_arrived_of_a_part_that_broke_off_is_kept(api: Client, fault, running: Running):
    data = bytes(range(256)) * 12288  # 3 MiB
    url = await location(api, len(data), fileFullName="a")
    await api.patch(url, 0, data[:1000])
    fault(Kind.CUT_UPLOAD, route="upload-part", after=2_000_000, count=1)
    await api.broken_off("PATCH", url, data[1000:], {**CHUNK, "Upload-Offset": "1000"})
    with trio.fail_after(5):  # the server finds out in its own time
        while (await head(api, url))[1] == "1000":
            await trio.sleep(0.01)
    assert await head(api, url) == (200, "2001000", str(len(data)))
    assert (await api.patch(url, 2_001_000, data[2_001_000:])).status_code == 204
    assert await api.fetch(result(await api.info(url))["hash"]) == data


async def test_a_lost_answer_is_found_out_by_asking(api: Client, fault):
    url = await location(api, 3, fileFullName="a")
    fault(Kind.RESET_AFTER, route="upload-part", count=1)
    with pytest.raises(httpx.TransportError):
        await api.patch(url, 0, b"abc")
    assert await head(api, url) == (200, "3", "3")
    assert result(await api.info(url))["size"] == 3


async def test_one_of_two_equal_parts_wins(api: Client):
    url = await location(api, 2_000_000, fileFullName="a")
    statuses: list[int] = []

    async def send() -> None:
        statuses.append((await api.patch(url, 0, bytes(2_000_000))).status_code)

    async with trio.open_nursery() as nursery:
        for _ in range(3):
            nursery.start_soon(send)
    assert sorted(statuses) == [204, 409, 409]
    assert result(await api.info(url))["size"] == 2_000_000


async def test_an_upload_goes_on_after_a_restart(
    emulator: PodSpaceEmulator, tmp_path, clock: Clock
):
    async with serving(emulator) as running, signed_in(running) as api:
        url = await location(api, 6, fileFullName="a")
        await api.patch(url, 0, b"abc")
    emulator.close()
    again = PodSpaceEmulator(tmp_path / "cloud", clock=clock)
    async with serving(again) as running, signed_in(running) as api:
        url = f"{running.api_url}/files/resumable_upload/{url.rpartition('/')[2]}"
        assert await head(api, url) == (200, "3", "6")
        await api.patch(url, 3, b"def")
        assert await api.fetch(result(await api.info(url))["hash"]) == b"abcdef"
    again.close()


async def test_a_crash_before_the_last_step_is_made_good_by_asking(
    api: Client, running: Running, monkeypatch: pytest.MonkeyPatch, announce
):
    announce("failed in the emulator")
    url = await location(api, 6, fileFullName="a")
    await api.patch(url, 0, b"abc")
    with monkeypatch.context() as patched:
        patched.setattr(running.emulator.store.blobs, "join", None)
        assert (await api.patch(url, 3, b"def")).status_code == 500
    assert await head(api, url) == (200, "6", "6")
    assert await api.names() == []
    assert result(await api.info(url))["size"] == 6
    assert await api.names() == ["a"]
