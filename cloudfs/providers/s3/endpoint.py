"""Where a bucket is (reference 1): styles of addresses, and regions.

Which region a bucket is in, the store tells when it is asked in the wrong one. On Amazon's own
store the region is also a part of the host; elsewhere it only goes into the signature.
"""

import json
import re
from collections.abc import MutableMapping
from urllib.parse import unquote, urlsplit

from cloudfs.providers.s3.keys import Place, encoded
from cloudfs.providers.s3.signing import Query, Target

NOTE = "regions"

_AMAZON = re.compile(r"s3(?:[.-][a-z0-9-]+)?\.(amazonaws\.com(?:\.cn)?)")
_REGION = re.compile(r"[a-z0-9-]{1,40}")
_PORTS = {"http": 80, "https": 443}


class Endpoint:
    """One store. What it told about regions is kept in the notes."""

    def __init__(
        self, url: str, *, region: str, style: str, notes: MutableMapping[str, str]
    ) -> None:
        parts = urlsplit(url)
        self.secure = parts.scheme == "https"
        self._scheme = parts.scheme
        self._host = (parts.hostname or "").lower()
        if ":" in self._host:
            self._host = f"[{self._host}]"
        self._port = "" if parts.port in {None, _PORTS.get(parts.scheme)} else f":{parts.port}"
        self._above = parts.path.rstrip("/")
        self._region = region
        self._style = style
        self._amazon = _AMAZON.fullmatch(self._host)
        self._notes = notes
        self._regions = _remembered(notes.get(NOTE, ""), self.name)  # by bucket

    @property
    def name(self) -> str:
        """What tells this store from others."""
        return f"{self._scheme}://{self._host}{self._port}{self._above}"

    def target(self, place: Place, query: Query = ()) -> Target:
        """The address of an object, of a bucket ("" as its key), or of the store."""
        region = self.region(place.bucket)
        host = self._host
        if self._amazon and region != self._region:
            host = f"s3.{region}.{self._amazon[1]}"
        path = f"{self._above}/{encoded(place.key)}"
        if place.bucket and self._is_virtual(place.bucket):
            host = f"{place.bucket}.{host}"
        elif place.bucket:
            path = f"{self._above}/{encoded(place.bucket)}"
            path += f"/{encoded(place.key)}" if place.key else ""
        host += self._port
        return Target(
            origin=f"{self._scheme}://{host}",
            host=host,
            path=path,
            query=tuple(query),
            region=region,
        )

    def bucket_of(self, url: str) -> str:
        """The bucket that an address made by `target` is in."""
        parts = urlsplit(url)
        host = parts.hostname or ""
        amazon = self._amazon is not None and _AMAZON.search(host)
        own = amazon.group() if amazon else self._host.strip("[]")
        if host != own and host.endswith(f".{own}"):
            return host.removesuffix(f".{own}")
        return unquote(parts.path.removeprefix(f"{self._above}/").partition("/")[0])

    def region(self, bucket: str) -> str:
        """The region that requests about *bucket* are signed for."""
        return self._regions.get(bucket, self._region)

    def learn_region(self, bucket: str, region: str) -> None:
        """The store says where *bucket* is; what cannot be a part of a host is no region."""
        if not _REGION.fullmatch(region):
            return
        self._regions[bucket] = region
        self._notes[NOTE] = json.dumps({self.name: self._regions}, sort_keys=True)

    def _is_virtual(self, bucket: str) -> bool:
        if self._style:
            return self._style == "virtual"
        return self._amazon is not None and "." not in bucket  # its certificate has one level


def _remembered(text: str, name: str) -> dict[str, str]:
    try:
        kept = json.loads(text)[name]
        return {str(bucket): str(region) for bucket, region in kept.items()}
    except (ValueError, TypeError, KeyError, AttributeError):
        return {}
