"""Reference 3.17: shares, private and public, and what they allow."""

import pytest

from cloudfs.emulators.clock import Clock
from cloudfs.emulators.podspace.emulator import PodSpaceEmulator
from cloudfs.emulators.server import Running
from tests.emulators.conftest import NOW
from tests.emulators.podspace.client import Client, display, refusal, result

NOPE = "NOPE000000000000"
MS = int(NOW * 1000)  # 2023-11-14
FOLDER = "application/vnd.podspace.folder"
DONE = {"files": [], "folders": []}


@pytest.fixture
async def tree(api: Client, running: Running):
    """Hashes of /posts, /posts/sub, /posts/sub/deep and /photo.png."""
    running.emulator.write("/posts/sub/deep", b"deep")
    running.emulator.write("/photo.png", b"photo")
    hashes: dict[str, str] = {}
    for folder, name in (
        ("ROOT", "posts"), ("ROOT", "photo.png"), ("posts", "sub"), ("sub", "deep")
    ):  # fmt: skip
        call = ("GET", f"files/{hashes.get(folder, folder)}/exist")
        hashes[name] = (await api.ok(*call, fileName=name))["hash"]
    return hashes


async def share(api: Client, hash_: str, level: str = "VIEW", persons: str = "ali", **more: str):
    params = {"level": level, "persons": persons, "type": "PRIVATE", **more}
    return await api.ok("POST", f"files/{hash_}/share", **params)


async def test_the_private_share_of_the_example(
    api: Client, friend: Client, tree, emulator: PodSpaceEmulator
):
    emulator.add_account("reza", "rezas-token", userid=8, name="Reza")
    found = await share(api, tree["posts"], persons="ali,reza", expiration="2030-01-01")
    assert [one["person"]["ssoId"] for one in found] == [7, 8]
    hash_ = found[0]["hash"]
    assert len(hash_) == 20
    assert found[0] == {
        "hash": hash_,
        "type": "PRIVATE",
        "level": "VIEW",
        "person": {"username": "ali", "name": "Ali", "ssoId": 7},
        "entityType": "FOLDER",
        "entity": {
            "hash": tree["posts"],
            "name": "posts",
            "extension": "",
            "type": FOLDER,
        },
        "created": MS,
        "updated": MS,
        "expiration": "2030-01-01",
        "hasPassword": False,
    }
    assert (await api.ls())[1]["isShared"] is True
    assert await api.ok("GET", f"files/{tree['posts']}/shares") == found


async def test_persons_have_several_names(api: Client, friend: Client, tree):
    for owner, name in ((friend, "sara"), (friend, "09120000000"), (friend, "sara@example.com")):
        theirs = await owner.folder(name.replace("@", "_"))
        (made,) = await share(owner, theirs["hash"], persons=name, level="edit")
        assert (made["person"]["username"], made["level"]) == ("sara", "EDIT")


async def test_a_private_share_may_be_refused(api: Client, friend: Client, tree):
    posts, photo = tree["posts"], tree["photo.png"]
    root = (await api.stat("ROOT"))["hash"]
    good = {"level": "VIEW", "persons": "ali", "type": "PRIVATE"}
    for hash_, change, expected in (
        (posts, {"expiration": "2023-11-13"}, (400, 10)),
        (posts, {"expiration": "20301-01-01"}, (400, 103)),
        (posts, {"expiration": "2030-02-30"}, (400, 103)),
        (posts, {"expiration": "20300101"}, (400, 103)),
        (posts, {"persons": "nobody"}, (404, 34)),
        (posts, {"persons": "ali,nobody"}, (404, 34)),
        (posts, {"persons": "a li"}, (400, 6)),
        (photo, {"persons": "a li"}, (404, 34)),
        (posts, {"persons": "sara"}, (400, 101)),
        (posts, {"persons": ""}, (400, 101)),
        (posts, {"level": "ALL"}, (400, 101)),
        (posts, {"type": "PUBLIC"}, (400, 101)),
        (NOPE, {}, (404, 202)),
        (root, {}, (400, 101)),
    ):
        call = ("POST", f"files/{hash_}/share")
        assert await api.refused(*call, **{**good, **change}) == expected
    assert await friend.refused("POST", f"files/{posts}/share", **good) == (403, 4)
    assert await api.ok("GET", f"files/{posts}/shares") == []


