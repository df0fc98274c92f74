"""Folders shared between accounts (reference 3.18)."""

from starlette.responses import Response

from cloudfs.emulators.cloudike import changing, events
from cloudfs.emulators.cloudike.auth import find_account
from cloudfs.emulators.cloudike.call import Call, CloudikeRoutes
from cloudfs.emulators.cloudike.describe import describe_all
from cloudfs.emulators.cloudike.errors import ApiError, empty, reply
from cloudfs.emulators.cloudike.names import numbered
from cloudfs.emulators.cloudike.places import Place
from cloudfs.emulators.cloudike.sightings import owner_path
from cloudfs.emulators.store.accounts import Account
from cloudfs.emulators.store.shares import Share, State
from cloudfs.emulators.store.tree import Node

routes = CloudikeRoutes()

HIGHEST_SUFFIX = 10


@routes.on("POST", "shares/add", label="share")
def _add(call: Call) -> Response:
    place = _own_folder(call)
    member = _member(call) if call.params.text("member_login") else None
    if member is not None and member.id == call.user.id:
        raise ApiError(409, "ObjectAlreadyExists", "you have it already")
    if call.store.tree.mounts_below(place.node.id):
        raise ApiError(424, "MoveParentToChild", "somebody else's shared folder is in it")
    there = None if member is None else _share_with(call, place, member)
    if there is not None:
        if there.state != State.DECLINED:
            return empty()
        call.store.shares.remove(there)
    share = call.store.shares.invite(
        place.node,
        None if member is None else member.id,
        writer=call.params.boolean("writer", default=False),
        invitation=call.params.text("invitation") or "",
    )
    if member is not None:
        _tell(call, "share_invitation_sent", place.node, member.id)
    return reply({"hash": share.key})


def _own_folder(call: Call) -> Place:
    path = call.params.path("path")
    place = call.view.need(path)
    if not path or place.is_file or place.share is not None:
        raise ApiError(403, description=f"{place.path} cannot be shared")
    return place


def _member(call: Call) -> Account:
    account = find_account(call.store, call.params.need("member_login"))
    if account is None:
        raise ApiError(404, "UserNotFound", "there is no such user")
    return account


def _share_with(call: Call, place: Place, member: Account) -> Share | None:
    shares = call.store.shares.of_folder(place.node.id)
    return next((s for s in shares if s.member == member.id), None)


def _tell(call: Call, kind: str, folder: Node, person: int) -> None:
    """Tell the owner of a folder, and the person that it is about."""
    path = owner_path(call.store, folder)
    for account in {folder.owner, person}:
        events.announce_share(call.view, kind, account, folder, path, person)


@routes.on("POST", "shares/accept", label="share-accept")
def _accept(call: Call) -> Response:
    share = _invitation(call)
    folder = call.store.tree.get(share.node)
    root = call.store.tree.root(call.user.id)
    suffixes = ["", *range(1, HIGHEST_SUFFIX + 1)]
    names = [numbered(folder.name, int(n), folder=True) if n else folder.name for n in suffixes]
    free = next((n for n in names if call.store.tree.child(root.id, n) is None), None)
    if free is None:
        raise ApiError(403, description="too many folders have this name")
    mount = call.store.tree.add_mount(root, free, folder)
    if share.member is None:  # the invitation stays for others
        share = call.store.shares.invite(
            folder, call.user.id, writer=share.writer, invitation=share.invitation
        )
    call.store.shares.accept(share, call.user.id, mount)
    _tell(call, "share_invitation_accepted", folder, call.user.id)
    return empty()


@routes.on("POST", "shares/decline", label="share-decline")
def _decline(call: Call) -> Response:
    share = _invitation(call)
    if share.member is not None:
        call.store.shares.decline(share)
        _tell(call, "share_invitation_declined", call.store.tree.get(share.node), call.user.id)
    return empty()


def _invitation(call: Call) -> Share:
    """The open invitation that the request names, if it is for whoever asks."""
    share = call.store.shares.get(call.params.need("hash"))
    user = call.user.id
    if (
        share is None
        or share.state != State.INVITED
        or share.member not in {None, user}
        or call.store.tree.get(share.node).owner == user
        or _takes_part(call, share.node)
    ):
        raise ApiError(403, description="this is no invitation for you")
    return share


def _takes_part(call: Call, node_id: int) -> bool:
    return any(
        share.member == call.user.id and share.state == State.ACCEPTED
        for share in call.store.shares.of_folder(node_id)
    )


