"""Reference 3.7: contents that arrive whole, and in chunks."""

import json

import httpx
import pytest
import trio

from cloudfs.emulators.clock import Clock
from cloudfs.emulators.cloud689.emulator import Cloud689Emulator
from tests.emulators.cloud689.client import Client, refusal, result, signed_in

MISSING, INVALID = (404, "Parameter missing"), (400, "Invalid parameter")
UPLOAD_ERROR = (301, "Upload file error")
RECEIVED = b'{"result":null,"description":"OK","status_code":200,"total_records":null}'
DAY = 86400.0


async def chunk(api: Client, index: int, count: int, data: bytes, **params: object):
    usual = {"file_name": "big.bin", "name": "big.bin", "session_upload": "9c1f77"}
    return await api.send(data, chunk=index, chunks=count, **{**usual, **params})


async def test_the_request_of_the_reference_is_understood(api: Client):
    parts = {
        "auth_token": api.token,
        "project_id": api.project,
        "folder_id": await api.folder("d"),
        "file_name": "big.bin",
        "name": "big.bin",
        "session_upload": "9c1f77",
        "chunk": "0",
        "chunks": "3",
    }
    body = "".join(
        f'--B\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in parts.items()
    )
    body += (
        '--B\r\nContent-Disposition: form-data; name="file"; filename="big.bin"\r\n'
        "Content-Type: application/octet-stream\r\n\r\nfirst chunk\r\n--B--\r\n"
    )
    headers = {"Content-Type": "multipart/form-data; boundary=B"}
    response = await api.http.post("upload", content=body, headers=headers)
    assert response.content == RECEIVED


async def test_a_new_file_is_told(api: Client):
    body = (await api.send(b"%PDF-1.7", "application/pdf", file_name="a.pdf")).json()
    assert list(body) == ["result", "status_code", "total_records"]
    file = body["result"]["file_id"]
    assert list(body["result"].items()) == [
        ("file_id", file),
        ("upload_file_id", file),
        ("title", "a.pdf"),
        ("description", "a.pdf"),
        ("is_encrypt", 0),
        ("file_type", 1),
        ("create_date", "2023/11/14 22:13:20"),
        ("modify_date", "2023/11/14 17:13:20"),
        ("file_size", 8),
        ("status", 1),
        ("in_recycle_bin", 0),
        ("content_type", "application/pdf"),
        ("thumbnail", None),
    ]
    assert await api.fetch(file) == b"%PDF-1.7"


async def test_a_file_may_be_empty(api: Client):
    made = await api.upload("empty", b"")
    assert made["file_size"] == 0
    assert await api.fetch(made["file_id"]) == b""


async def test_every_upload_is_a_new_file(api: Client):
    first, second = await api.file("f", b"1"), await api.file("f", b"2")
    assert first != second
    assert (await api.fetch(first), await api.fetch(second)) == (b"1", b"2")


async def test_the_name_is_that_of_the_part_if_no_other_is_given(api: Client):
    part = {"file": ("from part.txt", b"x")}
    response = await api.http.post("upload", data=api.fields({}), files=part)
    assert result(response)["title"] == "from part.txt"
    response = await api.http.post("upload", data=api.fields({"file_name": "other"}), files=part)
    assert result(response)["title"] == "other"


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ("text/x-special; charset=utf-8", "text/x-special"),
        ("application/octet-stream", "text/plain"),
        ("", "text/plain"),
    ],
)
async def test_the_type_is_told_or_guessed(api: Client, told: str, expected: str):
    assert result(await api.send(b"x", told, file_name="a.txt"))["content_type"] == expected


async def test_a_folder_tells_the_project_if_nothing_else_does(api: Client):
    folder = await api.folder("d")
    response = await api.send(b"x", file_name="f", project_id=None, folder_id=folder)
    assert result(response)["title"] == "f"
    assert await api.names(folder) == ["f"]
    assert refusal(await api.send(b"x", file_name="f", project_id=None)) == MISSING
    nowhere = await api.send(b"x", file_name="f", project_id=None, folder_id="0" * 32)
    assert refusal(nowhere) == (404, "Folder not found")


async def test_an_upload_needs_its_place(api: Client):
    for params, expected in (
        ({"project_id": "0" * 32}, (404, "Project not found")),
        ({"folder_id": "0" * 32}, (404, "Folder not found")),
        ({"folder_id": await api.file("f")}, (404, "Folder not found")),
        ({"auth_token": "0" * 32}, (401, "Token does not exist")),
        ({"auth_token": None}, (401, "Invalid access token")),
    ):
        assert refusal(await api.send(b"x", file_name="g", **params)) == expected
    assert await api.names() == ["f"]


