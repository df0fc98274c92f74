import pytest

from cloudfs.errors import NotFound
from cloudfs.model import Kind, TrashItem
from cloudfs.providers.base import Provider
from tests.support import BytesContent, content, lacks, listing


async def bin_of(provider: Provider) -> dict[str, TrashItem]:
    assert provider.trash is not None
    items = [item async for page in provider.trash.items() for item in page]
    return {item.name: item for item in items}


@pytest.fixture
def bin_provider(provider: Provider) -> Provider:
    if provider.trash is None:
        lacks("the service has no recycle bin")
    return provider


async def test_what_is_removed_is_in_the_bin(bin_provider: Provider):
    root = await bin_provider.root()
    folder = await bin_provider.create_folder(root.id, "folder")
    file = await bin_provider.upload(folder.id, "file.txt", BytesContent(b"text"))
    await bin_provider.remove(file)
    (item,) = (await bin_of(bin_provider)).values()
    assert item.name == "file.txt"
    assert item.kind is Kind.FILE
    assert item.size == 4
    assert bin_provider.trash is not None
    if bin_provider.trash.tells_time:
        assert item.deleted_ns
    if bin_provider.trash.tells_origin:
        assert item.origin_path == "/folder/file.txt" or item.origin_parent_id == folder.id


async def test_a_deleted_tree_is_one_item(bin_provider: Provider):
    root = await bin_provider.root()
    folder = await bin_provider.create_folder(root.id, "folder")
    inner = await bin_provider.create_folder(folder.id, "inner")
    await bin_provider.upload(inner.id, "file", BytesContent(b"deep"))
    await bin_provider.remove(folder, recursive=True)
    (item,) = (await bin_of(bin_provider)).values()
    assert (item.name, item.kind) == ("folder", Kind.FOLDER)
    assert bin_provider.trash is not None
    restored = await bin_provider.trash.restore(item)
    inner = (await listing(bin_provider, restored.id))["inner"]
    assert await content(bin_provider, (await listing(bin_provider, inner.id))["file"]) == b"deep"


async def test_a_restored_file_is_back_where_it_was(bin_provider: Provider):
    root = await bin_provider.root()
    folder = await bin_provider.create_folder(root.id, "folder")
    file = await bin_provider.upload(folder.id, "file", BytesContent(b"text"))
    await bin_provider.remove(file)
    assert bin_provider.trash is not None
    (item,) = (await bin_of(bin_provider)).values()
    restored = await bin_provider.trash.restore(item)
    assert await bin_of(bin_provider) == {}
    if bin_provider.trash.tells_origin:
        assert set(await listing(bin_provider, folder.id)) == {"file"}
        assert restored.parent_id == folder.id
    assert await content(bin_provider, restored) == b"text"
    with pytest.raises(NotFound):
        await bin_provider.trash.restore(item)


async def test_one_of_two_namesakes_is_restored(bin_provider: Provider):
    root = await bin_provider.root()
    assert bin_provider.trash is not None
    for text in (b"first", b"second!"):
        file = await bin_provider.upload(root.id, "file", BytesContent(text))
        await bin_provider.remove(file)
    items = [item async for page in bin_provider.trash.items() for item in page]
    assert [item.name for item in items] == ["file", "file"]
    assert len({item.id for item in items}) == 2
    first = next(item for item in items if item.size == 5)
    restored = await bin_provider.trash.restore(first)
    assert await content(bin_provider, restored) == b"first"


async def test_only_what_is_named_is_purged(bin_provider: Provider):
    root = await bin_provider.root()
    assert bin_provider.trash is not None
    for name in ("one", "two", "three"):
        await bin_provider.remove(await bin_provider.upload(root.id, name, BytesContent(b"x")))
    items = await bin_of(bin_provider)
    await bin_provider.trash.purge([items["one"], items["three"]])
    assert set(await bin_of(bin_provider)) == {"two"}
    await bin_provider.trash.purge([items["one"]])
    await bin_provider.trash.purge([])
    assert set(await bin_of(bin_provider)) == {"two"}


async def test_the_bin_can_be_emptied(bin_provider: Provider):
    root = await bin_provider.root()
    assert bin_provider.trash is not None
    for name in ("one", "two"):
        await bin_provider.remove(await bin_provider.upload(root.id, name, BytesContent(b"x")))
    await bin_provider.trash.empty()
    assert await bin_of(bin_provider) == {}
    await bin_provider.trash.empty()
