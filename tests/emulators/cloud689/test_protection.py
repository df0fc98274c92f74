"""Reference 3.13: files protected, and their licences."""

from pathlib import Path

import pytest

from cloudfs.emulators.clock import Clock
from cloudfs.emulators.cloud689.emulator import Cloud689Emulator
from cloudfs.emulators.server import Running, serving
from tests.emulators.cloud689.client import Client, signed_in

DONE = b'{"result":"OK","description":"","status_code":200,"total_records":null}'


async def status(api: Client, *files: str) -> list[int]:
    found = await api.ok("encode/status", file_ids=list(files), project_id=None)
    assert [one["file_id"] for one in found] == list(files)
    assert all(isinstance(one["description"], str) for one in found)
    return [one["status_encode"] for one in found]


async def protected(api: Client, clock: Clock, name: str, data: bytes) -> str:
    file = await api.file(name, data)
    await api.ok("encode/start/license", file_ids=file)
    clock.advance(1)
    return file


async def test_protection_takes_its_time(api: Client, clock: Clock, running: Running):
    running.emulator.configure(encode_queue=5.0, encode_time=10.0)
    file, other = await api.file("f.pdf", b"plain"), await api.file("g.pdf")
    assert await status(api, file, other) == [0, 0]
    response = await api.post("encode/start/license", file_ids=file)
    assert response.content == DONE
    assert await status(api, file, other) == [1, 0]
    clock.advance(5)
    assert await status(api, file) == [2]
    assert await api.fetch(file) == b"plain"
    clock.advance(9.9)
    assert await status(api, file) == [2]
    clock.advance(0.1)
    assert await status(api, file, other) == [3, 0]


async def test_a_protected_file_is_the_same_file_with_another_content(api: Client, clock: Clock):
    before = await api.upload("f.pdf", b"plain text" * 1000)
    file = before["file_id"]
    await api.ok("encode/start/license", file_ids=file)
    clock.advance(1)
    (entry,) = await api.ls()
    assert (entry["id"], entry["is_encrypt"]) == (file, 1)
    assert entry["last_modified_date"] == "2023/11/14 17:13:21"
    found = await api.stat(file)
    assert (found["is_encrypt"], found["file_size"]) == (1, entry["file_size"])
    assert found["create_date"] == before["create_date"]
    content = await api.fetch(file)
    assert len(content) == entry["file_size"] > 10_000
    assert b"plain text" not in content


async def test_a_protected_file_may_be_listed_as_it_was(
    api: Client, clock: Clock, running: Running
):
    file = await protected(api, clock, "f.pdf", b"x" * 1000)
    running.emulator.configure(list_plain_size=True)
    (entry,) = await api.ls()
    assert (entry["file_size"], (await api.stat(file))["file_size"]) == (1000, 1000)
    response = await api.download(file)
    assert int(response.headers["content-length"]) == len(response.content) > 1000


async def test_the_change_is_an_event(api: Client, clock: Clock):
    file = await protected(api, clock, "f.pdf", b"x")
    event = (await api.history())[0]
    assert (event["history_type"], event["file_ids"]) == (800, file)
    (told,) = event["data"]["result"]
    assert (told["name"], told["new_name"]) == ("f.pdf", "f.pdf")


async def test_a_protected_file_is_not_protected_twice(api: Client, clock: Clock):
    file = await protected(api, clock, "f.pdf", b"x")
    content, events = await api.fetch(file), len(await api.history())
    await api.ok("encode/start/license", file_ids=file, printable=7)
    clock.advance(10)
    assert await status(api, file) == [3]
    assert (await api.fetch(file), len(await api.history())) == (content, events)
    found = await api.ok("license/info", file_id=file)
    assert found["printable"] == 7


async def test_a_start_while_it_is_at_work_changes_nothing(api: Client, clock: Clock):
    file = await api.file("f.pdf", b"x")
    await api.ok("encode/start/license", file_ids=file)
    clock.advance(0.9)
    await api.ok("encode/start/license", file_ids=file)
    clock.advance(0.1)
    assert await status(api, file) == [3]


async def test_many_are_protected_at_once_in_several_projects(api: Client, clock: Clock):
    other = await api.new_project("Other")
    files = [await api.file(f"{n}.pdf", b"%d" % n) for n in range(3)]
    files.append((await api.upload("x.pdf", project_id=other))["file_id"])
    await api.ok("encode/start/license", file_ids=files, project_id=None)
    clock.advance(1)
    assert await status(api, *files) == [3] * 4
    refused = await api.refused("encode/start/license", file_ids=files)
    assert refused == (404, "File not found")


async def test_some_kinds_of_files_cannot_be_protected(api: Client, clock: Clock, running: Running):
    running.emulator.configure(encode_only=[".pdf"])
    good, bad = await api.file("a.PDF", b"x"), await api.file("a.txt", b"x")
    await api.ok("encode/start/license", file_ids=[good, bad])
    assert await status(api, good, bad) == [2, 2]
    clock.advance(1)
    assert await status(api, good, bad) == [3, 4]
    assert await api.fetch(bad) == b"x"
    running.emulator.configure(encode_only=[])
    await api.ok("encode/start/license", file_ids=bad)
    clock.advance(1)
    assert await status(api, bad) == [3]


