"""What entries have beside their content: properties on demand, small pictures, other trees."""

from collections.abc import Sequence
from typing import ClassVar

from cloudfs.errors import NotFound
from cloudfs.model import Entry
from cloudfs.providers.asus.arrivals import Arrivals
from cloudfs.providers.asus.ids import Ref, ref
from cloudfs.providers.asus.looking import Looking
from cloudfs.providers.asus.places import Places
from cloudfs.providers.asus.relay import Relay
from cloudfs.providers.asus.sharecalls import ShareCalls
from cloudfs.providers.asus.sharecodes import ShareCodes
from cloudfs.providers.facets import Details, Previews, Roots

# By extension, as the service sorts files (reference 3.1).
IMAGES = frozenset({"jpg", "gif", "png", "jpeg", "bmp"})
VIDEOS = frozenset(
    {
        *("avi", "mp4", "mpeg", "mpg", "m4v", "mov", "mkv", "vob", "vcd", "svcd", "rm", "rmvb"),
        *("divx", "wmv", "3gp", "3gpp", "flv"),
    }
)


class AsusDetails(Details):
    """Properties that cost a request."""

    names: ClassVar[frozenset[str]] = frozenset(
        {"sha512", "mimetype", "attribute", "sharecode", "compactsharecode"}
    )

    def __init__(
        self, looking: Looking, arrivals: Arrivals, shares: ShareCalls, codes: ShareCodes
    ) -> None:
        self._looking = looking
        self._arrivals = arrivals
        self._shares = shares
        self._codes = codes

    async def get(self, entry: Entry, name: str) -> str | None:
        here = ref(entry.id)
        if name in {"sharecode", "compactsharecode"}:
            code = (await self._shares.getadvancedsharecode(here)).code
            if code is None or name == "sharecode":
                return code
            return await self._codes.short(code)
        if name not in self.names:
            return None
        described = await self._looking.info(here)
        if name == "attribute":
            return described.attribute.xml if described.attribute is not None else None
        if here.is_folder:
            return None
        if name == "mimetype":
            return described.mime
        return await self._arrivals.checksum(here, described)


class AsusPreviews(Previews):
    """Small pictures of pictures and videos (reference 3.21)."""

    def __init__(self, relay: Relay, *, size: int) -> None:
        self._relay = relay
        self._size = size

    async def preview(self, entry: Entry) -> bytes:
        here = ref(entry.id)
        extension = entry.name.rpartition(".")[2].lower()
        if here.is_folder or extension not in IMAGES | VIDEOS:
            raise NotFound(f"there is no picture of {entry.name}")
        if extension in IMAGES:
            parameters = f"pfd={here.number},st={self._size},preview=1"
            return await self._relay.picture("getresizedphoto", parameters)
        return await self._relay.picture("getvideosnapshot", f"fi={here.number},pv=1")


class AsusRoots(Roots):
    """The trees that the drive does not show."""

    title = "trees"

    def __init__(self, places: Places) -> None:
        self._places = places

    async def roots(self) -> Sequence[tuple[str, Entry]]:
        if self._places.shows_all:
            return []
        shown = await self._places.root()
        return [
            (name, Entry(id=place.id, parent_id=None, name=name, kind=place.kind))
            for name, place in (await self._places.tops()).items()
            if Ref(place.kind, place.number).id != shown.id
        ]
