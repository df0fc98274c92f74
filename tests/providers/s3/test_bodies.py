import hashlib

import pytest

from cloudfs.providers.s3.bodies import Bodies, is_ours
from cloudfs.providers.s3.headers import Head
from tests.support import BytesContent

DATA = b"some bytes"
MD5 = hashlib.md5(DATA).hexdigest()
CONTENT = BytesContent(DATA, 5_000_000_000)
OURS = {"mtime": "5"}
KMS = {"x-amz-server-side-encryption": "aws:kms"}


@pytest.mark.parametrize(
    ("head", "ours"),
    [
        (Head(size=10, etag=MD5, metadata=OURS), True),
        (Head(size=10, etag=MD5), True),  # a store that keeps no metadata
        (Head(size=10, etag=MD5, metadata={"mtime": "6"}), False),
        (Head(size=11, etag=MD5, metadata=OURS), False),
        (Head(size=10, etag="0" * 32, metadata=OURS), False),
        (Head(size=10, etag="0" * 32, metadata=OURS, kept=KMS), True),
        (Head(size=10, etag=f"{MD5}-1", metadata=OURS), True),
        (Head(size=10, etag=f"{MD5}-1"), False),
        (Head(size=10, metadata=OURS), True),
        (Head(size=10), False),
    ],
)
async def test_what_we_stored_is_known_again(head: Head, ours: bool):
    assert await is_ours(head, CONTENT) == ours


@pytest.mark.parametrize("secure", [True, False])
@pytest.mark.parametrize("span", [(0, 10), (3, 7)])
async def test_a_body_is_hashed_as_the_way_needs_it(secure: bool, span: tuple[int, int]):
    body = await Bodies(secure=secure, checksums=False).of(CONTENT, *span)
    part = DATA[slice(*span)]
    assert body.md5 == hashlib.md5(part).digest()
    assert body.payload == ("UNSIGNED-PAYLOAD" if secure else hashlib.sha256(part).hexdigest())
    assert b"".join([piece async for piece in body.read()]) == part
