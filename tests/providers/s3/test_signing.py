import httpx
import pytest
from botocore.auth import S3SigV4Auth, S3SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as BotoCredentials

from cloudfs.http.client import Http
from cloudfs.http.retry import Repeat
from cloudfs.providers.s3.signing import (
    EMPTY,
    Credentials,
    Signed,
    Signer,
    Target,
    query_string,
)

ACCESS_KEY = "AKIAIOSFODNN7EXAMPLE"
SECRET_KEY = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
THEN = 1_369_353_600.0  # 2013-05-24, midnight


def target(path: str = "/test.txt", query: tuple[tuple[str, str], ...] = ()) -> Target:
    host = "examplebucket.s3.amazonaws.com"
    return Target(origin=f"https://{host}", host=host, path=path, query=query, region="us-east-1")


def signer(token: str = "", clock: float = THEN) -> Signer:
    return Signer(Credentials(ACCESS_KEY, SECRET_KEY, token), clock=lambda: clock)


def test_the_example_of_a_presigned_address():
    url = signer().presigned("GET", target(), 86400)
    assert url.endswith(
        "X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404"
    )
    assert "X-Amz-Expires=86400&X-Amz-SignedHeaders=host" in url


def test_the_example_of_a_signed_request():
    headers = signer().headers("GET", target(), {"Range": "bytes=0-9"}, EMPTY)
    assert headers["x-amz-date"] == "20130524T000000Z"
    assert headers["Authorization"] == (
        f"AWS4-HMAC-SHA256 Credential={ACCESS_KEY}/20130524/us-east-1/s3/aws4_request,"
        "SignedHeaders=host;range;x-amz-content-sha256;x-amz-date,"
        "Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"
    )


QUERIES = [(), (("uploads", ""),), (("prefix", "a b/ü+&="), ("list-type", "2"))]
PATHS = ["/plain", "/a%20b/%C3%BC", "/a//b", "/a/../b/.", "/%2A%27%28%29~"]


@pytest.mark.parametrize("query", QUERIES)
@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("token", ["", "session"])
def test_botocore_signs_the_same(
    monkeypatch: pytest.MonkeyPatch, path: str, query: tuple[tuple[str, str], ...], token: str
):
    asked = target(path, query)
    ours = signer(token).headers("PUT", asked, {"x-amz-meta-a": "  b   c "}, EMPTY)
    request = AWSRequest(
        method="PUT", url=asked.url, headers={"x-amz-meta-a": "  b   c ", "Host": asked.host}
    )
    theirs = S3SigV4Auth(BotoCredentials(ACCESS_KEY, SECRET_KEY, token or None), "s3", "us-east-1")
    monkeypatch.setattr(theirs, "_should_sha256_sign_payload", lambda _: True)
    request.context["timestamp"] = "20130524T000000Z"
    for name in ("X-Amz-Date", "X-Amz-Content-SHA256"):
        request.headers[name] = ours[name.lower()]
    if token:
        request.headers["X-Amz-Security-Token"] = token
    canonical = theirs.canonical_request(request)
    signature = theirs.signature(theirs.string_to_sign(request, canonical), request)
    assert ours["Authorization"].endswith(f"Signature={signature}")


def test_botocore_presigns_the_same(monkeypatch: pytest.MonkeyPatch):
    asked = target("/a%20b//c", (("versionId", "v/1+="),))
    url = signer("session").presigned("GET", asked, 600)
    request = AWSRequest(method="GET", url=url.partition("&X-Amz-Signature=")[0])
    request.headers["Host"] = asked.host
    request.context["timestamp"] = "20130524T000000Z"
    theirs = S3SigV4QueryAuth(BotoCredentials(ACCESS_KEY, SECRET_KEY), "s3", "us-east-1")
    canonical = theirs.canonical_request(request)
    assert canonical.endswith("UNSIGNED-PAYLOAD")
    signature = theirs.signature(theirs.string_to_sign(request, canonical), request)
    assert url.endswith(f"&X-Amz-Signature={signature}")


def test_a_query_is_sorted_and_every_name_has_its_sign():
    assert query_string([("b", "x y"), ("a", ""), ("A", "/+")]) == "A=%2F%2B&a=&b=x%20y"


def test_without_credentials_nothing_is_signed():
    anonymous = Signer(None)
    assert anonymous.headers("GET", target(), {}, EMPTY) == {}
    assert anonymous.presigned("GET", target(), 60) == target().url


def test_secrets_are_not_shown():
    assert SECRET_KEY not in repr(Credentials(ACCESS_KEY, SECRET_KEY, "token"))


@pytest.mark.parametrize("path", PATHS)
async def test_the_path_is_sent_as_it_was_signed(path: str):
    sent: list[bytes] = []

    def answer(request: httpx.Request) -> httpx.Response:
        sent.append(request.extensions["target"])
        return httpx.Response(200)

    http = Http(transport=httpx.MockTransport(answer))
    asked = target(path)
    http.trust(asked.url)
    auth = Signed(signer(), "GET", asked, EMPTY)
    await http.request("GET", asked.url, label="t", repeat=Repeat.SAFELY, auth=auth)
    assert sent == [path.encode()]
    await http.aclose()
