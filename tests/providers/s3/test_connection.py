import errno as numbers
from email.utils import formatdate

import httpx
import pytest

from cloudfs.errors import (
    AccessDenied,
    AlreadyExists,
    BadReply,
    Busy,
    Changed,
    CloudError,
    ConfigError,
    InvalidName,
    InvalidRequest,
    LoginFailed,
    NameTooLong,
    NotFound,
    TooLarge,
    Unavailable,
    Unsupported,
)
from cloudfs.http.client import Http
from cloudfs.providers.s3.connection import Connection
from cloudfs.providers.s3.endpoint import Endpoint
from cloudfs.providers.s3.headers import (
    Head,
    could_be_md5,
    head_from,
    parsed_time,
    plain_text,
    written_time,
)
from cloudfs.providers.s3.keys import Place
from cloudfs.providers.s3.refusals import Archived, StorageFull, UploadGone, refusal
from cloudfs.providers.s3.settings import S3Settings
from cloudfs.providers.s3.signing import Credentials, Signer
from cloudfs.providers.s3.wire import Refusal
from tests.providers.s3.store import error

NOW = 1_700_000_000.0


class Wire:
    """Gives the prepared answers one after the other; the last one for ever."""

    def __init__(self, *answers: httpx.Response, **how: str) -> None:
        self.answers = list(answers)
        self.requests: list[httpx.Request] = []
        self.http = Http(transport=httpx.MockTransport(self._answer))
        given = {"region": "us-east-1", "style": "", **how}
        self.endpoint = Endpoint(
            how.pop("url", "https://h.example"),
            notes={},
            **{name: given[name] for name in ("region", "style")},
        )
        self.signer = Signer(Credentials("k", "s"), clock=lambda: NOW)
        self.connection = Connection(self.http, self.endpoint, self.signer)

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]

    async def get(self, method: str = "GET", **how: object) -> bytes:
        reply = await self.connection.send(method, Place("b", "k"), label="t", **how)  # type: ignore[arg-type]
        return reply.body


OK = httpx.Response(200, content=b"fine")


@pytest.mark.parametrize(
    "refused",
    [
        httpx.Response(301, headers={"x-amz-bucket-region": "eu-north-1"}),
        httpx.Response(
            400, content=error("AuthorizationHeaderMalformed", "<Region>eu-north-1</Region>")
        ),
        httpx.Response(
            301, content=error("PermanentRedirect"), headers={"x-amz-bucket-region": "eu-north-1"}
        ),
    ],
)
async def test_a_wrong_region_is_put_right_once(refused: httpx.Response):
    wire = Wire(refused, OK)
    assert await wire.get() == b"fine"
    first, second = (request.headers["authorization"] for request in wire.requests)
    assert "/us-east-1/s3/" in first
    assert "/eu-north-1/s3/" in second
    assert await wire.get() == b"fine"
    assert len(wire.requests) == 3


async def test_a_region_that_is_wrong_all_the_same_ends_the_attempt():
    answers = [
        httpx.Response(301, headers={"x-amz-bucket-region": region}) for region in ("a", "b")
    ]
    wire = Wire(*answers)
    with pytest.raises(BadReply, match="redirect"):
        await wire.get()
    assert len(wire.requests) == 2


async def test_redirects_are_not_followed():
    wire = Wire(httpx.Response(307, headers={"location": "https://evil.example/"}))
    with pytest.raises(BadReply):
        await wire.get()
    assert len(wire.requests) == 1


@pytest.mark.parametrize("code", ["RequestTimeTooSkewed", "SignatureDoesNotMatch", ""])
async def test_a_wrong_clock_is_put_right_once(code: str):
    headers = {"date": formatdate(NOW + 7200, usegmt=True)}
    content = error(code) if code else b""
    wire = Wire(httpx.Response(403, headers=headers, content=content), OK)
    assert await wire.get() == b"fine"
    assert [request.headers["x-amz-date"][:13] for request in wire.requests] == [
        "20231114T2213",
        "20231115T0013",
    ]
    assert wire.signer.now() == NOW + 7200


