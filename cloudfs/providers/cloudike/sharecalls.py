"""The service's calls about public links and shared folders (reference 3.17, 3.18)."""

from cloudfs.http.client import Reply
from cloudfs.http.retry import Repeat
from cloudfs.model import Entry, EntryId, Invitation
from cloudfs.providers.cloudike import answers, particulars, values, wire
from cloudfs.providers.cloudike.answers import Task
from cloudfs.providers.cloudike.api import Api
from cloudfs.providers.cloudike.encoding import Parameters
from cloudfs.providers.cloudike.particulars import Collaborator, LinkTerms
from cloudfs.providers.cloudike.paths import quoted_segment
from cloudfs.providers.cloudike.wire import PageOf

SAFELY = Repeat.SAFELY  # calls that come to the same when made twice


class ShareCalls:
    """The calls of one account."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._connection = api.connection

    # Links --------------------------------------------------------------------------------

    async def link(self, path: EntryId, *, ttl: int | None, password: str | None) -> Entry:
        """The entry with a public link, good for *ttl* seconds."""
        reply = await self._connection.post(
            "links/create/", {"path": path, "ttl": ttl, "password": password}, call="link"
        )
        return await self._api.told(reply, path)

    async def unlink(self, path: EntryId) -> None:
        """Take the entry's public link away. Raises NotFound if it has none."""
        await self._connection.post("links/delete/", {"path": path}, call="unlink")

    async def links(self, *, offset: int, limit: int) -> PageOf[Entry]:
        """A page of the entries that have public links."""
        reply = await self._connection.get(
            "links/", {"offset": offset, "limit": limit}, call="links"
        )
        return self._found(reply)

    async def link_terms(self, public_hash: str) -> LinkTerms:
        """What is agreed for a link. Raises NotFound if it is over, or this is not told."""
        key = quoted_segment(particulars.public_hash(public_hash))
        reply = await self._connection.get(f"links/info/{key}/", {}, call="link_terms")
        return particulars.link_terms(values.decoded(reply.body))

    async def add_to_storage(self, public_hash: str) -> str | Task:
        """Copy what a link leads to into the account: the task that does it."""
        reply = await self._connection.get(
            f"links/add_to_storage/{quoted_segment(public_hash)}/",
            {},
            call="add_to_storage",
            repeat=Repeat.IF_REFUSED,
        )
        return answers.started(values.decoded(reply.body))

    # Shared folders -----------------------------------------------------------------------

    async def add(self, path: EntryId, login: str, *, writer: bool) -> bool:
        """Invite somebody to the folder; False if it was shared with them already."""
        reply = await self._connection.post(
            "shares/add/",
            {"path": path, "member_login": login, "writer": writer},
            call="shares_add",
        )
        return bool(values.record(values.decoded(reply.body)).get("hash"))

    async def update(self, path: EntryId, login: str, *, writer: bool) -> None:
        """Let a collaborator write, or no longer."""
        await self._connection.post(
            "shares/update_collaborator/",
            {"path": path, "member_login": login, "writer": writer},
            call="shares_update",
            repeat=SAFELY,
        )

    async def remove(self, path: EntryId, login: str) -> None:
        """End somebody's part in the folder. Raises AccessDenied if they have none."""
        await self._post("shares/remove/", {"path": path, "member_login": login})

    async def uninvite(self, path: EntryId, login: str) -> None:
        """Take an invitation back. Raises AccessDenied if it is accepted already."""
        await self._post("shares/uninvite/", {"path": path, "member_login": login})

    async def unshare(self, path: EntryId) -> None:
        """End everybody's part in the folder. Raises NotFound if it is not shared."""
        await self._post("shares/unshare/", {"path": path})

    async def answer(self, invitation_hash: str, *, accept: bool) -> None:
        """Accept or decline an invitation."""
        verb = "accept" if accept else "decline"
        await self._post(f"shares/{verb}/", {"hash": invitation_hash})

    async def collaborators(self, path: EntryId) -> tuple[Collaborator, ...]:
        """Everybody who takes part in the folder. Raises NotFound."""
        reply = await self._connection.get(
            "shares/collaborators/", {"path": path}, call="collaborators"
        )
        return particulars.collaborators(values.decoded(reply.body))

    async def folders(self, whose: str | None = None) -> tuple[Entry, ...]:
        """Shared folders: "my" own, those of "others", or all."""
        reply = await self._connection.get("shares/", {"whose": whose}, call="shares")
        return self._found(reply).items

    async def invites(self) -> tuple[Invitation, ...]:
        """What others have offered to share."""
        reply = await self._connection.get("shares/invites/", {}, call="invites")
        return particulars.invitations(values.decoded(reply.body))

    async def _post(self, route: str, parameters: Parameters) -> None:
        call = route.strip("/").replace("/", "_")
        await self._connection.post(route, parameters, call=call)

    def _found(self, reply: Reply) -> PageOf[Entry]:
        return wire.found(values.decoded(reply.body), link_base=self._api.link_base)
