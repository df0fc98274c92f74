"""Reference 3.19: what happened to an entry, and what somebody did last."""

from cloudfs.emulators.clock import Clock
from cloudfs.emulators.server import Running
from tests.emulators.conftest import NOW
from tests.emulators.podspace.client import Client, result

NOPE = "NOPE000000000000"
MS = int(NOW * 1000)


async def kinds(api: Client, hash_: str) -> list[str]:
    return [one["kind"] for one in await api.ok("GET", f"files/{hash_}/activities")]


async def test_everything_that_happens_is_noted(api: Client, clock: Clock, friend: Client):
    folder = (await api.folder("a"))["hash"]
    file = (await api.upload("f", b"x"))["hash"]
    await api.replace(file, b"y")
    await api.fetch(file)
    result(await api.form("PUT", f"files/{file}/rename", newName="g"))
    await api.ok("PUT", f"files/{file}/move", destFolderHash=folder)
    await api.ok("PUT", f"files/{file}/copy", destFolderHash="ROOT")
    (share,) = await api.ok("POST", f"files/{file}/share", level="VIEW", persons="ali")
    await api.ok("POST", f"files/{file}/public")
    await api.ok("DELETE", f"shares/{share['hash']}")
    await api.ok("DELETE", f"files/{file}")
    await api.ok("PUT", f"trashes/{file}/restore")
    assert (await kinds(api, file))[::-1] == [
        "UPLOAD", "UPLOAD", "DOWNLOAD", "RENAME", "MOVE", "SHARE", "PUBLIC", "UNSHARE", "TRASH",
        "RESTORE",
    ]  # fmt: skip
    assert await kinds(api, folder) == ["CREATE"]
    copied = await api.ok("GET", "files/ROOT/exist", fileName="g")
    assert await kinds(api, copied["hash"]) == ["COPY"]


async def test_an_activity_has_a_time_and_an_actor(api: Client, clock: Clock):
    file = (await api.upload("f", b"x"))["hash"]
    clock.advance(1)
    await api.fetch(file)
    user = {"username": "sara", "name": "Sara", "ssoId": 42, "roles": []}
    assert await api.ok("GET", f"files/{file}/activities") == [
        {"kind": "DOWNLOAD", "created": MS + 1000, "actor": user},
        {"kind": "UPLOAD", "created": MS, "actor": user},
    ]
    assert await api.refused("GET", f"files/{NOPE}/activities") == (404, 202)


async def test_a_download_in_pieces_is_one(api: Client, visitor: Client):
    file = (await api.upload("f", b"0123456789"))["hash"]
    for span in ("0-3", "4-7", "8-9"):
        await api.http.get(f"files/{file}", headers={"Range": f"bytes={span}"})
    await api.http.head(f"files/{file}")
    assert await kinds(api, file) == ["DOWNLOAD", "UPLOAD"]
    await api.ok("POST", f"files/{file}/public")
    await visitor.fetch(file)
    assert (await kinds(api, file))[0] == "PUBLIC"  # visitors are not noted


async def test_the_recents_of_the_example(api: Client, clock: Clock):
    folder = await api.folder("a")
    clock.advance(1)
    photo = await api.upload("photo.png", b"x")
    found = await api.ok("GET", "activities", start=0, size=20, desc="true")
    assert found == {
        "list": [
            {"reference": "FILE", "kind": "UPLOAD", "created": MS + 1000, "entity": photo},
            {"reference": "FOLDER", "kind": "CREATE", "created": MS, "entity": folder},
        ],
        "count": 2,
    }


async def test_the_recents_name_each_entry_once_and_in_either_order(api: Client, clock: Clock):
    hashes = [(await api.upload(name, b"x"))["hash"] for name in "abc"]
    await api.fetch(hashes[0])

    async def recent(**params: str) -> list[str]:
        found = (await api.ok("GET", "activities", **params))["list"]
        return [f"{one['entity']['name']} {one['kind']}" for one in found]

    newest = ["a DOWNLOAD", "c UPLOAD", "b UPLOAD"]
    assert await recent(desc="true") == newest
    assert await recent(desc="false") == newest[::-1]
    assert await recent() == newest[::-1]
    assert await recent(desc="true", start="1", size="1") == ["c UPLOAD"]


async def test_the_recents_are_of_what_i_did_and_can_see(
    api: Client, friend: Client, running: Running
):
    file = (await api.upload("f", b"x"))["hash"]
    gone = (await api.upload("gone", b"x"))["hash"]
    await api.ok("DELETE", f"files/{gone}")
    (share,) = await api.ok("POST", f"files/{file}/share", level="EDIT", persons="ali")
    await friend.replace(file, b"y")
    mine = await api.ok("GET", "activities", desc="true")
    assert [(one["entity"]["hash"], one["kind"]) for one in mine["list"]] == [(file, "SHARE")]
    theirs = await friend.ok("GET", "activities", desc="true")
    assert [(one["entity"]["hash"], one["kind"]) for one in theirs["list"]] == [(file, "UPLOAD")]
    await api.ok("DELETE", f"shares/{share['hash']}")
    assert await friend.ok("GET", "activities") == {"list": [], "count": 0}
