"""Reference 2.7, 3.22 and 3.23: the account, its space and plan, and bookmarks."""

from cloudfs.emulators.clock import Clock
from cloudfs.emulators.podspace.emulator import PodSpaceEmulator
from cloudfs.emulators.server import Running
from tests.emulators.podspace.client import TOKEN, Client, display

NOPE = "NOPE000000000000"


async def test_who_am_i(api: Client):
    assert await api.ok("GET", "me") == {
        "username": "sara",
        "name": "Sara",
        "ssoId": 42,
        "roles": [],
    }


async def test_the_status_of_the_example(api: Client):
    file = await api.upload("f", bytes(10))
    await api.replace(file["hash"], bytes(20))
    gone = await api.upload("gone", bytes(30))
    await api.ok("DELETE", f"files/{gone['hash']}")
    assert await api.ok("GET", "me/status") == {
        "storageLimit": 10737418240,
        "storageUsage": 60,
        "bandwidthLimit": 107374182400,
        "plan": {
            "hash": "PLAN000000000001",
            "title": "Free",
            "description": "",
            "type": "PERSONAL",
            "size": 10737418240,
            "bandwidth": 107374182400,
            "connections": 4,
            "versions": 5,
        },
    }


async def test_an_account_may_have_a_quota_of_its_own(
    api: Client, running: Running, emulator: PodSpaceEmulator
):
    emulator.add_account("ali", "alis-token", quota=5)
    async with Client(running.api_url, "alis-token") as ali:
        assert (await ali.ok("GET", "me/status"))["storageLimit"] == 5
    running.emulator.configure(quota=-1)
    assert (await api.ok("GET", "me/status"))["storageLimit"] == 2**63 - 1
    await api.upload("f", bytes(100))


async def test_plans_are_listed(api: Client):
    plans = await api.ok("GET", "plans")
    fields = {"hash", "title", "description", "size", "days", "price", "status", "type"}
    assert all(set(plan) == fields for plan in plans)
    assert [plan["status"] for plan in plans] == ["ACTIVE", "CAN_BUY", "CAN_NOT_BUY"]
    assert await api.ok("GET", "plan") == (await api.ok("GET", "me/status"))["plan"]


async def test_a_plan_could_be_paid_for(api: Client, visitor: Client):
    (_, silver, _) = await api.ok("GET", "plans")
    query = f"redirectURL=http://127.0.0.1/&Authorization=bearer {TOKEN}"
    response = await visitor.http.get(f"plan/{silver['hash']}?{query}")
    assert response.status_code == 302
    assert response.headers["location"].startswith("https://example.invalid/")
    detail = await api.ok("GET", f"plan/{silver['hash']}/detail", redirectURL="x")
    assert detail == {"paymentLink": "https://example.invalid/pay"}
    assert await api.ok("POST", "plan/validate", billNumber="1") is True
    assert await api.refused("POST", "plan/validate") == (400, 101)
    assert await api.refused("GET", f"plan/{NOPE}/detail") == (400, 101)


async def test_bookmarks_are_set_listed_and_removed(api: Client):
    photo, folder = await api.upload("photo.png", b"x"), await api.folder("a")
    assert await api.ok("POST", "bookmarks", hash=photo["hash"]) == 1
    assert await api.ok("POST", "bookmarks", hash=photo["hash"]) == 1
    marked = {**photo, "isBookmarked": True}
    assert await api.ok("GET", "bookmarks", start=0, size=100) == {"list": [marked], "count": 1}
    assert await api.ls() == [folder, marked]
    assert await api.ok("DELETE", "bookmarks", hash=photo["hash"]) == 1
    assert await api.ok("GET", "bookmarks") == {"list": [], "count": 0}
    assert await api.ls() == [folder, photo]


async def test_several_are_bookmarked_at_once(api: Client, friend: Client):
    hashes = [(await api.upload(name, b"x"))["hash"] for name in "cab"]
    assert await api.ok("POST", "bookmarks", hash=",".join([*hashes, NOPE])) == 3
    found = await api.ok("GET", "bookmarks", start=1, size=1)
    assert ([display(one) for one in found["list"]], found["count"]) == (["b"], 3)
    assert await api.ok("DELETE", "bookmarks", hash=",".join(hashes[:2])) == 2
    for method in ("POST", "DELETE"):
        assert await api.ok(method, "bookmarks", hash=NOPE) == 0
        assert await friend.ok(method, "bookmarks", hash=hashes[0]) == 0
        assert await api.refused(method, "bookmarks") == (400, 101)


async def test_a_bookmark_of_what_is_in_the_bin_comes_back_with_it(api: Client, clock: Clock):
    file = (await api.upload("f", b"x"))["hash"]
    await api.ok("POST", "bookmarks", hash=file)
    await api.ok("DELETE", f"files/{file}")
    assert (await api.ok("GET", "bookmarks"))["count"] == 0
    await api.ok("PUT", f"trashes/{file}/restore")
    assert (await api.ok("GET", "bookmarks"))["count"] == 1
