"""A store in memory that does what the reference says, or as much of it as a test wants."""

import hashlib
import time
from base64 import b64decode
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import formatdate
from itertools import count
from urllib.parse import parse_qsl, quote, unquote
from xml.etree import ElementTree as ET
from xml.sax.saxutils import escape

import httpx

from cloudfs.http.client import Http
from cloudfs.model import Entry
from cloudfs.providers.s3.provider import S3Provider
from cloudfs.providers.s3.settings import S3Settings
from tests.support import listing

URL = "https://store.example"
BUCKET = "bucket"
KEY, SECRET = "AKIDEXAMPLE", "not-a-secret"
XMLNS = 'xmlns="http://s3.amazonaws.com/doc/2006-03-01/"'
SMALLEST_PART = 5 << 20

Fault = Callable[[httpx.Request], httpx.Response | None]


@dataclass
class Version:
    """One version of an object, or the marker of a deletion."""

    id: str
    when: float
    data: bytes = b""
    etag: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    is_marker: bool = False


@dataclass
class Upload:
    """An upload in parts."""

    key: str
    headers: dict[str, str]
    when: float
    parts: dict[int, bytes] = field(default_factory=dict)


class Refused(Exception):
    def __init__(self, status: int, code: str, extra: str = "", **headers: str) -> None:
        super().__init__(code)
        self.reply = httpx.Response(status, headers=headers, content=error(code, extra))


def error(code: str, extra: str = "") -> bytes:
    return f"<Error><Code>{code}</Code><Message>no</Message>{extra}</Error>".encode()


