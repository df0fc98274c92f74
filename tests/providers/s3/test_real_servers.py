"""What the contract suite does not ask, asked of stores that were not written here."""

import dataclasses
import random

import pytest

from cloudfs.errors import LoginFailed, NotFound
from cloudfs.http.client import Http
from cloudfs.model import EntryId
from cloudfs.providers.s3.keys import Place
from cloudfs.providers.s3.provider import S3Provider
from cloudfs.providers.s3.settings import S3Settings
from cloudfs.providers.s3.signing import EMPTY
from tests.contract.s3_servers import KEY, Store, clients, moto, rclone
from tests.providers.s3.store import at
from tests.support import BytesContent, content, listing

ROOT = EntryId("/")
MIB = 1 << 20


@pytest.mark.parametrize("start", [moto, rclone])
async def test_a_folder_that_others_made_outlives_its_last_file(start):
    async with clients(start) as another:
        provider: S3Provider = await another()
        store: Store = start()
        store.request("PUT", f"/{provider._layout.bucket}/folder/file", body=b"x")
        await provider.remove(await at(provider, "/folder/file"))
        assert await listing(provider, EntryId("/folder")) == {}
        await provider.remove(await at(provider, "/folder"))
        assert await listing(provider, ROOT) == {}


async def test_a_wrong_secret_is_refused():
    store = rclone()
    settings = S3Settings(
        url=store.url, bucket=store.bucket(), access_key=KEY, secret_key="another"
    )
    http = Http()
    with pytest.raises(LoginFailed):
        await S3Provider(settings, http=http, notes={}).open()
    await http.aclose()


WEIRD = ["a/../b", "a/./b", "../a", "./a", "%2e%2e/a", "a b+c%20d", "q?x#y;z&w=1", "~*'()!"]


async def test_weird_keys_are_sent_byte_for_byte():
    async with clients(moto, weird_keys="show") as another:
        provider: S3Provider = await another()
        bucket = provider._layout.bucket
        for key in WEIRD:
            await provider._api.put(Place(bucket, key), payload=EMPTY, headers={})
        listed = await provider._api.listing(Place(bucket), flat=True)
        assert sorted(o.key for o in listed.objects) == sorted(WEIRD)
        ids = {e.id async for batch in provider.tree.below(ROOT) for e in batch if not e.is_folder}
        assert ids == {f"/{key}" for key in WEIRD}
        for key in WEIRD:
            assert (await provider.stat(EntryId(f"/{key}"))).size == 0
            await provider._api.delete(Place(bucket, key))
            with pytest.raises(NotFound):
                await provider.stat(EntryId(f"/{key}"))


async def test_many_files_go_in_one_request():
    async with clients(moto) as another:
        provider: S3Provider = await another()
        folder = await provider.create_folder(ROOT, "folder")
        names = [f"{number} <&>\t'\"" for number in range(30)]
        entries = [await provider.upload(folder.id, n, BytesContent(b"x")) for n in names]
        assert set(await provider.remove_many(entries)) == {None}
        assert await listing(provider, folder.id) == {}


@pytest.mark.parametrize("start", [moto, rclone])
async def test_a_changed_part_of_a_large_file_is_sent_and_the_rest_stays(start):
    how = {"multipart_threshold": 5 * MIB, "part_size": 5 * MIB}
    async with clients(start, **how) as another:
        provider: S3Provider = await another()
        data = random.Random(3).randbytes(22 * MIB)
        old = await provider.upload(ROOT, "file", BytesContent(data))
        changed = data[: 11 * MIB] + b"#" + data[11 * MIB + 1 :]
        ranges = [(0, 11 * MIB), (11 * MIB + 1, len(data))]
        source = BytesContent(changed, based_on=(old.version, ranges))
        new = await provider.upload(ROOT, "file", source, replacing=old)
        assert await content(provider, new) == changed
        copied = dataclasses.replace(new, version=(await provider.stat(new.id)).version)
        assert (await provider.move(copied, ROOT, "moved")).size == len(data)


async def test_versions_are_paged():
    async with clients(moto, versioned=True, max_keys=2) as another:
        provider: S3Provider = await another()
        entry = await provider.upload(ROOT, "file", BytesContent(b"0"))
        for number in range(1, 6):
            data = BytesContent(b"x" * number)
            entry = await provider.upload(ROOT, "file", data, replacing=entry)
        assert provider.versions is not None
        versions = await provider.versions.of(entry)
        assert sorted(v.size for v in versions) == [1, 1, 2, 3, 4, 5]
        await provider.remove(entry, permanently=True)
        assert provider.trash is not None
        assert [item async for page in provider.trash.items() for item in page] == []


async def test_checksums_are_taken_by_a_store_that_knows_them():
    how = {"checksums": True, "multipart_threshold": 5 * MIB, "part_size": 5 * MIB}
    async with clients(moto, **how) as another:
        provider: S3Provider = await another()
        for size in (0, 10, 11 * MIB):
            data = random.Random(size).randbytes(size)
            entry = await provider.upload(ROOT, f"{size}", BytesContent(data))
            assert await content(provider, entry) == data
