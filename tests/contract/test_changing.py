import pytest

from cloudfs.errors import (
    AlreadyExists,
    InvalidRequest,
    NotEmpty,
    NotFound,
    Unsupported,
)
from cloudfs.providers.base import IdKind, Provider
from tests.contract.accounts import Account
from tests.support import BytesContent, content, listing

NAMES = [
    "two words",
    "-leading dash",
    "quotes ' and \"",
    "per%20cent & plus+",
    "hash#question?",
    "semi;colon, comma",
    "straße \u65e5\u672c\u8a9e",
    "emoji \U0001f680",
    "x" * 200,
    ".hidden",
    "tail~",
    "a.tar.gz",
    "brackets [1] {2} (3)",
]


def storable(provider: Provider, names: list[str]) -> list[str]:
    rules = provider.capabilities.names
    return [name for name in names if rules.problem(name) is None and not rules.too_long(name)]


async def test_names_come_back_as_they_were_given(provider: Provider):
    root = await provider.root()
    names = storable(provider, NAMES)
    for name in names:
        folder = await provider.create_folder(root.id, name)
        assert folder.name == name
        file = await provider.upload(folder.id, name, BytesContent(name.encode()))
        assert file.name == name
    entries = await listing(provider, root.id)
    assert sorted(entries) == sorted(names)
    for name, folder in entries.items():
        (inner,) = (await listing(provider, folder.id)).values()
        assert inner.name == name
        assert await content(provider, inner) == name.encode()
        assert (await provider.find(root.id, name)).id == folder.id
        moved = await provider.move(inner, folder.id, "plain")
        back = await provider.move(moved, folder.id, name)
        assert back.name == name
        await provider.remove(back)
        await provider.remove(folder)
    assert await listing(provider, root.id) == {}


async def test_a_folder_is_made_once(provider: Provider):
    root = await provider.root()
    await provider.create_folder(root.id, "folder")
    with pytest.raises(AlreadyExists):
        await provider.create_folder(root.id, "folder")
    await provider.upload(root.id, "file", BytesContent(b""))
    with pytest.raises(AlreadyExists):
        await provider.create_folder(root.id, "file")


async def test_a_folder_needs_its_parent(provider: Provider):
    root = await provider.root()
    folder = await provider.create_folder(root.id, "folder")
    await provider.remove(folder)
    with pytest.raises(NotFound):
        await provider.create_folder(folder.id, "inner")


async def test_a_file_is_renamed(provider: Provider):
    root = await provider.root()
    file = await provider.upload(root.id, "old", BytesContent(b"text"))
    moved = await provider.move(file, root.id, "new")
    assert moved.name == "new"
    if provider.capabilities.ids is IdKind.STABLE:
        assert moved.id == file.id
    entries = await listing(provider, root.id)
    assert set(entries) == {"new"}
    assert entries["new"].id == moved.id
    assert await content(provider, entries["new"]) == b"text"


async def test_a_file_is_moved(provider: Provider):
    root = await provider.root()
    source = await provider.create_folder(root.id, "source")
    target = await provider.create_folder(root.id, "target")
    file = await provider.upload(source.id, "file", BytesContent(b"text"))
    moved = await provider.move(file, target.id, "file")
    assert moved.parent_id == target.id
    assert await listing(provider, source.id) == {}
    assert set(await listing(provider, target.id)) == {"file"}
    assert await content(provider, moved) == b"text"


async def test_a_file_is_moved_and_renamed_in_one_go(provider: Provider):
    root = await provider.root()
    source = await provider.create_folder(root.id, "source")
    target = await provider.create_folder(root.id, "target")
    file = await provider.upload(source.id, "one", BytesContent(b"text"))
    await provider.upload(source.id, "two", BytesContent(b"in the way there"))
    await provider.upload(target.id, "one", BytesContent(b"in the way here"))
    moved = await provider.move(file, target.id, "two")
    assert moved.name == "two"
    assert set(await listing(provider, source.id)) == {"two"}
    entries = await listing(provider, target.id)
    assert set(entries) == {"one", "two"}
    assert await content(provider, entries["two"]) == b"text"
    assert await content(provider, entries["one"]) == b"in the way here"


async def test_a_folder_moves_with_what_is_in_it(provider: Provider):
    root = await provider.root()
    folder = await provider.create_folder(root.id, "folder")
    inner = await provider.create_folder(folder.id, "inner")
    await provider.upload(inner.id, "file", BytesContent(b"deep"))
    target = await provider.create_folder(root.id, "target")
    moved = await provider.move(folder, target.id, "renamed")
    assert set(await listing(provider, root.id)) == {"target"}
    inner = (await listing(provider, moved.id))["inner"]
    file = (await listing(provider, inner.id))["file"]
    assert await content(provider, file) == b"deep"
    assert file.parent_id == inner.id


async def test_moving_to_the_same_place_changes_nothing(provider: Provider):
    root = await provider.root()
    file = await provider.upload(root.id, "file", BytesContent(b"x"))
    same = await provider.move(file, root.id, "file")
    assert same.id == file.id
    assert set(await listing(provider, root.id)) == {"file"}


async def test_a_move_does_not_replace_by_accident(provider: Provider):
    root = await provider.root()
    one = await provider.upload(root.id, "one", BytesContent(b"1"))
    await provider.upload(root.id, "two", BytesContent(b"22"))
    with pytest.raises(AlreadyExists):
        await provider.move(one, root.id, "two")
    entries = await listing(provider, root.id)
    assert await content(provider, entries["two"]) == b"22"
    assert await content(provider, entries["one"]) == b"1"


