"""The table of errors: codes, texts, symbols, and what a call makes of an unknown text (4)."""

from errno import (
    EACCES,
    EDQUOT,
    EEXIST,
    EFBIG,
    EINVAL,
    EIO,
    ENOENT,
    EPERM,
    ESTALE,
)

import httpx
import pytest
import trio

from cloudfs.errors import AccessDenied, BadReply, CloudError, NotFound, TooLarge, Unavailable
from cloudfs.http.session import TokenRejected
from cloudfs.providers.cloud689.connection import told
from cloudfs.providers.cloud689.refusals import refusal
from tests.providers.cloud689.service import FakeCloud689
from tests.providers.cloud689.store import Refusal
from tests.support import BytesContent, listing

Clock = trio.testing.MockClock

# Reference 4: code, symbol, text, errno, and whether it may pass. None: the token is renewed.
TABLE = [
    (100, "ERR_INVALID_DATA", "Input data is not valid", EINVAL, False),
    (110, "ERR_USER_NOT_EXIST", "User does not exist", EACCES, False),
    (111, "ERR_USER_NOT_VALID", "User name or password is not correct", EACCES, False),
    (
        112,
        "ERR_USER_ROLE_NOT_VALID",
        "You do not have permission to access this page",
        EACCES,
        False,
    ),
    (300, "ERR_ENCODE", "Error encoding file", EIO, False),
    (301, "ERR_UPLOAD_FILE", "Upload file error", EIO, True),
    (400, "INVALID_PARAMETER", "Invalid parameter", EINVAL, False),
    (401, "INVALID_ACCESS_TOKEN", "Invalid access token", None, False),
    (401, "ERR_EXPIRE_TOKEN", "The token is expired", None, False),
    (401, "ERR_TOKEN_NOT_EXIST", "Token does not exist", None, False),
    (401, "ERR_INVALID_FOLDER", "New folder is child of moved folder", EINVAL, False),
    (403, "INVALID_ROLE_USER", "User do not have permission", EACCES, False),
    (404, "MISSING_PARAMETER", "Parameter missing", EINVAL, False),
    (404, "PROJECT_NOT_FOUND", "Project not found", ENOENT, False),
    (404, "FOLDER_NOT_FOUND", "Folder not found", ENOENT, False),
    (404, "FILE_NOT_FOUND", "File not found", ENOENT, False),
    (404, "USER_NOT_FOUND", "User not found", ENOENT, False),
    (404, "USER_NOT_FOUND_IN_PROJECT", "User not found in the project", EACCES, False),
    (404, "LINK_NOT_FOUND", "Link not found", ENOENT, False),
    (404, "COMMENT_NOT_FOUND_OF_USER", "Comment not found", ENOENT, False),
    (410, "LINK_EXPIRED", "link is expired", ESTALE, False),
    (411, "WRONG_ACTIVATION_CODE", "activation code is not correct", EACCES, False),
    (412, "USER_ACTIVE", "User has been active", EEXIST, False),
    (413, "INVALID_LIMIT_USER", "Out of number of members in team", EDQUOT, False),
    (417, "CREATE_HISTORY_FAILED", "Create history failed", EIO, True),
    (417, "CREATE_SESSION_FAILED", "Create session failed", EIO, True),
    (500, "INVALID_QUERY_SQL", "Invalid query SQL", EIO, False),
    (500, "SYSTEM_EXCEPTION", "System error", EIO, True),
    (504, "ERR_INVALID_PASSWORD", "too short", EINVAL, False),
    (506, "ERR_INVALID_ROLEID", "You do not have the permission", EACCES, False),
    (507, "ERR_INVALID_EMAIL_EXIST", "This email is already exist", EEXIST, False),
    (509, "ERR_INVALID_CANNOT_REMOVE_YOURSELFT", "Cannot change yourself", EPERM, False),
    (510, "ERR_ROLEID_NOT_EXIST", "This role is not exist", EINVAL, False),
    (512, "ERR_LIMITED_USER", "Limited Create User", EDQUOT, False),
    (514, "ERR_TEAM_EXIST", "This Team is existent", EEXIST, False),
]


@pytest.mark.parametrize(("code", "symbol", "text", "errno", "passes"), TABLE)
def test_each_row_of_the_table(code: int, symbol: str, text: str, errno: int | None, passes: bool):
    spellings = [[text], [f" {text.upper()}. "], ["", symbol], [symbol.lower()], ["OK", text]]
    for texts in spellings:
        error = refusal(code, texts, "project/f/info")
        if errno is None:
            assert isinstance(error, TokenRejected)
        else:
            assert (error.errno, error.transient) == (errno, passes), texts