async def test_nobody_is_given_the_same_twice(api: Client, friend: Client, tree):
    (first,) = await share(api, tree["posts"], expiration="2023-11-14")
    again = await api.send(
        "POST", f"files/{tree['posts']}/share", level="EDIT", persons="ali", type="PRIVATE"
    )
    assert refusal(again) == (409, 204)
    assert again.json()["result"] == first


async def test_what_is_shared_with_me_is_listed(api: Client, friend: Client, tree):
    await share(api, tree["posts"])
    await share(api, tree["photo.png"], "EDIT")
    found = await friend.ok("GET", "shares", start=0, size=100)
    assert found["count"] == 2
    assert [one["entity"]["name"] for one in found["list"]] == ["photo", "posts"]
    assert found["list"][0]["entity"]["size"] == 5
    assert found["list"][0]["entity"]["userCanTrash"] is False
    assert found["list"][0]["entityType"] == "FILE"
    page = await friend.ok("GET", "shares", start=1, size=1)
    assert [one["entity"]["name"] for one in page["list"]] == ["posts"]
    await api.ok("DELETE", f"files/{tree['posts']}")
    assert (await friend.ok("GET", "shares"))["count"] == 1
    assert (await api.ok("GET", "shares")) == {"list": [], "count": 0}


async def test_view_lets_another_look(api: Client, friend: Client, tree):
    await share(api, tree["posts"])
    found = await friend.ok("GET", f"folders/{tree['posts']}/children", breadcrumb="true")
    assert found["entity"]["accessLevel"] == "VIEW"
    assert [step["name"] for step in found["breadcrumb"]] == ["posts"]
    assert await friend.fetch(tree["deep"]) == b"deep"
    steps = await friend.ok("GET", f"files/{tree['deep']}/breadcrumb")
    assert [step["name"] for step in steps] == ["deep", "sub", "posts"]
    await friend.ok("PUT", f"files/{tree['posts']}/copy")
    assert await friend.names() == ["posts"]
    assert await friend.ok("POST", "bookmarks", hash=tree["sub"]) == 1
    assert "isBookmarked" not in (await api.stat(tree["sub"]))
    for path in (f"files/{tree['photo.png']}/detail", f"files/{tree['photo.png']}"):
        assert await friend.refused("GET", path) == (403, 4)


async def test_view_lets_nobody_change(api: Client, friend: Client, tree, running: Running):
    await share(api, tree["posts"])
    posts, deep = tree["posts"], tree["deep"]
    before = running.emulator.tree()
    assert await friend.refused("POST", "folders", name="x", parentHash=posts) == (403, 4)
    assert refusal(await friend.post_file("x", b"", folderHash=posts)) == (403, 4)
    assert refusal(await friend.begin(1, fileFullName="x", folderHash=posts)) == (403, 4)
    assert refusal(await friend.begin(1, "resumable_replace", hash=deep)) == (403, 4)
    replaced = await friend.post_file("x", b"", f"files/{deep}", method="PUT")
    assert refusal(replaced) == (403, 4)
    assert await friend.refused("PUT", f"files/{deep}/rename", newName="x") == (403, 90)
    assert await friend.ok("DELETE", f"files/{deep}") == 0
    item = {"files": [{"hash": deep, "name": "deep"}], "folders": []}
    assert await friend.ok("PUT", f"files/{deep}/move") == item
    mine = await friend.upload("mine", b"x")
    moved = await friend.ok("PUT", f"files/{mine['hash']}/move", destFolderHash=posts)
    assert moved == {"files": [{"hash": mine["hash"], "name": "mine"}], "folders": []}
    assert running.emulator.tree() == before


