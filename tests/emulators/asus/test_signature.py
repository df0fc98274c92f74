"""Reference 2.1: the Authorization string, and 1.12: passwords."""

from collections.abc import Callable

import httpx
import pytest

from cloudfs.emulators.asus import tripledes
from cloudfs.emulators.asus.passwords import decrypted, md5_form
from cloudfs.emulators.asus.signature import sign
from cloudfs.emulators.asus.tripledes import decrypt
from cloudfs.emulators.clock import Clock
from cloudfs.emulators.server import Running
from tests.emulators.asus.client import (
    PASSWORD,
    PROGKEY,
    SID,
    USER,
    Client,
    Reply,
    authorization,
    body,
)

NONCE = "3f1c0a5be7d94c2c8a6d1b2e4f506172"
LOGIN = body("aaa", userid=USER, password=PASSWORD)


@pytest.mark.parametrize(
    ("stamp", "signature", "header"),
    [
        ("1700000000000", "mP7bMiEqFNogzjs+0/pw0tyRBgc=", "mP7bMiEqFNogzjs%2B0%2Fpw0tyRBgc%3D"),
        ("1700000000", "JlEBH1lKlaswKkkuywTZE90tngE=", "JlEBH1lKlaswKkkuywTZE90tngE%3D"),
    ],
)
async def test_the_vectors_of_the_reference(
    stranger: Client, stamp: str, signature: str, header: str
):
    assert sign(PROGKEY, NONCE, stamp) == signature
    sent = f'signature_method="HMAC-SHA1",timestamp="{stamp}",nonce="{NONCE}",signature="{header}"'
    assert authorization(nonce=NONCE, stamp=stamp) == sent
    assert await login(stranger, sent) == 0


async def login(client: Client, header: str | None, **headers: str) -> int:
    given = headers if header is None else {"Authorization": header, **headers}
    return Reply(await client.send("/member/acquiretoken/", LOGIN, given)).status


async def test_pairs_come_in_any_order_and_quotes_are_optional(stranger: Client):
    pairs = authorization().split(",")
    assert await login(stranger, ",".join(reversed(pairs))) == 0
    assert await login(stranger, authorization().replace('"', "")) == 0
    assert await login(stranger, ", ".join(authorization().split(","))) == 0


@pytest.mark.parametrize(
    "broken",
    [
        pytest.param(lambda header: header.replace('nonce="', 'nonce="0'), id="nonce"),
        pytest.param(lambda header: header.replace("HMAC-SHA1", "HMAC-MD5"), id="method"),
        pytest.param(lambda header: header.replace("timestamp", "time"), id="timestamp"),
        pytest.param(lambda header: header.rpartition(",")[0], id="signature"),
        pytest.param(lambda _: authorization("F" * 32), id="progkey"),
        pytest.param(lambda _: "Bearer x", id="scheme"),
        pytest.param(lambda _: "", id="empty"),
        pytest.param(lambda _: None, id="missing"),
    ],
)
async def test_a_signature_that_is_not_right_is_refused(
    stranger: Client, broken: Callable[[str], str | None]
):
    assert await login(stranger, broken(authorization())) == 5


async def test_a_signature_is_url_encoded(stranger: Client):
    """Its plus sign would mean a blank."""
    header = authorization(nonce=NONCE, stamp="1700000000000")
    plain = header.replace("%2B", "+").replace("%2F", "/").replace("%3D", "=")
    assert await login(stranger, plain) == 5
    assert await login(stranger, header) == 0


async def test_a_nonce_counts_once_in_an_hour(stranger: Client, clock: Clock):
    header = authorization()
    assert [await login(stranger, header) for _ in range(2)] == [0, 5]
    clock.advance(3599)
    assert await login(stranger, header) == 5
    clock.advance(1)
    assert await login(stranger, header) == 0


async def test_a_nonce_of_a_wrong_signature_is_not_used_up(stranger: Client):
    nonce = "a" * 32
    assert await login(stranger, authorization("F" * 32, nonce)) == 5
    assert await login(stranger, authorization(nonce=nonce)) == 0


async def test_the_sid_is_in_a_cookie_a_header_or_the_query(running: Running):
    async with httpx.AsyncClient(base_url=running.api_url, verify=False) as http:
        path = "/member/acquiretoken/"

        async def status(path: str = path, **headers: str) -> int:
            headers["Authorization"] = authorization()
            return Reply(await http.post(path, content=LOGIN, headers=headers)).status

        assert await status() == 5
        assert await status(Cookie=f"sid={SID}") == 0
        assert await status(Cookie=f"OMNISTORE_VER=1_0; path=/; sid={SID}; c=0") == 0
        assert await status(Cookie="sid=1") == 5
        assert await status(**{"X-asc-sid": SID}) == 0
        assert await status(f"{path}?dis={SID}") == 0
        # The cookie wins.
        assert await status(**{"Cookie": "sid=1", "X-asc-sid": SID}) == 5


async def test_a_header_is_ignored_where_none_is_required(api: Client):
    headers = {"Authorization": "nonsense", "Cookie": "sid=unknown"}
    text = body("getmysyncfolder", userid=USER, token=api.token or "")
    assert Reply(await api.send("/folder/getmysyncfolder/", text, headers)).status == 0


def test_the_md5_form_is_of_lower_case_letters():
    assert md5_form("PassW0rd!") == md5_form("passw0rd!") == PASSWORD


def test_a_password_is_encrypted_with_the_first_24_signs_of_the_progkey():
    assert decrypted("yiPmXPJfzd3pEdmcKDTtTw==", PROGKEY) == "PassW0rd!"
    for text in ("", "x", "yiPmXPJfzd3pEdmcKDTtTw", "eHh4eHh4eHg=", "yiPmXPJfzd0="):
        assert decrypted(text, PROGKEY) is None
    assert decrypted("yiPmXPJfzd3pEdmcKDTtTw==", "short") is None


def test_triple_des_is_that_of_the_standard():
    """The vectors of NIST SP 800-67 B.1, of which each block is one; and a padded text."""
    key = bytes.fromhex("0123456789ABCDEF23456789ABCDEF01456789ABCDEF0123")
    blocks = bytes.fromhex("A826FD8CE53B855FCCE21C8112256FE668D5C05DD9B6B900")
    with pytest.raises(ValueError, match="padding"):
        decrypt(blocks, key)
    assert blocks_of(blocks, key) == b"The qufck brown fox jump"


def blocks_of(data: bytes, key: bytes) -> bytes:
    """Decrypted without a padding: with a block behind it that makes one."""
    keys = [tripledes._round_keys(key[at : at + 8]) for at in (0, 8, 16)]
    steps = (keys[2][::-1], keys[1], keys[0][::-1])
    return b"".join(tripledes._block(data[at : at + 8], steps) for at in range(0, len(data), 8))