@pytest.mark.parametrize(
    ("code", "call", "errno", "passes"),
    [
        (404, "project/f/info", ENOENT, False),
        (404, "project/f/create", EINVAL, False),
        (404, "upload", EINVAL, False),
        (417, "user/login", EIO, True),
        (417, "project/f/create", EIO, True),
        (500, "project/f/info", EIO, True),
        (999, "project/f/info", EIO, False),
        (0, "project/f/info", EIO, False),
    ],
)
def test_an_unknown_text_is_judged_by_the_call(code: int, call: str, errno: int, passes: bool):
    error = refusal(code, ["Es ist ein Fehler aufgetreten"], call)
    assert (error.errno, error.transient) == (errno, passes)


def test_an_unknown_text_of_401_is_a_matter_of_the_token():
    assert isinstance(refusal(401, ["?"], "project/f/info"), TokenRejected)
    assert not isinstance(refusal(401, ["?"], "project/f/move"), TokenRejected)


def test_a_long_text_is_cut_and_quoted():
    told = str(refusal(999, ["x\n" * 1000], "call"))
    assert len(told) < 500
    assert "\n" not in told


@pytest.mark.parametrize(
    ("status", "error", "errno"),
    [
        (401, TokenRejected, EIO),
        (403, AccessDenied, EACCES),
        (404, NotFound, ENOENT),
        (413, TooLarge, EFBIG),
        (500, Unavailable, EIO),
        (501, Unavailable, EIO),
        (302, BadReply, EIO),
        (418, CloudError, EIO),
    ],
)
def test_without_a_code_the_status_decides(status: int, error: type[CloudError], errno: int):
    with pytest.raises(error) as caught:
        told(status, b"<html>", "project/f/browse")
    assert caught.value.errno == errno


@pytest.mark.parametrize("status", [200, 400, 404, 500])
def test_a_code_decides_whatever_the_status(status: int):
    body = b'{"status_code": 403, "description": "User do not have permission"}'
    with pytest.raises(AccessDenied):
        told(status, body, "project/f/browse")
    assert told(status, b'{"status_code": 200, "result": 7}', "x")["result"] == 7


@pytest.mark.parametrize("answer", [httpx.Response(503), httpx.Response(429), httpx.Response(502)])
async def test_a_busy_service_is_asked_again(
    service: FakeCloud689, answer: httpx.Response, autojump_clock: Clock
):
    service.store.add("file", b"x")
    provider = service.provider()
    service.fail("project/f/browse", answer)
    assert set(await listing(provider, service.top())) == {"file"}


@pytest.mark.parametrize("mirror", [True, False])
async def test_a_system_error_is_asked_again(
    service: FakeCloud689, mirror: bool, autojump_clock: Clock
):
    service.mirror = mirror
    service.store.add("file", b"x")
    provider = service.provider()
    service.fail("project/f/browse", Refusal(500, "System error", "SYSTEM_EXCEPTION"))
    assert set(await listing(provider, service.top())) == {"file"}


async def test_a_system_error_repeats_no_change_that_could_be_made_twice(service: FakeCloud689):
    provider = service.provider()
    service.fail("project/f/create", Refusal(500, "System error", "SYSTEM_EXCEPTION"))
    with pytest.raises(Unavailable):
        await provider.create_folder(service.top(), "new")
    assert len(service.of("project/f/create")) == 1


@pytest.mark.parametrize("told_by", ["text", "odd", "symbol"])
@pytest.mark.parametrize("mirror", [True, False])
async def test_both_spellings_are_understood(service: FakeCloud689, told_by: str, mirror: bool):
    service.told_by, service.mirror = told_by, mirror
    folder = service.store.add("folder")
    service.store.delete(folder)
    provider = service.provider()
    with pytest.raises(NotFound):
        await listing(provider, service.id(folder))
    service.tokens.clear()
    await provider.upload(service.top(), "file", BytesContent(b"x"))
    assert service.issued == 2


async def test_an_unknown_code_is_told_once(
    service: FakeCloud689, caplog: pytest.LogCaptureFixture
):
    for _ in range(3):
        refusal(987, ["odd"], "call")
    assert caplog.text.count("unknown code 987") == 1