async def test_edit_lets_another_change_what_is_inside(
    api: Client, friend: Client, tree, running: Running
):
    await share(api, tree["posts"], "EDIT")
    found = await friend.ok("GET", f"folders/{tree['sub']}/children")
    assert found["entity"]["accessLevel"] == "EDIT"
    await friend.folder("new", tree["posts"])
    made = await friend.upload("f", b"x", tree["sub"])
    assert made["userCanTrash"] is False
    await friend.replace(tree["deep"], b"changed")
    result(await friend.form("PUT", f"files/{tree['deep']}/rename", newName="renamed"))
    versions = await friend.ok("GET", f"files/{tree['deep']}/versions")
    assert [version["uploader"]["username"] for version in versions] == ["sara", "ali"]
    await friend.ok("PATCH", f"files/versions/{versions[0]['hash']}")
    assert running.emulator.tree() == {
        "/photo.png": b"photo",
        "/posts": None,
        "/posts/new": None,
        "/posts/sub": None,
        "/posts/sub/f": b"x",
        "/posts/sub/renamed": b"deep",
    }
    owner = await api.stat(made["hash"])
    assert (owner["owner"]["username"], owner["uploader"]["username"]) == ("sara", "ali")
    assert "userCanTrash" not in owner


async def test_edit_lets_nobody_move_or_trash(api: Client, friend: Client, tree):
    await share(api, tree["posts"], "EDIT")
    deep = tree["deep"]
    assert await friend.ok("DELETE", f"files/{deep}") == 0
    item = {"files": [{"hash": deep, "name": "deep"}], "folders": []}
    assert await friend.ok("PUT", f"files/{deep}/move", destFolderHash=tree["posts"]) == item
    mine = await friend.upload("mine", b"x")
    moved = await friend.ok("PUT", f"files/{mine['hash']}/move", destFolderHash=tree["posts"])
    assert moved == DONE
    assert (await api.stat(mine["hash"]))["owner"]["username"] == "sara"


async def test_the_space_of_the_owner_counts(
    api: Client, friend: Client, tree, emulator: PodSpaceEmulator
):
    await share(api, tree["posts"], "EDIT")
    emulator.store.accounts.set_quota(42, 20)
    check = ("GET", f"folders/{tree['posts']}/check/upload")
    assert await friend.ok(*check, size=100) == {"canUpload": False}
    assert refusal(await friend.post_file("x", bytes(100), folderHash=tree["posts"])) == (507, 206)
    assert await friend.ok("GET", "folders/ROOT/check/upload", size=100) == {"canUpload": True}
    mine = await friend.upload("mine", bytes(100))
    call = ("PUT", f"files/{mine['hash']}/move")
    assert await friend.refused(*call, destFolderHash=tree["posts"]) == (507, 206)


async def test_a_share_is_passed_on_within_its_level(
    api: Client, friend: Client, tree, emulator: PodSpaceEmulator
):
    emulator.add_account("reza", "rezas-token", userid=8)
    await share(api, tree["posts"])
    posts = tree["posts"]
    call = ("POST", f"files/{posts}/share")
    assert await friend.refused(*call, level="EDIT", persons="reza") == (403, 4)
    assert await friend.refused("POST", f"files/{posts}/public") == (403, 4)
    (passed,) = await share(friend, posts, persons="reza")
    assert (await friend.stat(posts))["owner"]["username"] == "sara"
    listed = await api.ok("GET", f"files/{posts}/shares")
    assert [one["person"]["username"] for one in listed] == ["ali", "reza"]
    assert await friend.ok("DELETE", f"shares/{passed['hash']}") is True


async def test_inherited_shares_are_listed_too(api: Client, friend: Client, tree):
    (above,) = await share(api, tree["posts"])
    (own,) = await share(api, tree["deep"], "EDIT")
    found = await api.ok("GET", f"files/{tree['deep']}/shares")
    assert found == [above, own]
    assert found[0]["entity"]["hash"] == tree["posts"]
    assert await api.refused("GET", f"files/{NOPE}/shares") == (404, 202)


async def test_a_share_that_is_deleted_allows_nothing(api: Client, friend: Client, tree):
    (made,) = await share(api, tree["posts"])
    await friend.stat(tree["posts"])
    assert await api.ok("DELETE", f"shares/{made['hash']}") is True
    assert await friend.refused("GET", f"files/{tree['posts']}/detail") == (403, 4)
    for wrong in (made["hash"], NOPE, tree["posts"]):
        assert await api.refused("DELETE", f"shares/{wrong}") == (404, 78)


