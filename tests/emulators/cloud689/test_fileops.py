"""Reference 3.5, 3.10 and 3.11: folders created, entries renamed and moved."""

import pytest

from tests.emulators.cloud689.client import Client

NO_FILE, NO_FOLDER = (404, "File not found"), (404, "Folder not found")
INTO_ITSELF = (401, "New folder is child of moved folder")


async def test_a_new_folder_is_told(api: Client):
    outer = await api.folder("outer")
    found = await api.ok("project/f/create", name="inner", parent_folder_id=outer)
    assert list(found.items()) == [
        ("folder_id", found["folder_id"]),
        ("project_id", api.project),
        ("parent_folder_id", outer),
        ("name", "inner"),
        ("create_date", "2023/11/14 22:13:20"),
        ("modify_date", None),
        ("status", 1),
    ]
    assert (await api.ok("project/f/create", name="x"))["parent_folder_id"] is None


async def test_a_folder_needs_a_parent_that_is_one(api: Client):
    for parent in (await api.file("f"), "0" * 32, api.project):
        refused = await api.refused("project/f/create", name="x", parent_folder_id=parent)
        assert refused == NO_FOLDER


async def test_two_folders_may_have_one_name(api: Client):
    assert await api.folder("same") != await api.folder("same")


async def test_a_rename_changes_the_title_only(api: Client):
    before = await api.upload("a.txt", b"content")
    file = before["file_id"]
    found = await api.ok("project/f/edit", file_id=file, name="b.pdf")
    assert (found["file_id"], found["title"]) == (file, "b.pdf")
    assert (found["description"], found["content_type"]) == ("a.txt", "text/plain")
    assert await api.fetch(file) == b"content"
    assert await api.names() == ["b.pdf"]
    again = await api.ok("project/f/edit", file_id=file, name="b.pdf")
    assert again == found


async def test_a_folder_is_renamed_with_what_is_in_it(api: Client):
    folder = await api.folder("a")
    await api.file("f", folder=folder)
    found = await api.ok("project/f/edit", folder_id=folder, name="b")
    assert (found["folder_id"], found["name"], found["status"]) == (folder, "b", 1)
    assert await api.names(folder) == ["f"]


async def test_a_name_may_become_that_of_another(api: Client):
    await api.file("a", b"1")
    second = await api.file("b", b"2")
    await api.ok("project/f/edit", file_id=second, name="a")
    assert await api.names() == ["a", "a"]


async def test_a_move_keeps_id_and_name(api: Client):
    folder, file = await api.folder("d"), await api.file("f", b"x")
    for _ in range(2):  # the second changes nothing
        await api.done("project/f/move", file_id=file, new_parent_folder_id=folder)
        assert (await api.names(), await api.names(folder)) == (["d"], ["f"])
    await api.done("project/f/move", file_id=file)
    assert (await api.names(), await api.names(folder)) == (["d", "f"], [])
    assert await api.fetch(file) == b"x"


async def test_a_folder_moves_with_what_is_in_it(api: Client):
    a, b = await api.folder("a"), await api.folder("b")
    file = await api.file("f", folder=await api.folder("c", a))
    await api.done("project/f/move", folder_id=a, new_parent_folder_id=b)
    path = (await api.ok("project/f/info", f_id=file))["path"]
    assert [folder["name"] for folder in path] == ["b", "a", "c"]


async def test_a_folder_does_not_go_into_itself(api: Client):
    a = await api.folder("a")
    b = await api.folder("b", a)
    c = await api.folder("c", b)
    for target in (a, b, c):
        refused = await api.refused("project/f/move", folder_id=a, new_parent_folder_id=target)
        assert refused == INTO_ITSELF
    await api.done("project/f/move", folder_id=c, new_parent_folder_id=a)
    await api.ok("user/info")  # the token is as good as before


async def test_a_move_needs_a_folder_to_go_to(api: Client):
    file = await api.file("f")
    for target in (file, "0" * 32):
        refused = await api.refused("project/f/move", file_id=file, new_parent_folder_id=target)
        assert refused == NO_FOLDER


@pytest.mark.parametrize("call", ["edit", "move", "delete"])
async def test_an_id_says_whether_it_is_of_a_folder(api: Client, call: str):
    folder, file = await api.folder("d"), await api.file("f")
    name = {"name": "x"} if call == "edit" else {}
    assert await api.refused(f"project/f/{call}", folder_id=file, **name) == NO_FOLDER
    assert await api.refused(f"project/f/{call}", file_id=folder, **name) == NO_FILE


@pytest.mark.parametrize("call", ["edit", "move", "delete", "create", "browse", "info"])
async def test_what_is_in_the_trash_is_not_found(api: Client, call: str):
    folder = await api.folder("d")
    file = await api.file("f", folder=folder)
    await api.done("project/f/delete", folder_id=folder)
    name = {"name": "x"} if call in {"edit", "create"} else {}
    if call not in {"create", "browse"}:
        field = "f_id" if call == "info" else "file_id"
        assert await api.refused(f"project/f/{call}", **{field: file}, **name) == NO_FILE
    if call != "info":
        field = "parent_folder_id" if call == "create" else "folder_id"
        assert await api.refused(f"project/f/{call}", **{field: folder}, **name) == NO_FOLDER