async def test_a_right_clock_is_left_alone():
    headers = {"date": formatdate(NOW + 60, usegmt=True)}
    wire = Wire(httpx.Response(403, headers=headers, content=error("AccessDenied")))
    with pytest.raises(AccessDenied):
        await wire.get()
    assert len(wire.requests) == 1


async def test_a_repeated_request_is_signed_anew(autojump_clock: object):
    wire = Wire(httpx.Response(503, content=error("SlowDown")), OK)
    times = iter([NOW, NOW + 100])
    wire.signer._clock = lambda: next(times)
    await wire.get()
    first, second = (request.headers["authorization"] for request in wire.requests)
    assert first != second


@pytest.mark.parametrize("code", ["InternalError", "SlowDown", "ServiceUnavailable"])
async def test_a_late_failure_is_repeated(code: str, autojump_clock: object):
    wire = Wire(httpx.Response(200, content=b"  " + error(code)), OK)
    assert await wire.get("PUT", late=True) == b"fine"


async def test_a_late_refusal_is_an_error():
    wire = Wire(httpx.Response(200, content=error("NoSuchKey")))
    with pytest.raises(NotFound):
        await wire.get("PUT", late=True)
    assert await wire.get("PUT") == error("NoSuchKey")


TABLE = [
    (404, "NoSuchKey", NotFound, "ENOENT"),
    (404, "NoSuchBucket", NotFound, "ENOENT"),
    (404, "NoSuchVersion", NotFound, "ENOENT"),
    (404, "NoSuchUpload", UploadGone, "EIO"),
    (403, "AccessDenied", AccessDenied, "EACCES"),
    (403, "SignatureDoesNotMatch", LoginFailed, "EACCES"),
    (403, "InvalidAccessKeyId", LoginFailed, "EACCES"),
    (400, "ExpiredToken", LoginFailed, "EACCES"),
    (403, "RequestTimeTooSkewed", LoginFailed, "EACCES"),
    (412, "PreconditionFailed", Changed, "ESTALE"),
    (409, "ConditionalRequestConflict", Busy, "EBUSY"),
    (409, "OperationAborted", Busy, "EBUSY"),
    (416, "InvalidRange", Changed, "ESTALE"),
    (400, "EntityTooLarge", TooLarge, "EFBIG"),
    (400, "EntityTooSmall", InvalidRequest, "EINVAL"),
    (400, "InvalidPart", UploadGone, "EIO"),
    (400, "InvalidPartOrder", InvalidRequest, "EINVAL"),
    (400, "InvalidArgument", InvalidRequest, "EINVAL"),
    (400, "InvalidBucketName", InvalidName, "EINVAL"),
    (400, "KeyTooLongError", NameTooLong, "ENAMETOOLONG"),
    (400, "BadDigest", Unavailable, "EIO"),
    (400, "IncompleteBody", Unavailable, "EIO"),
    (400, "RequestTimeout", Unavailable, "EIO"),
    (405, "MethodNotAllowed", NotFound, "ENOENT"),
    (501, "NotImplemented", Unsupported, "EOPNOTSUPP"),
    (500, "InternalError", Unavailable, "EIO"),
    (503, "SlowDown", Unavailable, "EIO"),
    (507, "XMinioStorageFull", StorageFull, "ENOSPC"),
    (400, "QuotaExceeded", StorageFull, "ENOSPC"),
    (403, "InvalidObjectState", Archived, "EIO"),
    (409, "XMinioParentIsObject", AlreadyExists, "EEXIST"),
    (404, "", NotFound, "ENOENT"),
    (403, "", AccessDenied, "EACCES"),
    (412, "", Changed, "ESTALE"),
    (599, "", Unavailable, "EIO"),
    (418, "Teapot", CloudError, "EIO"),
    (302, "", BadReply, "EIO"),
]