async def test_a_share_is_deleted_by_those_it_concerns(
    api: Client, friend: Client, tree, running: Running, emulator: PodSpaceEmulator
):
    emulator.add_account("reza", "rezas-token", userid=8)
    (made,) = await share(api, tree["posts"])
    async with Client(running.api_url, "rezas-token") as reza:
        assert await reza.refused("DELETE", f"shares/{made['hash']}") == (403, 4)
    assert await friend.ok("DELETE", f"shares/{made['hash']}") is True


async def test_a_share_ends_with_its_last_day(api: Client, friend: Client, tree, clock: Clock):
    await share(api, tree["posts"], expiration="2023-11-15")
    clock.advance(25 * 3600 + 46 * 60 + 39)  # to 23:59:59 of that day
    await friend.stat(tree["posts"])
    clock.advance(1)
    assert await friend.refused("GET", f"files/{tree['posts']}/detail") == (403, 4)
    assert (await friend.ok("GET", "shares"))["count"] == 0
    assert await api.ok("GET", f"files/{tree['posts']}/shares") == []
    await share(api, tree["posts"])


async def test_what_was_trashed_is_shared_again_once_restored(api: Client, friend: Client, tree):
    await share(api, tree["posts"])
    await api.ok("DELETE", f"files/{tree['posts']}")
    assert await friend.refused("GET", f"files/{tree['posts']}/detail") == (404, 202)
    await api.ok("PUT", f"trashes/{tree['posts']}/restore")
    await friend.stat(tree["posts"])


async def test_the_public_share(api: Client, tree):
    (made,) = await api.ok("POST", f"files/{tree['posts']}/public", expiration="2074-05-01")
    assert "person" not in made
    assert (made["type"], made["level"], made["expiration"]) == ("PUBLIC", "VIEW", "2074-05-01")
    again = await api.send("POST", f"files/{tree['posts']}/public")
    assert (refusal(again), again.json()["result"]) == ((409, 204), made)
    assert (await api.stat(tree["posts"]))["isPublic"] is True
    (forever,) = await api.ok("POST", f"files/{tree['photo.png']}/public")
    assert forever["expiration"] is None
    call = ("POST", f"files/{tree['deep']}/public")
    assert await api.refused(*call, expiration="2020-01-01") == (400, 10)
    assert await api.refused(*call, expiration="soon") == (400, 103)


async def test_what_is_public_is_read_without_a_token(api: Client, visitor: Client, tree):
    posts, deep = tree["posts"], tree["deep"]
    for path in (f"folders/{posts}/children", f"files/{deep}/detail", f"files/{deep}"):
        response = await visitor.send("GET", path)
        assert (refusal(response), response.json()["error"]) == ((403, 4), "Forbidden")
    (made,) = await api.ok("POST", f"files/{posts}/public")
    await api.ok("POST", f"files/{tree['photo.png']}/public")
    for params in ({}, {"shareHash": made["hash"]}):
        found = await visitor.ok("GET", f"folders/{posts}/children", **params)
        assert [display(one) for one in found["list"]] == ["sub"]
        assert found["entity"]["accessLevel"] == "VIEW"
        assert (await visitor.ok("GET", f"files/{deep}/detail", **params))["size"] == 4
        assert await visitor.fetch(deep, **params) == b"deep"
    photo = await visitor.send("GET", f"files/{tree['photo.png']}/thumbnail")
    assert photo.status_code == 200
    zipped = await visitor.send("GET", "files", entityHashes=f"{posts},{deep}")
    assert zipped.content.startswith(b"PK")
    link = await visitor.ok("GET", f"files/{deep}/link", expiration=MS + 1000)
    assert await visitor.fetch(f"d/{link['downloadLink']}") == b"deep"
    assert await visitor.refused("GET", f"files/{deep}", shareHash="x") == (403, 4)
    assert await visitor.refused("GET", f"files/{NOPE}") == (404, 202)
    for call in (
        ("GET", f"files/{deep}/versions"),
        ("GET", f"images/{tree['photo.png']}"),
        ("GET", "files/search"),
        ("GET", "folders/ROOT/children"),
        ("POST", "folders"),
        ("DELETE", f"files/{deep}"),
    ):
        assert await visitor.refused(*call) == (401, 21)