async def test_a_move_may_replace_a_file(provider: Provider):
    root = await provider.root()
    folder = await provider.create_folder(root.id, "folder")
    one = await provider.upload(root.id, "one", BytesContent(b"1"))
    two = await provider.upload(folder.id, "two", BytesContent(b"22"))
    moved = await provider.move(one, folder.id, "two", replacing=two)
    assert moved.name == "two"
    assert set(await listing(provider, root.id)) == {"folder"}
    entries = await listing(provider, folder.id)
    assert set(entries) == {"two"}
    assert entries["two"].id == moved.id
    assert await content(provider, entries["two"]) == b"1"


async def test_a_rename_may_replace_a_file(provider: Provider):
    root = await provider.root()
    new = await provider.upload(root.id, "doc.tmp", BytesContent(b"new"))
    old = await provider.upload(root.id, "doc", BytesContent(b"old"))
    await provider.move(new, root.id, "doc", replacing=old)
    entries = await listing(provider, root.id)
    assert set(entries) == {"doc"}
    assert await content(provider, entries["doc"]) == b"new"


async def test_a_move_may_replace_an_empty_folder_only(provider: Provider):
    root = await provider.root()
    folder = await provider.create_folder(root.id, "folder")
    await provider.upload(folder.id, "file", BytesContent(b"x"))
    empty = await provider.create_folder(root.id, "empty")
    full = await provider.create_folder(root.id, "full")
    await provider.upload(full.id, "kept", BytesContent(b"kept"))
    with pytest.raises(NotEmpty):
        await provider.move(folder, root.id, "full", replacing=full)
    assert set(await listing(provider, full.id)) == {"kept"}
    moved = await provider.move(folder, root.id, "empty", replacing=empty)
    assert set(await listing(provider, root.id)) == {"empty", "full"}
    assert set(await listing(provider, moved.id)) == {"file"}


async def test_a_folder_does_not_move_into_itself(provider: Provider):
    root = await provider.root()
    folder = await provider.create_folder(root.id, "folder")
    inner = await provider.create_folder(folder.id, "inner")
    with pytest.raises(InvalidRequest):
        await provider.move(folder, inner.id, "folder")
    assert set(await listing(provider, root.id)) == {"folder"}
    assert set(await listing(provider, folder.id)) == {"inner"}


async def test_what_is_gone_cannot_be_moved(account: Account):
    provider = account.provider
    root = await provider.root()
    file = await provider.upload(root.id, "file", BytesContent(b"x"))
    await (await account.another()).remove(file)
    with pytest.raises(NotFound):
        await provider.move(file, root.id, "new")


async def test_a_file_is_removed(provider: Provider):
    root = await provider.root()
    file = await provider.upload(root.id, "file", BytesContent(b"x"))
    await provider.remove(file)
    assert await listing(provider, root.id) == {}
    with pytest.raises(NotFound):
        await provider.remove(file)


async def test_a_file_is_removed_for_good(provider: Provider):
    root = await provider.root()
    file = await provider.upload(root.id, "file", BytesContent(b"x"))
    await provider.remove(file, permanently=True)
    assert await listing(provider, root.id) == {}
    if provider.trash is not None:
        assert [item async for items in provider.trash.items() for item in items] == []


async def test_a_folder_with_children_is_not_removed_by_accident(provider: Provider):
    root = await provider.root()
    folder = await provider.create_folder(root.id, "folder")
    await provider.upload(folder.id, "file", BytesContent(b"x"))
    with pytest.raises(NotEmpty):
        await provider.remove(folder)
    assert set(await listing(provider, folder.id)) == {"file"}
    await provider.remove(folder, recursive=True)
    assert await listing(provider, root.id) == {}


async def test_a_copy_is_made_by_the_service(provider: Provider):
    root = await provider.root()
    folder = await provider.create_folder(root.id, "folder")
    file = await provider.upload(root.id, "file", BytesContent(b"text"))
    if not provider.capabilities.copy:
        with pytest.raises(Unsupported):
            await provider.copy(file, folder.id, "copy")
        return
    for target, name in [(folder.id, "file"), (folder.id, "another name"), (root.id, "beside")]:
        copy = await provider.copy(file, target, name)
        assert (copy.name, copy.parent_id) == (name, target)
        assert await content(provider, copy) == b"text"
    assert set(await listing(provider, root.id)) == {"folder", "file", "beside"}
    with pytest.raises(AlreadyExists):
        await provider.copy(file, folder.id, "another name")


async def test_a_time_is_set_without_touching_the_content(provider: Provider):
    root = await provider.root()
    file = await provider.upload(root.id, "file", BytesContent(b"text"))
    when = 1_500_000_000_000_000_000
    if not provider.capabilities.set_modified:
        with pytest.raises(Unsupported):
            await provider.set_modified(file, when)
        return
    changed = await provider.set_modified(file, when)
    assert changed.modified_ns == when
    assert (await provider.stat(file.id)).modified_ns == when
    assert await content(provider, changed) == b"text"


async def test_the_space_of_the_account_is_told(provider: Provider):
    if not provider.capabilities.quota:
        with pytest.raises(Unsupported):
            await provider.quota()
        return
    quota = await provider.quota()
    for figure in (quota.total, quota.used, quota.free):
        assert figure is None or figure >= 0