async def test_a_file_that_is_deleted_meanwhile_does_no_harm(api: Client, clock: Clock):
    kept, purged = await api.file("kept.pdf", b"x"), await api.file("purged.pdf", b"y")
    await api.ok("encode/start/license", file_ids=[kept, purged])
    await api.done("project/f/delete", file_id=kept)
    await api.done("project/f/delete", file_id=purged)
    await api.done("project/f/deleteforever", file_ids=purged)
    clock.advance(1)
    assert (await api.stat(kept, active=False))["is_encrypt"] == 1
    assert await api.refused("encode/status", file_ids=kept) == (404, "File not found")
    await api.done("project/f/restore", file_ids=kept)
    assert await status(api, kept) == [3]


async def test_a_file_has_no_licence_at_first(api: Client):
    folder = await api.folder("d")
    file = await api.file("f", folder=folder)
    assert await api.ok("license/info", file_id=file) == {
        "file_project_pk": {"file_id": file, "project_id": api.project},
        "folder_id": folder,
        "document_expiry_date": None,
        "printable": 0,
        "editable": 0,
        "local_copies": 0,
        "label": None,
        "status": 0,
    }


async def test_a_licence_is_registered_changed_and_deleted(api: Client):
    files = [await api.file("a"), await api.file("b")]
    whole = {"printable": 1, "editable": 2, "local_copy": 3, "expiry_date": "2030/05/01"}
    response = await api.post("license/register", file_ids=files, **whole)
    assert response.content == DONE
    for file in files:
        found = await api.ok("license/info", file_id=file)
        assert (found["printable"], found["editable"], found["local_copies"]) == (1, 2, 3)
        assert (found["document_expiry_date"], found["label"]) == ("2030/05/01 23:59:59", None)
        assert (found["status"], found["folder_id"]) == (1, None)
    response = await api.post("license/update", file_ids=files[0], printable=9, label="secret")
    assert response.content == DONE
    changed = await api.ok("license/info", file_id=files[0])
    assert (changed["printable"], changed["editable"], changed["label"]) == (9, 2, "secret")
    assert (await api.ok("license/info", file_id=files[1]))["printable"] == 1
    await api.ok("license/update", file_ids=files[0], expiry_date="2031/01/02 03:04:05")
    changed = await api.ok("license/info", file_id=files[0])
    assert changed["document_expiry_date"] == "2031/01/02 03:04:05"
    await api.ok("license/update", file_ids=files, delete=True)
    for file in files:
        found = await api.ok("license/info", file_id=file)
        assert (found["status"], found["printable"]) == (0, 0)


async def test_protection_registers_a_licence(api: Client):
    file = await api.file("f")
    await api.ok(
        "encode/start/license",
        file_ids=file,
        transaction_id="t",
        label="l",
        printable=4,
        editable=5,
        expiry_date="2030/01/01",
        local_copy=6,
    )
    found = await api.ok("license/info", file_id=file)
    assert (found["printable"], found["editable"], found["local_copies"]) == (4, 5, 6)
    assert (found["label"], found["document_expiry_date"]) == ("l", "2030/01/01 23:59:59")


@pytest.mark.parametrize(
    "missing", ["file_ids", "project_id", "printable", "editable", "expiry_date", "local_copy"]
)
async def test_a_registration_is_complete(api: Client, missing: str):
    whole = {"printable": 1, "editable": 2, "local_copy": 3, "expiry_date": "2030/05/01"}
    params = {**whole, "file_ids": await api.file("f"), missing: None}
    assert await api.refused("license/register", **params) == (404, "Parameter missing")


async def test_licences_are_of_active_files(api: Client):
    good, folder = await api.file("f"), await api.folder("d")
    for other in (folder, "0" * 32):
        for call in ("encode/start/license", "license/update", "encode/status"):
            refused = await api.refused(call, file_ids=[good, other])
            assert refused == (404, "File not found")
        assert await api.refused("license/info", file_id=other) == (404, "File not found")
    assert (await api.ok("license/info", file_id=good))["status"] == 0


async def test_the_work_goes_on_after_a_restart(tmp_path: Path, clock: Clock):
    first = Cloud689Emulator(tmp_path / "again", clock=clock)
    first.write("/Documents/a.pdf", b"plain")
    async with serving(first) as running, signed_in(running) as api:
        (entry,) = await api.ls()
        await api.ok("encode/start/license", file_ids=entry["id"], printable=3)
    first.close()
    clock.advance(60)
    second = Cloud689Emulator(tmp_path / "again", clock=clock)
    async with serving(second) as running, signed_in(running) as api:
        assert await status(api, entry["id"]) == [3]
        assert (await api.ok("license/info", file_id=entry["id"]))["printable"] == 3
    second.close()
