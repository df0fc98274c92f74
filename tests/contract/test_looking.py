import pytest

from cloudfs.errors import NotAFolder, NotFound
from cloudfs.model import EntryId, Kind
from cloudfs.providers.base import Provider, resolve
from tests.contract.accounts import Account
from tests.support import BytesContent, lacks, listing


async def test_a_fresh_account_has_an_empty_root(provider: Provider):
    root = await provider.root()
    assert root.kind is Kind.FOLDER
    assert root.name == ""
    assert await listing(provider, root.id) == {}


async def test_opening_twice_is_harmless(provider: Provider):
    await provider.open()
    await provider.open()
    assert (await provider.root()).is_folder


async def test_the_root_can_be_asked_for_by_its_id(provider: Provider):
    root = await provider.root()
    assert (await provider.stat(root.id)).is_folder


async def test_a_listing_tells_what_stat_tells(provider: Provider):
    root = await provider.root()
    await provider.create_folder(root.id, "folder")
    await provider.upload(root.id, "file.txt", BytesContent(b"hello"))
    for name, entry in (await listing(provider, root.id)).items():
        again = await provider.stat(entry.id)
        assert (again.id, again.name, again.kind) == (entry.id, name, entry.kind)
        assert (again.size, again.version) == (entry.size, entry.version)
        assert again.parent_id == entry.parent_id == root.id


async def test_a_large_folder_is_listed_whole(provider: Provider):
    root = await provider.root()
    folder = await provider.create_folder(root.id, "many")
    wanted = {f"f{number:03}" for number in range(23)}
    for name in wanted:
        await provider.upload(folder.id, name, BytesContent(name.encode()))
    assert set(await listing(provider, folder.id)) == wanted


async def test_find_gives_the_child_of_that_name(provider: Provider):
    root = await provider.root()
    made = await provider.create_folder(root.id, "folder")
    assert (await provider.find(root.id, "folder")).id == made.id
    with pytest.raises(NotFound):
        await provider.find(root.id, "Folder!")
    with pytest.raises(NotFound):
        await provider.find(root.id, "fold")


async def test_what_is_not_there_is_not_found(account: Account):
    provider = account.provider
    root = await provider.root()
    gone = await provider.create_folder(root.id, "gone")
    await provider.remove(gone)
    with pytest.raises(NotFound):
        await provider.stat(gone.id)
    with pytest.raises(NotFound):
        await listing(provider, gone.id)
    with pytest.raises(NotFound):
        await provider.find(gone.id, "x")


async def test_a_file_cannot_be_listed(provider: Provider):
    root = await provider.root()
    file = await provider.upload(root.id, "file", BytesContent(b"x"))
    with pytest.raises((NotAFolder, NotFound)):
        await listing(provider, file.id)


async def test_a_path_is_resolved_from_the_root(provider: Provider):
    root = await provider.root()
    one = await provider.create_folder(root.id, "one")
    two = await provider.create_folder(one.id, "two words")
    assert (await resolve(provider, "/one/two words/")).id == two.id
    assert (await resolve(provider, "")).id == root.id
    with pytest.raises(NotFound, match="/one/three"):
        await resolve(provider, "one/three/four")


async def test_an_unchanged_listing_is_not_sent_again(account: Account):
    provider = account.provider
    if not provider.capabilities.listing_tags:
        lacks("the service gives listings no tags")
    root = await provider.root()
    await provider.upload(root.id, "a", BytesContent(b"a"))
    (page,) = [page async for page in provider.list_folder(root.id)]
    assert page.tag is not None
    (again,) = [page async for page in provider.list_folder(root.id, unless=page.tag)]
    assert again.unchanged
    other = await account.another()
    await other.upload(root.id, "b", BytesContent(b"b"))
    pages = [page async for page in provider.list_folder(root.id, unless=page.tag)]
    assert {e.name for p in pages for e in p.entries} == {"a", "b"}
    assert not pages[0].unchanged


async def test_ids_are_plain_text(provider: Provider):
    root = await provider.root()
    made = await provider.create_folder(root.id, "f")
    assert isinstance(made.id, str)
    assert await provider.stat(EntryId(str(made.id)))
