"""The calls of the service that we use, in its words (reference 3 to 7)."""

from base64 import b64encode
from collections.abc import Mapping, Sequence
from hashlib import md5, sha256
from urllib.parse import quote

from cloudfs.errors import CloudError, NotFound
from cloudfs.http.client import Body, Reply
from cloudfs.http.retry import Repeat
from cloudfs.model import NOTHING
from cloudfs.providers.s3 import wire
from cloudfs.providers.s3.connection import Connection, parsed
from cloudfs.providers.s3.headers import Head, head_from, quoted
from cloudfs.providers.s3.keys import Place, encoded
from cloudfs.providers.s3.refusals import refusal

XML = "application/xml"
PATIENCE = 120.0  # seconds that joining parts, or copying, may take without a byte (reference 5)
LONGEST_WORK = 900.0


class Api:
    """The calls to one store; each raises what the table of errors says (reference 8)."""

    def __init__(self, connection: Connection, *, page: int) -> None:
        self._connection = connection
        self._page = page
        self.tells_deleted = False  # may a listing of a versioned bucket have what was deleted?

    # Looking ------------------------------------------------------------------------------

    async def buckets(self) -> list[wire.Bucket]:
        """All buckets of the account."""
        reply = await self._connection.send("GET", Place(""), label="buckets")
        return wire.buckets(reply.body)

    async def versioning(self, bucket: str) -> str:
        """``Enabled``, ``Suspended``, or nothing."""
        query = [("versioning", "")]
        reply = await self._connection.send("GET", Place(bucket), label="versioning", query=query)
        return wire.versioning(reply.body)

    async def head(self, place: Place, version_id: str = "") -> Head:
        """The object, or a version of it."""
        query = [("versionId", version_id)] if version_id else []
        return head_from(
            (await self._connection.send("HEAD", place, label="head", query=query)).headers
        )

    async def head_or_none(self, place: Place) -> Head | None:
        """The object; None if there is none."""
        try:
            return await self.head(place)
        except NotFound:
            return None

    async def listing(
        self, place: Place, *, flat: bool = False, most: int = 0, following: str | None = None
    ) -> wire.Listing:
        """A page of the keys that begin with that of *place*; *flat*: at any depth."""
        query = [
            ("list-type", "2"),
            ("prefix", place.key),
            ("max-keys", str(most or self._page)),
            ("encoding-type", "url"),
            ("fetch-owner", "false"),
        ]
        if not flat:
            query.append(("delimiter", "/"))
        if following is not None:
            query.append(("continuation-token", following))
        reply = await self._connection.send("GET", Place(place.bucket), label="list", query=query)
        # Moto tells folders of which only the markers of deletions are left.
        self.tells_deleted = reply.headers.get("server", "").startswith("Werkzeug")
        return await parsed(wire.listing, reply.body)

    async def versions(
        self, place: Place, *, most: int = 0, following: tuple[str, str] | None = None
    ) -> wire.VersionsPage:
        """A page of all versions of the keys that begin with that of *place*."""
        query = [
            ("versions", ""),
            ("prefix", place.key),
            ("max-keys", str(most or self._page)),
            ("encoding-type", "url"),
        ]
        if following is not None:
            query.append(("key-marker", following[0]))
            if following[1]:
                query.append(("version-id-marker", following[1]))
        bucket = Place(place.bucket)
        reply = await self._connection.send("GET", bucket, label="versions", query=query)
        return await parsed(wire.versions, reply.body)

    # Objects ------------------------------------------------------------------------------

    async def put(
        self,
        place: Place,
        *,
        body: Body = None,
        length: int = 0,
        payload: str,
        headers: Mapping[str, str],
    ) -> Reply:
        """Store an object. What may have been done already is the caller's to find out."""
        return await self._connection.send(
            "PUT", place, label="put", headers=headers, body=body, length=length, payload=payload
        )

    async def put_empty(self, place: Place, headers: Mapping[str, str]) -> Reply:
        """Store an object without content."""
        return await self._connection.send("PUT", place, label="put", headers=headers)

    async def copy(
        self, source: Place, target: Place, *, version_id: str = "", headers: Mapping[str, str]
    ) -> Reply:
        """Copy an object of at most 5 GiB; its ETag is in the answer's body."""
        return await self._connection.send(
            "PUT",
            target,
            label="copy",
            headers={"x-amz-copy-source": _source(source, version_id), **headers},
            late=True,
            silence=PATIENCE,
            deadline=LONGEST_WORK,
        )

    async def delete(self, place: Place, version_id: str = "") -> Reply:
        """Delete an object, or one version of it; one that is not there is no error."""
        query = [("versionId", version_id)] if version_id else []
        return await self._connection.send("DELETE", place, label="delete", query=query)

    async def delete_many(
        self, bucket: str, objects: Sequence[tuple[str, str]]
    ) -> list[CloudError | None]:
        """Delete at most 1000 keys, each with a version or ""; what became of each."""
        failed: dict[tuple[str, str], CloudError] = {}
        for place in (place for place in objects if not wire.fits_xml(place[0])):
            try:
                await self.delete(Place(bucket, place[0]), place[1])
            except CloudError as error:
                failed[place] = error
        listed = [place for place in objects if wire.fits_xml(place[0])]
        if listed:
            body = wire.deletion(listed)
            reply = await self._connection.send(
                "POST",
                Place(bucket),
                label="delete_many",
                query=[("delete", "")],
                headers={
                    "Content-MD5": base64_of(md5(body, usedforsecurity=False).digest()),
                    "Content-Type": XML,
                },
                body=body,
                payload=sha256(body).hexdigest(),
                late=True,
                silence=PATIENCE,
                deadline=LONGEST_WORK,
            )
            for place, code in wire.not_deleted(reply.body).items():
                failed[place] = refusal(200, wire.Refusal(code=code), "deleting")
        # A store may leave out which version it was that could not be deleted.
        return [failed.get(place) or failed.get((place[0], "")) for place in objects]

    # Uploads in parts ---------------------------------------------------------------------

    async def begin(self, place: Place, headers: Mapping[str, str]) -> str:
        """Begin an upload in parts; returns its id."""
        reply = await self._connection.send(
            "POST",
            place,
            label="begin",
            query=[("uploads", "")],
            headers=headers,
            repeat=Repeat.IF_REFUSED,  # else a lost answer leaves an upload behind (8)
        )
        return wire.upload_id(reply.body)

    async def put_part(
        self,
        place: Place,
        upload_id: str,
        number: int,
        *,
        body: Body,
        length: int,
        payload: str,
        headers: Mapping[str, str],
    ) -> str:
        """Send a part; returns its ETag."""
        reply = await self._connection.send(
            "PUT",
            place,
            label="part",
            query=[("partNumber", str(number)), ("uploadId", upload_id)],
            headers=headers,
            body=body,
            length=length,
            payload=payload,
        )
        return wire.plain_etag(reply.headers.get("etag"))

    async def copy_part(
        self,
        place: Place,
        upload_id: str,
        number: int,
        *,
        source: Place,
        version_id: str = "",
        etag: str,
        start: int,
        stop: int,
    ) -> str:
        """Make a part of the bytes from *start* up to *stop* of an object; returns its ETag."""
        headers = {
            "x-amz-copy-source": _source(source, version_id),
            "x-amz-copy-source-range": f"bytes={start}-{stop - 1}",
        }
        if etag:
            headers["x-amz-copy-source-if-match"] = quoted(etag)
        reply = await self._connection.send(
            "PUT",
            place,
            label="copy_part",
            query=[("partNumber", str(number)), ("uploadId", upload_id)],
            headers=headers,
            late=True,
            silence=PATIENCE,
            deadline=LONGEST_WORK,
        )
        return wire.etag_of(reply.body)

    async def complete(
        self,
        place: Place,
        upload_id: str,
        parts: Sequence[tuple[int, str, str]],
        headers: Mapping[str, str] = NOTHING,
    ) -> str:
        """Join the parts; returns the ETag of the object."""
        body = wire.completion(parts)
        reply = await self._connection.send(
            "POST",
            place,
            label="complete",
            query=[("uploadId", upload_id)],
            headers={"Content-Type": XML, **headers},
            body=body,
            payload=sha256(body).hexdigest(),
            late=True,
            silence=PATIENCE,
            deadline=LONGEST_WORK,
        )
        return wire.etag_of(reply.body)

    async def abort(self, place: Place, upload_id: str) -> None:
        """Drop an upload in parts."""
        query = [("uploadId", upload_id)]
        await self._connection.send("DELETE", place, label="abort", query=query)

    async def uploads(self, place: Place) -> list[wire.Started]:
        """Uploads in parts that were begun for keys that begin with that of *place*."""
        query = [("uploads", ""), ("prefix", place.key), ("encoding-type", "url")]
        bucket = Place(place.bucket)
        reply = await self._connection.send("GET", bucket, label="uploads", query=query)
        return wire.uploads(reply.body)


def base64_of(digest: bytes) -> str:
    """A digest as headers carry it."""
    return b64encode(digest).decode()


def _source(place: Place, version_id: str = "") -> str:
    source = f"/{encoded(place.bucket)}/{encoded(place.key)}"
    return f"{source}?versionId={quote(version_id)}" if version_id else source