@pytest.mark.parametrize(("status", "code", "meaning", "errno"), TABLE)
def test_the_table_of_errors(
    status: int, code: str, meaning: type[CloudError], errno: str, announce
):
    announce("in an archive")
    found = refusal(status, Refusal(code=code) if code else None, "t")
    assert type(found) is meaning
    assert found.errno == getattr(numbers, errno)


# Headers --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "nanoseconds"),
    [
        ("1680000000.123456789", 1_680_000_000_123_456_789),
        ("1680000000", 1_680_000_000_000_000_000),
        (" 1.5 ", 1_500_000_000),
        ("-1.5", -1_500_000_000),
        ("1e3", 1_000_000_000_000),
        ("", None),
        ("nan", None),
        ("inf", None),
        ("1e400", None),
        ("9" * 41, None),
        ("\uff12", None),
        ("2023-01-01", None),
    ],
)
def test_times_in_metadata(text: str, nanoseconds: int | None):
    assert parsed_time(text) == nanoseconds


@pytest.mark.parametrize("nanoseconds", [0, 1, -1, 1_680_000_000_123_456_789, -(10**9), 10**9])
def test_times_are_read_as_they_were_written(nanoseconds: int):
    assert parsed_time(written_time(nanoseconds)) == nanoseconds


def test_what_head_tells():
    head = head_from(
        httpx.Headers(
            {
                "Content-Length": "12",
                "ETag": 'W/"abc"',
                "Last-Modified": "Tue, 14 Nov 2023 22:13:20 GMT",
                "x-amz-version-id": "v1",
                "Content-Type": "text/plain",
                "Content-Encoding": "aws-chunked",
                "X-Amz-Meta-Mtime": "5",
                "x-amz-storage-class": "GLACIER",
            }
        )
    )
    assert (head.size, head.etag, head.version_id) == (12, "abc", "v1")
    assert head.modified_ns == int(NOW) * 10**9
    assert head.written_ns == 5 * 10**9
    assert head.again() == {"content-type": "text/plain", "x-amz-meta-mtime": "5"}
    with pytest.raises(BadReply):
        head_from({"content-length": "-1"})


def test_metadata_that_is_not_ascii_is_encoded():
    assert plain_text("plain") == "plain"
    assert plain_text("grün") == "=?UTF-8?B?Z3LDvG4=?="
    assert Head(size=0, metadata={"a": "x\ny"}).again()["x-amz-meta-a"].isprintable()


def test_an_etag_of_parts_is_no_md5():
    assert could_be_md5("d41d8cd98f00b204e9800998ecf8427e")
    assert not could_be_md5("d41d8cd98f00b204e9800998ecf8427e-2")


# Settings -------------------------------------------------------------------------------------

KEYS = {"access_key": "k", "secret_key": "s"}


@pytest.mark.parametrize(
    ("table", "problem"),
    [
        ({}, "no access_key"),
        ({"access_key": "k"}, "one is missing"),
        ({"anonymous": True, **KEYS}, "remove either"),
        ({"prefix": "p", **KEYS}, "set bucket"),
        ({"style": "virtual", "url": "http://127.0.0.1:9000", **KEYS}, "no name"),
        ({"style": "virtual", "url": "http://[::1]:9000", **KEYS}, "no name"),
        ({"part_size": 1, **KEYS}, "part_size"),
        ({"max_keys": 1001, **KEYS}, "max_keys"),
    ],
)
def test_settings_that_cannot_be(table: dict[str, object], problem: str):
    with pytest.raises(ConfigError, match=problem):
        S3Settings(**table).check()  # type: ignore[arg-type]


def test_settings_that_can_be():
    S3Settings(**KEYS).check()  # type: ignore[arg-type]
    S3Settings(anonymous=True, bucket="public").check()


async def test_without_credentials_requests_are_not_signed():
    wire = Wire(OK)
    wire.signer.credentials = None
    await wire.get()
    assert "authorization" not in wire.requests[0].headers
