"""Reference 3.5 and 3.7: contents sent in one request."""

import base64

import httpx
import pytest

from cloudfs.emulators.clock import Clock
from cloudfs.emulators.server import Running
from tests.emulators.podspace.client import Client, display, refusal, result

NOPE = "NOPE000000000000"


def part(disposition: str, data: str = "hello") -> bytes:
    return f"--X\r\nContent-Disposition: form-data; {disposition}\r\n\r\n{data}\r\n".encode()


async def post(api: Client, *parts: bytes, path: str = "files") -> httpx.Response:
    headers = {"Content-Type": "multipart/form-data; boundary=X"}
    return await api.http.post(path, content=b"".join(parts) + b"--X--\r\n", headers=headers)


async def test_the_upload_of_the_example(api: Client, running: Running):
    posts = (await api.folder("Posts"))["hash"]
    body = (
        b'--X\r\nContent-Disposition: form-data; name="file"; filename="caption.txt"\r\n'
        b"Content-Type: text/plain\r\n\r\nhello\r\n--X--\r\n"
    )
    response = await api.http.post(
        f"files?folderHash={posts}",
        content=body,
        headers={"Content-Type": "multipart/form-data; boundary=X"},
    )
    made = result(response)
    assert (made["name"], made["extension"], made["type"]) == ("caption", "txt", "text/plain")
    assert (made["size"], made["version"], made["parentHash"]) == (5, 0, posts)
    assert running.emulator.tree() == {"/Posts": None, "/Posts/caption.txt": b"hello"}


@pytest.mark.parametrize(
    ("disposition", "name"),
    [
        ('name="file"; filename="نامه ي.txt"', "نامه ي.txt"),
        ("name=file; filename=plain.txt", "plain.txt"),
        ('filename="a;b.txt"; name="file"', "a;b.txt"),
        ('name="file"; filename="x"; filename*=UTF-8\'\'na%C3%AFve.txt', "naïve.txt"),
        ("name=\"file\"; filename*=utf-8'fa'%D9%86.txt", "ن.txt"),
        ('name="file"; FILENAME="upper.txt"', "upper.txt"),
    ],
)
async def test_the_name_is_read_in_every_way(api: Client, disposition: str, name: str):
    assert display(result(await post(api, part(disposition)))) == name


async def test_fields_may_be_before_or_after_the_file_or_in_the_query(api: Client):
    a = (await api.folder("a"))["hash"]
    file = part('name="file"; filename="f"')
    folder, public = part('name="folderHash"', a), part('name="isPublic"', "true")
    before = result(await post(api, folder, public, file))
    assert (before["parentHash"], before["isPublic"]) == (a, True)
    again = await post(api, file, folder)
    assert refusal(again) == (409, 203)
    unique = result(await post(api, file, folder, part('name="uniqueName"', "true")))
    assert (display(unique), unique["parentHash"]) == ("f (1)", a)
    result(await post(api, file, path="files?isPublic=true&description=x&upload_key=y"))


async def test_a_taken_name_is_refused_with_what_has_it(api: Client, running: Running):
    first = await api.upload("photo.png", b"one")
    response = await api.post_file("photo.png", b"two")
    assert refusal(response) == (409, 203)
    assert response.json()["result"] == {
        "hash": first["hash"],
        "name": "photo",
        "extension": "png",
        "type": "image/png",
    }
    assert running.emulator.tree() == {"/photo.png": b"one"}


async def test_a_taken_name_is_made_unique_if_that_is_asked_for(api: Client):
    for name in ("a.tar.gz", ".bashrc", "README"):
        made = [await api.upload(name, b"x", uniqueName="true") for _ in range(3)]
        stem = {"a.tar.gz": "a.tar", ".bashrc": "", "README": "README"}[name]
        end = name[len(stem) :]
        assert [display(e) for e in made] == [name, f"{stem} (1){end}", f"{stem} (2){end}"]
    long = "x" * 251 + ".txt"
    await api.upload(long)
    assert display(await api.upload(long, uniqueName="true")) == "x" * 247 + " (1).txt"


async def test_a_taken_name_may_be_made_unique_unasked(api: Client, running: Running):
    running.emulator.configure(on_duplicate="rename")
    await api.upload("a.txt")
    assert display(await api.upload("a.txt")) == "a (1).txt"
    assert await api.refused("POST", "folders", name="a.txt") == (409, 203)


async def test_an_upload_may_be_refused(api: Client):
    file = (await api.upload("f"))["hash"]
    for folder, expected in ((NOPE, (404, 202)), (file, (400, 101))):
        assert refusal(await api.post_file("x", b"", folderHash=folder)) == expected
    for name in ("x.", "a/b", "C:\\x", "..", ""):
        disposition = f'name="file"; filename="{name}"'
        assert refusal(await post(api, part(disposition))) == (400, 209)
    assert await api.names() == ["f"]