class Store:
    """Answers requests; the first key of a listing may be told on a page of its own."""

    def __init__(self, *, versioning: str = "", conditions: bool = True) -> None:
        self.versioning = versioning
        self.conditions = conditions
        self.copies_parts = True
        self.keys: dict[str, dict[str, list[Version]]] = {BUCKET: {}}
        self.uploads: dict[str, Upload] = {}
        self.now = float(int(time.time()))
        self.log: list[str] = []
        self.requests: list[httpx.Request] = []
        self.lose: list[str] = []  # answers to drop: of requests that begin so in the log
        self.faults: dict[str, list[httpx.Response]] = {}
        self._ids = count(1)

    # What tests look at -------------------------------------------------------------------

    @property
    def objects(self) -> dict[str, bytes]:
        """What is there, without the markers of folders."""
        return {k: v.data for k, v in self._live(BUCKET) if not k.endswith("/")}

    @property
    def markers(self) -> set[str]:
        return {key for key, _ in self._live(BUCKET) if key.endswith("/")}

    def put(self, key: str, data: bytes = b"", **headers: str) -> Version:
        """Somebody else stores an object."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self._store(BUCKET, key, data, named)

    def latest(self, key: str) -> Version:
        return self.keys[BUCKET][key][-1]

    def count(self, begins: str) -> int:
        return sum(1 for line in self.log if line.startswith(begins))

    # Requests -----------------------------------------------------------------------------

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        body = await request.aread()
        raw = request.extensions.get("target", request.url.raw_path).decode()
        path, _, text = raw.partition("?")
        query = dict(parse_qsl(text, keep_blank_values=True))
        bucket, _, key = unquote(path).removeprefix("/").partition("/")
        line = self._line(request, key, query)
        self.log.append(line)
        self.requests.append(request)
        for begins, prepared in self.faults.items():
            if line.startswith(begins) and prepared:
                return prepared.pop(0)
        try:
            reply = self._answer(request, bucket, key, query, body)
        except Refused as refused:
            reply = refused.reply
        if request.method == "HEAD":
            length = reply.headers.get("content-length", "0")
            reply = httpx.Response(reply.status_code, headers=reply.headers)
            reply.headers["content-length"] = length
        reply.headers["date"] = formatdate(self.now, usegmt=True)
        for begins in self.lose:
            if line.startswith(begins):
                self.lose.remove(begins)
                raise httpx.ReadError("the answer was lost")
        return reply

    def _line(self, request: httpx.Request, key: str, query: dict[str, str]) -> str:
        words = ["list-type", "versions", "versioning", "uploads", "uploadId", "delete"]
        what = next((word for word in words if word in query), "")
        if "x-amz-copy-source" in request.headers:
            what += "copy"
        if "partNumber" in query:
            what += f":{query['partNumber']}"
        return f"{request.method} {what or 'object'} {query.get('prefix', key)}".strip()

    def _answer(
        self, request: httpx.Request, bucket: str, key: str, query: dict[str, str], body: bytes
    ) -> httpx.Response:
        self._check_body(request, body)
        if not bucket:
            return self._buckets()
        if bucket not in self.keys:
            raise Refused(404, "NoSuchBucket")
        if not key:
            return self._of_bucket(bucket, query, body)
        if "uploads" in query or "uploadId" in query:
            return self._of_upload(request, bucket, key, query, body)
        if request.method == "PUT":
            return self._put(request, bucket, key, body)
        if request.method == "DELETE":
            return self._delete(bucket, key, query.get("versionId"))
        return self._get(request, bucket, key, query.get("versionId"))

    def _check_body(self, request: httpx.Request, body: bytes) -> None:
        told = request.headers.get("content-md5")
        if told and b64decode(told) != hashlib.md5(body).digest():
            raise Refused(400, "BadDigest")

    def _buckets(self) -> httpx.Response:
        names = "".join(f"<Bucket><Name>{name}</Name></Bucket>" for name in self.keys)
        return _xml("ListAllMyBucketsResult", f"<Buckets>{names}</Buckets>")

    def _of_bucket(self, bucket: str, query: dict[str, str], body: bytes) -> httpx.Response:
        if "versioning" in query:
            status = f"<Status>{self.versioning}</Status>" if self.versioning else ""
            return _xml("VersioningConfiguration", status)
        if "delete" in query:
            return self._delete_many(bucket, body)
        if "uploads" in query:
            return self._uploads(query)
        if "versions" in query:
            return self._versions(bucket, query)
        return self._list(bucket, query)

    def _list(self, bucket: str, query: dict[str, str]) -> httpx.Response:
        prefix, delimiter = query.get("prefix", ""), query.get("delimiter", "")
        after = query.get("continuation-token", "")
        told: dict[str, str] = {}
        for key, version in sorted(self._live(bucket)):
            if not key.startswith(prefix):
                continue
            inside, cut, _ = key.removeprefix(prefix).partition(delimiter or "\0")
            if delimiter and cut:
                name = prefix + inside + cut
                told[name] = f"<CommonPrefixes><Prefix>{quote(name)}</Prefix></CommonPrefixes>"
                continue
            told[key] = (
                f"<Contents><Key>{quote(key)}</Key><Size>{len(version.data)}</Size>"
                f"<ETag>&quot;{version.etag}&quot;</ETag>"
                f"<LastModified>{_iso(version.when)}</LastModified>"
                f"<StorageClass>STANDARD</StorageClass></Contents>"
            )
        names = [name for name in sorted(told) if name > after]
        most = int(query.get("max-keys", "1000"))
        more = len(names) > most
        found = "".join(told[name] for name in names[:most])
        last = escape(names[most - 1]) if more else ""
        token = f"<NextContinuationToken>{last}</NextContinuationToken>"
        return _xml(
            "ListBucketResult",
            f"<EncodingType>url</EncodingType><IsTruncated>{str(more).lower()}</IsTruncated>"
            f"{token if more else ''}{found}",
        )

    def _versions(self, bucket: str, query: dict[str, str]) -> httpx.Response:
        told = []
        for key in sorted(self.keys[bucket]):
            if not key.startswith(query.get("prefix", "")):
                continue
            for number, version in enumerate(reversed(self.keys[bucket][key])):
                told.append((key, version, number == 0))
        after = (query.get("key-marker", ""), query.get("version-id-marker", ""))
        start = 0
        if after[0]:
            start = next(i for i, (k, v, _) in enumerate(told) if (k, v.id) == after) + 1
        most = int(query.get("max-keys", "1000"))
        page = told[start : start + most]
        more = len(told) > start + most
        text = "".join(_version(*one) for one in page)
        if more:
            key, version, _ = page[-1]
            text += f"<NextKeyMarker>{quote(key)}</NextKeyMarker>"
            text += f"<NextVersionIdMarker>{version.id}</NextVersionIdMarker>"
        return _xml(
            "ListVersionsResult",
            f"<EncodingType>url</EncodingType><IsTruncated>{str(more).lower()}</IsTruncated>{text}",
        )

    def _uploads(self, query: dict[str, str]) -> httpx.Response:
        text = "".join(
            f"<Upload><Key>{quote(u.key)}</Key><UploadId>{id_}</UploadId>"
            f"<Initiated>{_iso(u.when)}</Initiated></Upload>"
            for id_, u in self.uploads.items()
            if u.key.startswith(query.get("prefix", ""))
        )
        return _xml("ListMultipartUploadsResult", f"<EncodingType>url</EncodingType>{text}")

    def _get(
        self, request: httpx.Request, bucket: str, key: str, version_id: str | None
    ) -> httpx.Response:
        version = self._version(bucket, key, version_id)
        wanted = request.headers.get("if-match")
        if wanted and wanted != f'"{version.etag}"':
            raise Refused(412, "PreconditionFailed")
        headers = {
            **version.headers,
            "etag": f'"{version.etag}"',
            "last-modified": formatdate(version.when, usegmt=True),
        }
        if self.versioning:
            headers["x-amz-version-id"] = version.id
        asked = request.headers.get("range")
        if not asked:
            return httpx.Response(200, headers=headers, content=version.data)
        start, stop = (int(number) for number in asked.removeprefix("bytes=").split("-"))
        if start >= len(version.data):
            raise Refused(416, "InvalidRange")
        part = version.data[start : stop + 1]
        headers["content-range"] = f"bytes {start}-{start + len(part) - 1}/{len(version.data)}"
        return httpx.Response(206, headers=headers, content=part)

    def _put(self, request: httpx.Request, bucket: str, key: str, body: bytes) -> httpx.Response:
        kept = _kept(request)
        if "x-amz-copy-source" not in request.headers:
            self._check_condition(request, bucket, key)
            return self._stored(self._store(bucket, key, body, kept))
        name, source = self._source(request)
        if request.headers.get("x-amz-metadata-directive") != "REPLACE":
            if name == (bucket, key) and source is self.keys[bucket][key][-1]:
                raise Refused(400, "InvalidRequest")
            kept = dict(source.headers)
        version = self._store(bucket, key, source.data, kept)
        return self._stored(version, f"<ETag>&quot;{version.etag}&quot;</ETag>")

    def _source(self, request: httpx.Request) -> tuple[tuple[str, str], Version]:
        path, _, query = request.headers["x-amz-copy-source"].partition("?")
        bucket, _, key = unquote(path).removeprefix("/").partition("/")
        version_id = dict(parse_qsl(query)).get("versionId")
        version = self._version(bucket, key, version_id)
        wanted = request.headers.get("x-amz-copy-source-if-match")
        if wanted and wanted != f'"{version.etag}"':
            raise Refused(412, "PreconditionFailed")
        return (bucket, key), version

    def _stored(self, version: Version, body: str = "") -> httpx.Response:
        headers = {"etag": f'"{version.etag}"'}
        if self.versioning:
            headers["x-amz-version-id"] = version.id
        reply = _xml("CopyObjectResult", body) if body else httpx.Response(200)
        reply.headers.update(headers)
        return reply

    def _delete(self, bucket: str, key: str, version_id: str | None) -> httpx.Response:
        versions = self.keys[bucket].setdefault(key, [])
        headers = {}
        if version_id is not None:
            versions[:] = [v for v in versions if v.id != version_id]
        elif self.versioning == "Enabled":
            marker = Version(f"v{next(self._ids)}", self.now, is_marker=True)
            versions.append(marker)
            headers = {"x-amz-delete-marker": "true", "x-amz-version-id": marker.id}
        else:
            versions.clear()
        if not versions:
            del self.keys[bucket][key]
        return httpx.Response(204, headers=headers)

    def _delete_many(self, bucket: str, body: bytes) -> httpx.Response:
        root = ET.fromstring(body)
        space = root.tag.partition("}")[0] + "}"
        objects = root.findall(f"{space}Object")
        assert len(objects) <= 1000
        for element in objects:
            self._delete(
                bucket,
                element.findtext(f"{space}Key") or "",
                element.findtext(f"{space}VersionId"),
            )
        return _xml("DeleteResult", "")

    def _of_upload(
        self, request: httpx.Request, bucket: str, key: str, query: dict[str, str], body: bytes
    ) -> httpx.Response:
        if "uploads" in query:
            upload_id = f"u{next(self._ids)}"
            self.uploads[upload_id] = Upload(key, _kept(request), self.now)
            text = f"<UploadId>{upload_id}</UploadId>"
            return _xml("InitiateMultipartUploadResult", text)
        upload = self.uploads.get(query["uploadId"])
        if upload is None:
            raise Refused(404, "NoSuchUpload")
        if request.method == "DELETE":
            del self.uploads[query["uploadId"]]
            return httpx.Response(204)
        if request.method == "POST":
            return self._complete(request, bucket, query["uploadId"], body)
        copied = "x-amz-copy-source" in request.headers
        if copied:
            if not self.copies_parts:
                raise Refused(501, "NotImplemented")
            _, source = self._source(request)
            span = request.headers["x-amz-copy-source-range"].removeprefix("bytes=")
            start, stop = (int(number) for number in span.split("-"))
            body = source.data[start : stop + 1]
        upload.parts[int(query["partNumber"])] = body
        etag = hashlib.md5(body).hexdigest()
        if copied:
            return _xml("CopyPartResult", f"<ETag>&quot;{etag}&quot;</ETag>")
        return httpx.Response(200, headers={"etag": f'"{etag}"'})

    def _complete(
        self, request: httpx.Request, bucket: str, upload_id: str, body: bytes
    ) -> httpx.Response:
        upload = self.uploads[upload_id]
        root = ET.fromstring(body)
        space = root.tag.partition("}")[0] + "}"
        numbers = [int(p.findtext(f"{space}PartNumber") or "") for p in root]
        assert numbers == sorted(numbers)
        parts = [upload.parts[number] for number in numbers]
        if any(len(part) < SMALLEST_PART for part in parts[:-1]):
            raise Refused(400, "EntityTooSmall")
        self._check_condition(request, bucket, upload.key)
        del self.uploads[upload_id]
        digests = b"".join(hashlib.md5(part).digest() for part in parts)
        etag = f"{hashlib.md5(digests).hexdigest()}-{len(parts)}"
        version = self._store(bucket, upload.key, b"".join(parts), upload.headers, etag)
        return _xml("CompleteMultipartUploadResult", f"<ETag>&quot;{version.etag}&quot;</ETag>")

    # What is kept -------------------------------------------------------------------------

    def _check_condition(self, request: httpx.Request, bucket: str, key: str) -> None:
        if not self.conditions:
            return
        versions = self.keys[bucket].get(key, [])
        now = versions[-1] if versions and not versions[-1].is_marker else None
        if request.headers.get("if-none-match") == "*" and now is not None:
            raise Refused(412, "PreconditionFailed")
        if wanted := request.headers.get("if-match"):
            if now is None:
                raise Refused(404, "NoSuchKey")
            if wanted != f'"{now.etag}"':
                raise Refused(412, "PreconditionFailed")

    def _store(
        self, bucket: str, key: str, data: bytes, headers: dict[str, str], etag: str = ""
    ) -> Version:
        etag = etag or hashlib.md5(data).hexdigest()
        version = Version(f"v{next(self._ids)}", self.now, data, etag, headers)
        versions = self.keys[bucket].setdefault(key, [])
        if self.versioning != "Enabled":
            versions.clear()
        versions.append(version)
        return version

    def _version(self, bucket: str, key: str, version_id: str | None) -> Version:
        versions = self.keys[bucket].get(key, [])
        if version_id is None:
            if not versions or versions[-1].is_marker:
                raise Refused(404, "NoSuchKey")
            return versions[-1]
        for version in versions:
            if version.id == version_id:
                if version.is_marker:
                    raise Refused(405, "MethodNotAllowed")
                return version
        raise Refused(404, "NoSuchVersion")

    def _live(self, bucket: str) -> Iterator[tuple[str, Version]]:
        for key, versions in self.keys[bucket].items():
            if not versions[-1].is_marker:
                yield key, versions[-1]


def _kept(request: httpx.Request) -> dict[str, str]:
    return {
        name: value
        for name, value in request.headers.items()
        if name.startswith("x-amz-meta-")
        or name in {"content-type", "cache-control", "content-encoding", "x-amz-storage-class"}
    }


def _version(key: str, version: Version, is_latest: bool) -> str:
    kind = "DeleteMarker" if version.is_marker else "Version"
    size = "" if version.is_marker else f"<Size>{len(version.data)}</Size>"
    return (
        f"<{kind}><Key>{quote(key)}</Key><VersionId>{version.id}</VersionId>"
        f"<IsLatest>{str(is_latest).lower()}</IsLatest>{size}"
        f"<ETag>&quot;{version.etag}&quot;</ETag>"
        f"<LastModified>{_iso(version.when)}</LastModified></{kind}>"
    )


def _xml(root: str, content: str) -> httpx.Response:
    return httpx.Response(200, content=f"<{root} {XMLNS}>{content}</{root}>".encode())


def _iso(when: float) -> str:
    return datetime.fromtimestamp(when, UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")


def provider_for(store: object, notes: dict[str, str] | None = None, **how: object) -> S3Provider:
    """A client of *store*, an answerer of requests; not opened yet."""
    table = {"url": URL, "bucket": BUCKET, "access_key": KEY, "secret_key": SECRET, **how}
    http = Http(transport=httpx.MockTransport(store))  # type: ignore[arg-type]
    return S3Provider(S3Settings(**table), http=http, notes={} if notes is None else notes)  # type: ignore[arg-type]


async def opened(store: Store, **how: object) -> S3Provider:
    """A client that has been opened; the log begins after that."""
    provider = provider_for(store, **how)
    await provider.open()
    store.log.clear()
    return provider


async def at(provider: S3Provider, path: str) -> Entry:
    """The entry at *path*, out of listings."""
    entry = await provider.root()
    for name in path.strip("/").split("/"):
        entry = (await listing(provider, entry.id))[name]
    return entry