@routes.on("POST", "shares/uninvite", label="share-remove")
def _uninvite(call: Call) -> Response:
    place = _own_folder(call)
    if call.params.text("member_login") is None:
        found = [s for s in call.store.shares.of_folder(place.node.id) if s.member is None]
    else:
        share = _share_with(call, place, _member(call))
        found = [] if share is None else [share]
    if not found:
        raise ApiError(404, description="there is no such invitation")
    for share in found:
        if share.state == State.ACCEPTED:
            raise ApiError(403, description="the invitation was accepted already")
        if share.member is not None:
            _tell(call, "share_invitation_revoked", place.node, share.member)
        call.store.shares.remove(share)
    _end_if_alone(call, place)
    return empty()


@routes.on("POST", "shares/remove", label="share-remove")
def _remove(call: Call) -> Response:
    place = _own_folder(call)
    member = _member(call)
    share = _share_with(call, place, member)
    if share is None or share.state != State.ACCEPTED:
        raise ApiError(403, description="this user does not take part")
    _tell(call, "folder_collab_removed", place.node, member.id)
    call.store.shares.remove(share)
    _end_if_alone(call, place)
    return empty()


def _end_if_alone(call: Call, place: Place) -> None:
    if not call.store.shares.of_folder(place.node.id):
        call.store.shares.unshare(place.node.id)


@routes.on("POST", "shares/unshare", label="unshare")
def _unshare(call: Call) -> Response:
    place = call.view.need(call.params.path("path"))
    if call.store.shares.folder_key(place.node.id) is None:
        raise ApiError(404, description=f"{place.path} is not shared")
    if place.mount is not None:
        changing.leave(call.view, place)
    else:
        changing.unshare(call.view, place.node)
    return empty()


@routes.on("GET", "shares/collaborators", label="share-members")
def _collaborators(call: Call) -> Response:
    place = call.view.need(call.params.path("path"))
    shares = call.store.shares.of_folder(place.node.id)
    if not shares:
        return reply([])
    owner = _collaborator(call, place.node.owner, State.ACCEPTED, owner=True, writer=True)
    members = [
        _collaborator(call, share.member, share.state, owner=False, writer=share.writer)
        for share in shares
        if share.member is not None
    ]
    return reply([owner, *members])


def _collaborator(
    call: Call, account_id: int, state: State, *, owner: bool, writer: bool
) -> dict[str, object]:
    account = call.store.accounts.get(account_id)
    return {
        "owner": owner,
        "writer": writer,
        "status": state,
        "userid": account.id,
        "login": call.store.accounts.logins(account.id)[0],
        "name": account.name,
        "is_indirect": False,
    }


@routes.on("POST", "shares/update_collaborator", label="share-change")
def _update_collaborator(call: Call) -> Response:
    place = _own_folder(call)
    if call.params.text("writer") is None:
        raise ApiError(400, description="writer is missing")
    writer = call.params.boolean("writer", default=False)
    share = _share_with(call, place, _member(call))
    if call.store.shares.folder_key(place.node.id) is None:
        raise ApiError(403, description=f"{place.path} is not shared")
    if share is None:
        raise ApiError(404, description="this user does not take part")
    call.store.shares.set_writer(share, writer=writer)
    return empty()


@routes.on("GET", "shares", label="shares")
def _shares(call: Call) -> Response:
    whose = call.params.text("whose", "whoose")
    if whose not in {None, "my", "others", "company"}:
        raise ApiError(400, description="whose is my, others or company")
    view = call.view
    places: list[Place | None] = []
    if whose in {None, "my"}:
        places += [view.place_of(node) for node in call.store.shares.owned_by(call.user.id)]
    if whose in {None, "others"}:
        places += [
            view.place_of(call.store.tree.get(share.node))
            for share in call.store.shares.of_member(call.user.id)
            if share.state == State.ACCEPTED
        ]
    return reply(describe_all(view, [place for place in places if place], extra=True))


@routes.on("GET", "shares/invites", label="share-invites")
def _invites(call: Call) -> Response:
    found = []
    for share in call.store.shares.of_member(call.user.id):
        if share.state != State.INVITED:
            continue
        folder = call.store.tree.get(share.node)
        owner = call.store.accounts.get(folder.owner)
        found.append(
            {
                "hash": share.key,
                "writer": share.writer,
                "directory_name": folder.name,
                "owner_name": owner.name,
                "owner_id": owner.id,
            }
        )
    return reply(found)