async def test_a_form_without_a_file_is_refused(api: Client):
    assert refusal(await post(api, part('name="isPublic"', "true"))) == (400, 200)
    assert refusal(await post(api, part('name="other"; filename="x"'))) == (400, 200)
    assert await api.refused("POST", "files") == (400, 200)
    assert refusal(await api.http.post("files", json={"file": "x"})) == (400, 200)
    two = part('name="file"; filename="x"')
    assert refusal(await post(api, two, two)) == (400, 101)
    assert await api.names() == []


async def test_a_form_that_is_cut_off_leaves_nothing(api: Client, running: Running):
    body = part('name="file"; filename="f"')
    response = await api.http.post(
        "files", content=body, headers={"Content-Type": "multipart/form-data; boundary=X"}
    )
    assert refusal(response) == (400, 101)
    assert running.emulator.tree() == {}
    assert not list((running.emulator.root / "incoming").iterdir())


async def test_an_upload_needs_space(api: Client, running: Running):
    running.emulator.configure(quota=10)
    assert refusal(await api.post_file("a", bytes(11))) == (507, 206)
    made = await api.upload("a", bytes(6))
    response = await api.post_file("any", bytes(5), f"files/{made['hash']}", method="PUT")
    assert refusal(response) == (507, 206)
    await api.replace(made["hash"], bytes(4))
    assert running.emulator.tree() == {"/a": bytes(4)}
    blobs = [path for path in (running.emulator.root / "blobs").glob("*/*") if path.is_file()]
    assert len(blobs) == 2  # what was refused is not kept


async def test_empty_files_are_allowed_or_not(api: Client, running: Running):
    assert (await api.upload("a"))["size"] == 0
    running.emulator.configure(reject_empty=True)
    assert refusal(await api.post_file("b", b"")) == (400, 200)
    file = (await api.upload("c", b"x"))["hash"]
    assert refusal(await api.post_file("c", b"", f"files/{file}", method="PUT")) == (400, 200)
    assert await api.names() == ["a", "c"]


async def test_a_replaced_file_keeps_everything_but_its_content(api: Client, clock: Clock):
    photo = await api.upload("photo.png", b"one")
    clock.advance(1)
    assert await api.replace(photo["hash"], b"second") == {
        **photo,
        "size": 6,
        "version": 1,
        "updated": photo["updated"] + 1000,
    }
    assert await api.fetch(photo["hash"]) == b"second"
    assert await api.replace(photo["hash"], b"second") == {
        **photo,
        "size": 6,
        "version": 2,
        "updated": photo["updated"] + 1000,
    }


async def test_a_replacement_may_be_refused(api: Client):
    file, folder = (await api.upload("f", b"x"))["hash"], (await api.folder("d"))["hash"]
    await api.replace(file, b"y")
    old = (await api.ok("GET", f"files/{file}/versions"))[0]["hash"]
    gone = (await api.upload("gone"))["hash"]
    await api.ok("DELETE", f"files/{gone}")
    for hash_, expected in (
        (NOPE, (404, 202)),
        (gone, (404, 202)),
        (folder, (400, 101)),
        (old, (400, 205)),
    ):
        response = await api.post_file("x", b"z", f"files/{hash_}", method="PUT")
        assert refusal(response) == expected
    assert await api.refused("PUT", f"files/{file}") == (400, 200)
    assert await api.fetch(file) == b"y"


async def test_a_chat_group_is_an_organisation(api: Client, friend: Client):
    team = await api.ok("POST", "teams", name="Lab")
    path = f"usergroups/{team['hash']}/files"
    made = result(await api.post_file("f", b"x", path))
    assert made["parentHash"] == team["folder"]
    assert refusal(await friend.post_file("g", b"x", path)) == (403, 4)
    assert refusal(await api.post_file("g", b"x", f"usergroups/{NOPE}/files")) == (403, 4)


async def test_images_are_uploaded_in_two_more_ways(api: Client, running: Running):
    made = result(await api.post_file("a.png", b"picture", "images", x=0, y=0, isPublic="false"))
    assert made["thumbnail"] == "THUMBNAIL_EXIST_PNG"
    text = base64.b64encode(b"picture" * 20_000).decode()
    fields = {"filename": "b.png", "file": text, "xC": "0", "yC": "0", "wC": "1", "hC": "1"}
    assert result(await api.form("POST", "images/base64", **fields))["name"] == "b"
    encoded = {**fields, "filename": "c.png"}
    assert result(await api.http.post("images/base64", data=encoded))["name"] == "c"
    assert running.emulator.tree()["/b.png"] == b"picture" * 20_000
    for wrong, expected in (
        ({"filename": "d.png"}, (400, 200)),
        ({**fields, "file": "!"}, (400, 31)),
        ({**fields, "wC": "x"}, (400, 101)),
        (fields, (409, 203)),
        ({**fields, "filename": "a/b"}, (400, 209)),
    ):
        assert refusal(await api.form("POST", "images/base64", **wrong)) == expected


async def test_there_are_business_keys(api: Client):
    assert list(await api.ok("GET", "files/upload_key")) == ["uploadKey"]