async def test_an_upload_needs_a_file(api: Client):
    fields = {name: (None, value) for name, value in api.fields({"file_name": "f"}).items()}
    assert refusal(await api.http.post("upload", files=fields)) == MISSING
    urlencoded = await api.post("upload", file_name="f", file="x")
    assert refusal(urlencoded) == MISSING


async def test_a_file_needs_a_name(api: Client):
    body = form(api.fields({}), '--B\r\nContent-Disposition: form-data; name="file"\r\n\r\nx')
    response = await raw(api, body)
    assert refusal(response) == MISSING


@pytest.mark.parametrize("tail", ["", "\r\n--B", "\r\n--B-"])
async def test_a_form_that_is_cut_off_is_refused(api: Client, tail: str):
    head = '--B\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n\r\nx'
    body = form(api.fields({}), head).removesuffix("\r\n--B--\r\n") + tail
    assert refusal(await raw(api, body)) == INVALID
    assert await api.names() == []


async def test_two_files_in_one_form_are_refused(api: Client):
    part = '--B\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n\r\nx'
    assert refusal(await raw(api, form(api.fields({}), f"{part}\r\n{part}"))) == INVALID


async def test_fields_may_follow_the_file_but_for_the_token(api: Client):
    part = '--B\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n\r\nx\r\n'
    fields = api.fields({"file_name": "late"})
    token = {"auth_token": fields.pop("auth_token")}
    late = await raw(api, f"{opened(token)}{part}{opened(fields)}--B--\r\n")
    assert result(late)["title"] == "late"
    swapped = await raw(api, f"{opened(fields)}{part}{opened(token)}--B--\r\n")
    assert refusal(swapped) == (401, "Invalid access token")


async def test_other_files_in_a_form_are_ignored(api: Client):
    other = '--B\r\nContent-Disposition: form-data; name="icon"; filename="i"\r\n\r\nyyy\r\n'
    part = '--B\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n\r\nx'
    made = result(await raw(api, form(api.fields({}), other + part)))
    assert (made["title"], made["file_size"]) == ("f", 1)


async def test_names_come_in_utf_8(api: Client):
    assert (await api.upload("漢字 😀.txt"))["title"] == "漢字 😀.txt"
    body = (
        form({**api.fields({}), "file_name": "X"}).encode().replace(b"\r\nX\r\n", b"\r\n\xff\r\n")
    )
    assert refusal(await raw(api, body)) == INVALID


async def test_chunks_become_one_file(api: Client):
    folder = await api.folder("d")
    for index in range(2):
        response = await chunk(api, index, 3, b"%d" % index * 70_000, folder_id=folder)
        assert response.content == RECEIVED
        assert await api.names(folder) == []
    made = result(await chunk(api, 2, 3, b"end", folder_id=folder))
    assert (made["title"], made["file_size"]) == ("big.bin", 140_003)
    assert await api.fetch(made["file_id"]) == b"0" * 70_000 + b"1" * 70_000 + b"end"
    assert await api.names(folder) == ["big.bin"]


async def test_a_chunk_that_is_repeated_replaces_itself(api: Client):
    await chunk(api, 0, 3, b"wrong")
    await chunk(api, 0, 3, b"zero")
    await chunk(api, 1, 3, b"wrong too")
    assert (await chunk(api, 1, 3, b"one")).content == RECEIVED
    made = result(await chunk(api, 2, 3, b"two"))
    assert await api.fetch(made["file_id"]) == b"zeroonetwo"


async def test_chunks_come_in_order(api: Client):
    assert refusal(await chunk(api, 1, 4, b"x")) == UPLOAD_ERROR
    await chunk(api, 0, 4, b"0")
    assert refusal(await chunk(api, 2, 4, b"x")) == UPLOAD_ERROR
    await chunk(api, 1, 4, b"1")
    assert refusal(await chunk(api, 0, 4, b"x")) == UPLOAD_ERROR
    assert refusal(await chunk(api, 3, 4, b"x")) == UPLOAD_ERROR
    await chunk(api, 2, 4, b"2")
    made = result(await chunk(api, 3, 4, b"3"))
    assert await api.fetch(made["file_id"]) == b"0123"


