"""Reference 6, row 19: comments on projects."""

from cloudfs.emulators.cloud689.emulator import Cloud689Emulator
from tests.emulators.cloud689.client import Client

NOT_FOUND = (404, "Comment not found")


async def test_comments_are_listed_newest_first_in_pages(api: Client, colleague: Client):
    for number in range(4):
        await api.ok("project/comment/create", text=f"mine {number}")
        await colleague.ok("project/comment/create", text=f"his {number}")
    everything = [f"{who} {n}" for n in (3, 2, 1, 0) for who in ("his", "mine")]

    async def page(**params: object) -> list[str]:
        response = await api.post("project/comment/get", **params)
        assert response.json()["total_records"] == 8
        return [comment["text"] for comment in response.json()["result"]]

    assert await page() == everything[:5]
    assert await page(page_number=1) == everything[5:]
    assert await page(page_size=3, page_number=1) == everything[3:6]
    assert await page(page_size=100) == everything


async def test_a_comment_is_told(api: Client):
    made = await api.ok("project/comment/create", text="hello & wörld")
    me = await api.ok("user/info")
    assert made == {
        "comment_id": made["comment_id"],
        "project_id": api.project,
        "user_id": me["user_id"],
        "user_name": "Ann Lee",
        "text": "hello & wörld",
        "create_date": "2023/11/14 17:13:20",
    }
    assert await api.ok("project/comment/get") == [made]


async def test_a_comment_is_changed_by_who_made_it(api: Client, colleague: Client):
    mine = (await api.ok("project/comment/create", text="a"))["comment_id"]
    for call in ("update", "delete"):
        refused = await colleague.refused(f"project/comment/{call}", comment_id=mine, text="b")
        assert refused == NOT_FOUND
    changed = await api.ok("project/comment/update", comment_id=mine, text="b")
    assert (changed["comment_id"], changed["text"]) == (mine, "b")
    await api.done("project/comment/delete", comment_id=mine, project_id=None)
    assert await api.ok("project/comment/get") == []
    assert await api.refused("project/comment/delete", comment_id=mine) == NOT_FOUND


async def test_comments_are_of_one_project(api: Client):
    comment = (await api.ok("project/comment/create", text="a"))["comment_id"]
    other = await api.new_project("Other")
    assert await api.ok("project/comment/get", project_id=other) == []
    refused = await api.refused("project/comment/delete", comment_id=comment, project_id=other)
    assert refused == NOT_FOUND


async def test_limited_members_only_read(api: Client, emulator: Cloud689Emulator, limited: Client):
    await api.ok("project/comment/create", text="a")
    assert len(await limited.ok("project/comment/get")) == 1
    refused = await limited.refused("project/comment/create", text="b")
    assert refused == (403, "User do not have permission")
