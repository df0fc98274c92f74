"""The calls for files and folders, in the service's own words: one request each (reference 3)."""

import time
from collections.abc import Mapping, Sequence
from datetime import tzinfo

from cloudfs.errors import InvalidRequest
from cloudfs.http.retry import Repeat
from cloudfs.model import Kind, Quota
from cloudfs.providers.asus import answers, ids, wire
from cloudfs.providers.asus.attributes import Attribute
from cloudfs.providers.asus.calls import TOKEN, USER, Calls, Given
from cloudfs.providers.asus.ids import Ref
from cloudfs.providers.asus.payload import Fragment, encoded_name
from cloudfs.providers.asus.settings import AsusSettings
from cloudfs.providers.asus.wire import Described, Hits, Listing, Located

SAFELY = Repeat.SAFELY
IF_REFUSED = Repeat.IF_REFUSED

RECYCLE_BIN = "MyRecycleBin"


class Api:
    """The calls of one account."""

    def __init__(self, calls: Calls, settings: AsusSettings, zone: tzinfo) -> None:
        self.calls = calls
        self._language = settings.language
        self._legacy_listing = settings.listing_api == "folder_browse"
        self._zone = zone

    # Looking ------------------------------------------------------------------------------

    async def getmysyncfolder(self) -> str:
        """Number of MySyncFolder, which is made if there is none yet (3.0)."""
        root = await self.calls.inforelay("/folder/getmysyncfolder/", USER, TOKEN, repeat=SAFELY)
        return wire.number(root, "id")

    async def getpersonalsystemfolder(self, name: str = RECYCLE_BIN) -> str:
        """Number of a system folder (3.11). Raises InvalidRequest if there is none."""
        root = await self.calls.inforelay(
            "/folder/getpersonalsystemfolder/",
            TOKEN,
            USER,
            ("rawfoldername", name),
            repeat=SAFELY,
        )
        return wire.number(root, "folderid")

    async def browse(self, folder: Ref, *, page: int, size: int) -> Listing:
        """A page of a folder, the first is 1 (3.1)."""
        if self._legacy_listing:
            paging: tuple[Given, ...] = (
                (
                    "page",
                    Fragment(
                        f"<pageno>{page}</pageno><pagesize>{size}</pagesize><enable>1</enable>"
                    ),
                ),
            )
        else:
            paging = (("pageno", str(page)), ("pagesize", str(size)))
        root = await self.calls.inforelay(
            "/folder/browse/" if self._legacy_listing else "/inforelay/browsefolder/",
            TOKEN,
            ("language", self._language),
            USER,
            ("folderid", folder.number),
            *paging,
            ("sortby", "1"),
            ("sortdirection", "0"),
            root="browse",
            repeat=SAFELY,
            signed=folder.is_group,
        )
        return wire.listing(root, self._zone)

    async def getentryinfo(self, entry: Ref) -> Described:
        """What an entry is, also one in the bin (3.2)."""
        root = await self.calls.inforelay(
            "/fsentry/getentryinfo/",
            TOKEN,
            ("isfolder", _is_folder(entry)),
            ("entryid", entry.number),
            repeat=SAFELY,
            signed=entry.is_group,
        )
        return wire.info(root, entry.kind, entry.number, self._zone)

    async def propfind(
        self, folder: Ref, name: str, type_: str = "system.unknown"
    ) -> Located | None:
        """What has the name, in whatever case; None if nothing has (3.3)."""
        root = await self.calls.inforelay(
            "/find/propfind/",
            TOKEN,
            USER,
            ("parent", folder.number),
            ("find", encoded_name(name)),
            ("type", type_),
            ("isshared", _flag(folder.is_group)),
            repeat=SAFELY,
            signed=folder.is_group,
        )
        return wire.located(root)

    async def ischildrenexist(self, folders: Sequence[Ref]) -> Mapping[str, bool]:
        """Which folders have children; one that does not exist is not told (3.17)."""
        root = await self.calls.inforelay(
            "/folder/ischildrenexist/",
            TOKEN,
            USER,
            ("folderids", _joined(folders)),
            repeat=SAFELY,
            signed=_group(folders),
        )
        return wire.children_exist(root)

    # Changing -----------------------------------------------------------------------------

    async def create(self, folder: Ref, name: str, attribute: Attribute) -> str:
        """Number of a new folder (3.4)."""
        root = await self.calls.inforelay(
            "/folder/create/",
            TOKEN,
            USER,
            ("parent", folder.number),
            ("isencrypted", "0"),
            ("display", encoded_name(name)),
            ("attribute", attribute.fragment),
            ("isgroupaware", _flag(folder.is_group)),
            repeat=IF_REFUSED,
            signed=folder.is_group,
        )
        return wire.number(root, "id")

    async def rename(self, entry: Ref, name: str) -> None:
        """Give an entry another name (3.7)."""
        await self.calls.inforelay(
            f"/{_kind(entry)}/rename/",
            TOKEN,
            USER,
            ("id", entry.number),
            ("isencrypted", "0"),
            ("display", encoded_name(name)),
            ("isgroupaware", _flag(entry.is_group)),
            repeat=IF_REFUSED,
            signed=entry.is_group,
        )

    async def move(self, entry: Ref, folder: Ref) -> None:
        """Put an entry into another folder, with the name it has (3.8)."""
        group = entry.is_group or folder.is_group
        await self.calls.inforelay(
            f"/{_kind(entry)}/move/",
            TOKEN,
            USER,
            ("id", entry.number),
            ("parent", folder.number),
            ("isgroupaware", _flag(group)),
            repeat=IF_REFUSED,
            signed=group,
        )

    async def copy(self, file: Ref, folder: Ref) -> str | None:
        """Number of the copy of *file* in *folder*; None if the service made none (3.9)."""
        group = file.is_group or folder.is_group
        root = await self.calls.inforelay(
            "/file/copy/",
            TOKEN,
            USER,
            ("parent", folder.number),
            ("fileid", file.number),
            ("isgroupaware", _flag(group)),
            repeat=IF_REFUSED,
            signed=group,
        )
        made, failed = answers.copied(root)
        return None if file.number in failed or not made else made[0]

    async def remove(self, entries: Sequence[Ref]) -> None:
        """Move files, or folders with all that is in them, to the bin (3.10)."""
        folders = entries[0].is_folder
        child_only: tuple[Given, ...] = (("ischildonly", "0"),) if folders else ()
        await self.calls.inforelay(
            f"/{_kind(entries[0])}/remove/",
            TOKEN,
            USER,
            ("id", _joined(entries)),
            *child_only,
            ("isgroupaware", _flag(_group(entries))),
            repeat=IF_REFUSED,
            signed=_group(entries),
        )

    async def restore(self, entry: Ref, folder: Ref) -> str | None:
        """Take an entry out of the bin; number of the folder where it is now (3.12)."""
        root = await self.calls.inforelay(
            f"/{_kind(entry)}/restore/",
            TOKEN,
            USER,
            ("parent", folder.number),
            (_id_element(entry), entry.number),
            repeat=IF_REFUSED,
        )
        return ids.number(root.findtext("parent"))

    async def clearrecyclebin(self, entries: Sequence[Ref]) -> None:
        """Remove entries for ever; the bin itself stands for all that is in it (3.13)."""
        await self.calls.inforelay(
            f"/{_kind(entries[0])}/clearrecyclebin/",
            TOKEN,
            USER,
            *((_id_element(entry), entry.number) for entry in entries),
            repeat=SAFELY,
        )

    async def updateattribute(self, entry: Ref, told: Described, attribute: Attribute) -> None:
        """Replace the whole attribute blob of an entry (3.5.6)."""
        if entry.is_folder:
            about: tuple[Given, ...] = (
                ("parent", told.parent or ""),
                ("display", encoded_name(told.name)),
                ("folder", entry.number),
                ("issharing", "0"),
                ("isencrypted", "0"),
            )
        else:
            about = (("fileid", entry.number),)
        await self.calls.inforelay(
            f"/{_kind(entry)}/updateattribute/",
            TOKEN,
            USER,
            *about,
            ("attribute", attribute.fragment),
            repeat=SAFELY,
            signed=entry.is_group,
        )

    async def setentrymark(self, entry: Ref, marks: Sequence[str]) -> None:
        """Replace the marks of an entry (3.20)."""
        await self.calls.inforelay(
            "/fsentry/setentrymark/",
            TOKEN,
            ("isfolder", _is_folder(entry)),
            ("entryid", entry.number),
            ("markid", " ".join(marks)),
            repeat=SAFELY,
            signed=entry.is_group,
        )

    # The account --------------------------------------------------------------------------

    async def getinfo(self) -> Quota:
        """Space of the account (3.14)."""
        root = await self.calls.gateway(
            "/member/getinfo/", USER, TOKEN, ("time", str(int(time.time()))), repeat=SAFELY
        )
        return answers.quota(root)

    async def getallchangeseq(self) -> Mapping[str, int]:
        """The change sequence of each sync folder (3.16)."""
        root = await self.calls.inforelay("/folder/getallchangeseq/", TOKEN, repeat=SAFELY)
        return wire.sequences(root)

    async def latest(self, call: str, *, top: int, tree: str) -> Sequence[Described]:
        """Files changed or uploaded lately, the newest first; *call* says which (3.16)."""
        root = await self.calls.inforelay(
            f"/file/{call}/",
            USER,
            TOKEN,
            ("top", str(top)),
            ("targetroot", tree),
            ("sortdirection", "1"),
            repeat=SAFELY,
        )
        return wire.latest(root, self._zone)

    async def sqlquery(
        self, what: tuple[str, str], kind: Kind, *, below: Ref, offset: int, size: int
    ) -> Hits:
        """A page of what the search server finds; *what* is a keyword, or a mark (3.18)."""
        root = await self.calls.search(
            "/fulltext/sqlquery/",
            USER,
            what,
            ("kind", "1" if kind is Kind.FOLDER else "2"),
            ("ancestorid", below.number),
            ("pagesize", str(size)),
            ("offset", str(offset)),
            root="sqlquery",
        )
        return wire.hits(root, self._zone)


async def bin_number(api: Api) -> str | None:
    """Number of the recycle bin; None if the account has none."""
    try:
        return await api.getpersonalsystemfolder()
    except InvalidRequest:
        return None


def _flag(value: bool) -> str:  # noqa: FBT001 - it is the value itself
    return "1" if value else "0"


def _kind(entry: Ref) -> str:
    return "folder" if entry.is_folder else "file"


def _is_folder(entry: Ref) -> str:
    return _flag(entry.is_folder)


def _id_element(entry: Ref) -> str:
    return "folderid" if entry.is_folder else "fileid"


def _joined(entries: Sequence[Ref]) -> str:
    return ",".join(entry.number for entry in entries)


def _group(entries: Sequence[Ref]) -> bool:
    return any(entry.is_group for entry in entries)