@pytest.mark.parametrize("count", [1, 3])
async def test_the_last_chunk_may_be_repeated(api: Client, clock: Clock, count: int):
    for index in range(count - 1):
        await chunk(api, index, count, b"x")
    made = result(await chunk(api, count - 1, count, b"end"))
    clock.advance(DAY - 1)
    assert result(await chunk(api, count - 1, count, b"end")) == made
    assert refusal(await chunk(api, count - 1, count, b"END")) == UPLOAD_ERROR
    if count > 1:
        assert refusal(await chunk(api, 0, count, b"x")) == UPLOAD_ERROR
    assert await api.names() == ["big.bin"]


async def test_a_file_in_one_piece_may_be_repeated_too(api: Client):
    params = {"file_name": "f", "session_upload": "s", "name": "n"}
    made = result(await api.send(b"x", **params))
    assert result(await api.send(b"x", **params)) == made
    other = result(await api.send(b"x", **{**params, "name": "m"}))
    assert other["file_id"] != made["file_id"]
    assert await api.names() == ["f", "f"]


async def test_without_a_name_every_request_is_a_new_file(api: Client):
    for params in ({"session_upload": "s"}, {"name": "n"}, {"chunk": 0, "chunks": 1}):
        for _ in range(2):
            result(await api.send(b"x", file_name="f", **params))
    assert await api.names() == ["f"] * 6


async def test_a_file_that_was_deleted_since_is_told_as_such(api: Client):
    made = result(await chunk(api, 0, 1, b"x"))
    await api.done("project/f/delete", file_id=made["file_id"])
    again = result(await chunk(api, 0, 1, b"x"))
    assert (again["file_id"], again["status"], again["in_recycle_bin"]) == (made["file_id"], 0, 1)
    await api.done("project/f/deleteforever", file_ids=made["file_id"])
    assert refusal(await chunk(api, 0, 1, b"x")) == (404, "File not found")


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({"chunk": 0}, MISSING),
        ({"chunks": 2}, MISSING),
        ({"chunk": 0, "chunks": 2}, MISSING),
        ({"chunk": 0, "chunks": 2, "name": "n"}, MISSING),
        ({"chunk": 0, "chunks": 2, "session_upload": "s"}, MISSING),
        ({"chunk": 2, "chunks": 2, "session_upload": "s", "name": "n"}, INVALID),
        ({"chunk": -1, "chunks": 2, "session_upload": "s", "name": "n"}, INVALID),
        ({"chunk": 0, "chunks": 0, "session_upload": "s", "name": "n"}, INVALID),
        ({"chunk": "a", "chunks": 2, "session_upload": "s", "name": "n"}, INVALID),
    ],
)
async def test_chunks_are_numbered(api: Client, params: dict[str, object], expected):
    assert refusal(await api.send(b"x", file_name="f", **params)) == expected
    assert await api.names() == []


async def test_an_assembly_keeps_its_goal(api: Client):
    folder = await api.folder("d")
    await chunk(api, 0, 3, b"0")
    for index, count, change in (
        (1, 4, {}),
        (1, 3, {"file_name": "other"}),
        (1, 3, {"folder_id": folder}),
    ):
        assert refusal(await chunk(api, index, count, b"x", **change)) == INVALID
    assert (await chunk(api, 1, 3, b"1")).content == RECEIVED


async def test_assemblies_are_of_a_user_a_session_and_a_name(api: Client, colleague: Client):
    await chunk(api, 0, 2, b"A")
    await chunk(api, 0, 2, b"B", session_upload="another")
    await chunk(api, 0, 2, b"C", name="another")
    await chunk(colleague, 0, 2, b"D")
    contents = [
        await api.fetch(result(response)["file_id"])
        for response in (
            await chunk(api, 1, 2, b"a"),
            await chunk(api, 1, 2, b"b", session_upload="another"),
            await chunk(api, 1, 2, b"c", name="another"),
            await chunk(colleague, 1, 2, b"d"),
        )
    ]
    assert contents == [b"Aa", b"Bb", b"Cc", b"Dd"]


async def test_what_is_unfinished_is_dropped_after_a_day(
    api: Client, clock: Clock, emulator: Cloud689Emulator
):
    await chunk(api, 0, 2, b"old")
    clock.advance(DAY)
    assert refusal(await chunk(api, 1, 2, b"x")) == UPLOAD_ERROR
    await chunk(api, 0, 2, b"new")
    made = result(await chunk(api, 1, 2, b"!"))
    assert await api.fetch(made["file_id"]) == b"new!"
    clock.advance(DAY)
    assert result(await chunk(api, 0, 2, b"x", file_name="y")) is None
    assert await api.fetch(made["file_id"]) == b"new!"