async def test_what_is_public_is_read_with_any_token_too(api: Client, friend: Client, tree):
    await api.ok("POST", f"files/{tree['posts']}/public")
    assert await friend.fetch(tree["deep"]) == b"deep"
    assert await friend.refused("GET", f"files/{tree['deep']}/versions") == (403, 4)
    assert await friend.ok("GET", "shares") == {"list": [], "count": 0}


async def test_a_public_version_is_read_without_a_token(api: Client, visitor: Client, tree):
    await api.replace(tree["deep"], b"new")
    old = (await api.ok("GET", f"files/{tree['deep']}/versions"))[0]["hash"]
    assert await visitor.refused("GET", f"files/{old}") == (403, 4)
    await api.ok("POST", f"files/{tree['posts']}/public")
    assert await visitor.fetch(old) == b"deep"
    assert (await visitor.ok("GET", f"files/{old}/detail"))["version"] == 0


async def test_a_password_protects_what_is_public(
    api: Client, visitor: Client, friend: Client, tree, clock: Clock
):
    posts, deep = tree["posts"], tree["deep"]
    path = f"files/{posts}/shares/password"
    assert refusal(await api.form("PUT", path, password="Secret#12")) == (400, 101)
    (made,) = await api.ok("POST", f"files/{posts}/public")
    clock.advance(1)
    assert result(await api.form("PUT", path, password="Secret#12")) is True
    (shown,) = await api.ok("GET", f"files/{posts}/shares")
    assert shown == {**made, "hasPassword": True, "updated": MS + 1000}
    for who in (visitor, friend):
        for params in ({}, {"password": "x"}, {"shareHash": made["hash"]}):
            response = await who.send("GET", f"files/{deep}", **params)
            body = response.json()
            assert (response.status_code, body["error"]) == (403, "Password is wrong")
            assert (body["errorCode"], body["hasError"]) == (4, True)
        right = {"password": "Secret#12"}
        assert await who.fetch(deep, **right) == b"deep"
        assert (await who.ok("GET", f"folders/{posts}/children", **right))["count"] == 1
        assert await who.fetch(deep, **right, shareHash=made["hash"]) == b"deep"
    assert await api.fetch(deep) == b"deep"
    assert result(await api.form("PUT", path, password="changed")) is True
    assert await visitor.refused("GET", f"files/{deep}", password="Secret#12") == (403, 4)
    assert await visitor.fetch(deep, password="changed") == b"deep"


async def test_a_password_may_be_refused(api: Client, friend: Client, tree):
    photo = tree["photo.png"]
    await api.ok("POST", f"files/{photo}/public")
    for password in ("", "x" * 65):
        response = await api.form("PUT", f"files/{photo}/shares/password", password=password)
        assert refusal(response) == (400, 101)
    result(await api.form("PUT", f"files/{photo}/shares/password", password="x" * 64))
    theirs = await friend.form("PUT", f"files/{photo}/shares/password", password="x")
    assert refusal(theirs) == (403, 4)
    missing = await api.form("PUT", f"files/{NOPE}/shares/password", password="x")
    assert refusal(missing) == (404, 202)


async def test_a_public_share_ends(api: Client, visitor: Client, tree, clock: Clock):
    photo = tree["photo.png"]
    await api.ok("POST", f"files/{photo}/public", expiration="2023-11-14")
    assert await visitor.fetch(photo) == b"photo"
    clock.advance(2 * 3600)
    assert await visitor.refused("GET", f"files/{photo}") == (403, 4)
    assert "isPublic" not in await api.stat(photo)
    (again,) = await api.ok("POST", f"files/{photo}/public")
    await api.ok("DELETE", f"shares/{again['hash']}")
    assert await visitor.refused("GET", f"files/{photo}") == (403, 4)