async def test_the_space_of_chunks_is_given_back(
    api: Client, clock: Clock, emulator: Cloud689Emulator
):
    blobs = emulator.root / "blobs"
    await chunk(api, 0, 3, b"x" * 1000)
    assert len(list(blobs.glob("*/*"))) == 1
    clock.advance(3 * DAY)
    await chunk(api, 0, 2, b"a", name="b")
    assert [path.stat().st_size for path in blobs.glob("*/*")] == [1]
    await chunk(api, 1, 2, b"b", name="b")
    assert [path.stat().st_size for path in blobs.glob("*/*")] == [2]


async def test_the_life_of_assemblies_can_be_set(api: Client, clock: Clock, running):
    running.emulator.configure(upload_ttl=10.0)
    await chunk(api, 0, 2, b"x")
    clock.advance(10)
    assert refusal(await chunk(api, 1, 2, b"x")) == UPLOAD_ERROR


async def test_repeats_at_the_same_time_make_one_file(api: Client):
    await chunk(api, 0, 2, b"0" * 2_000_000)
    made: list[object] = []

    async def last() -> None:
        made.append(result(await chunk(api, 1, 2, b"1" * 2_000_000)))

    async with trio.open_nursery() as nursery:
        for _ in range(5):
            nursery.start_soon(last)
    assert made == [made[0]] * 5
    assert await api.names() == ["big.bin"]


async def test_an_upload_is_an_event_and_a_batch_is_one(api: Client):
    folder = await api.folder("d")
    first = await api.upload("a", b"1", folder, session_upload="s", name="1")
    second = await api.upload("b", b"2", folder, session_upload="s", name="2")
    elsewhere = await api.upload("c", b"3", None, session_upload="s", name="3")
    alone = await api.upload("d", b"4", folder)
    events = [event for event in await api.history() if event["history_type"] == 200]
    assert [event["file_ids"] for event in events] == [
        alone["file_id"],
        elsewhere["file_id"],
        f"{first['file_id']},{second['file_id']}",
    ]
    assert [one["name"] for one in events[2]["data"]["result"]] == ["a", "b"]
    assert events[2]["data"]["parent"]["id"] == folder


async def test_a_further_file_renews_the_event_of_its_batch(api: Client):
    await api.upload("a", session_upload="s", name="1")
    await api.folder("between")
    before = await api.history()
    await api.upload("b", session_upload="s", name="2")
    now = await api.history()
    assert [event["history_type"] for event in before[:2]] == [500, 200]
    assert [event["history_type"] for event in now[:2]] == [200, 500]
    assert now[0]["history_id"] == before[1]["history_id"]
    assert now[0]["last_update"] > before[0]["last_update"]
    assert len(now) == len(before)


async def test_a_repeated_chunk_is_no_second_event(api: Client):
    for _ in range(3):
        await chunk(api, 0, 1, b"x")
    events = [event for event in await api.history() if event["history_type"] == 200]
    assert len(events) == 1
    assert "," not in events[0]["file_ids"]


async def test_the_right_to_upload_is_looked_at_for_every_chunk(
    api: Client, emulator: Cloud689Emulator, running
):
    emulator.add_account("eve@example.com", "e")
    emulator.add_member("Documents", "eve@example.com", 3)
    async with signed_in(running, "eve@example.com", "e") as eve:
        await chunk(eve, 0, 2, b"x")
        emulator.add_member("Documents", "eve@example.com", 4)
        refused = refusal(await chunk(eve, 1, 2, b"x"))
        assert refused == (403, "User do not have permission")


async def test_an_answer_is_compact_json(api: Client):
    response = await api.send(b"x", file_name="ü")
    assert response.text == json.dumps(response.json(), separators=(",", ":"), ensure_ascii=False)


async def test_fields_are_small_and_what_follows_the_form_is_ignored(api: Client):
    part = '--B\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n\r\nx\r\n--B--\r\n'
    long = opened({**api.fields({}), "session_upload": "x" * 2_000_000})
    assert refusal(await raw(api, long + part)) == INVALID
    made = result(await raw(api, opened(api.fields({})) + part + "an epilogue\r\n"))
    assert (made["title"], made["file_size"]) == ("f", 1)


def form(fields: dict[str, str], more: str = "") -> str:
    """A form of *fields* and the parts *more*, with the boundary B."""
    return opened(fields) + (f"{more}\r\n" if more else "") + "--B--\r\n"


def opened(fields: dict[str, str]) -> str:
    """The first parts of a form."""
    return "".join(
        f'--B\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in fields.items()
    )


async def raw(api: Client, body: str | bytes) -> httpx.Response:
    headers = {"Content-Type": "multipart/form-data; boundary=B"}
    return await api.http.post("upload", content=body, headers=headers)
