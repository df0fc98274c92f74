"""Shares, private and public (reference 3.17)."""

from typing import Any

from cloudfs.emulators.podspace.access import Level, View, need_inner
from cloudfs.emulators.podspace.activities import Activity, note
from cloudfs.emulators.podspace.call import Call, PodSpaceRoutes
from cloudfs.emulators.podspace.days import end_of, ending_at
from cloudfs.emulators.podspace.describe import brief, entity, person
from cloudfs.emulators.podspace.errors import ApiError, Code
from cloudfs.emulators.podspace.hashes import Kind, hash_of, named_by
from cloudfs.emulators.store.grants import Grant
from cloudfs.emulators.store.tree import Node

routes = PodSpaceRoutes()

PASSWORD_LENGTHS = range(1, 65)


@routes.on("POST", "files/<hash>/share", key="share.create_private", label="share")
def _create_private(call: Call) -> Any:
    node, level = _shared_by_caller(call), _level(call)
    if (call.params.text("type") or "PRIVATE").upper() != "PRIVATE":
        raise ApiError(Code.INVALID_REQUEST, "the type is not PRIVATE")
    persons, expires = call.params.parts("persons"), _expiry(call)
    if not persons:
        raise ApiError(Code.INVALID_REQUEST, "persons is missing")
    call.view.need(node, level)  # nobody gives more than he has
    blank = Code.USER_NOT_REGISTERED if node.is_file else Code.INVALID_NICKNAME
    members = [find_person(call, who, blank=blank) for who in persons]
    grants = [_give(call, node, member, level, expires) for member in members]
    note(call.view, Activity.SHARE, node)
    return [_share(call.view, grant, brief(node)) for grant in grants]


def _give(call: Call, node: Node, member: int, level: Level, expires: int | None) -> Grant:
    if member == node.owner:
        raise ApiError(Code.INVALID_REQUEST, "it is his already")
    for there in call.store.grants.on([node.id]):
        if there.member == member:
            existing = _share(call.view, there, brief(node))
            raise ApiError(Code.FOLDER_SHARE_BEFORE, "shared before", result=existing)
    return call.store.grants.add(
        node, giver=call.view.user, member=member, level=level.name, expires=expires
    )


@routes.on("POST", "files/<hash>/public", key="share.create_public", label="share")
def _create_public(call: Call) -> Any:
    node = call.view.need(_shared_by_caller(call), Level.FULL)
    return [_share(call.view, publish(call.view, node, _expiry(call)), brief(node))]


def publish(view: View, node: Node, expires: int | None = None) -> Grant:
    """Let everybody see an entry; 204 if everybody does."""
    there = _public(view, node)
    if there is not None:
        existing = _share(view, there, brief(node))
        raise ApiError(Code.FOLDER_SHARE_BEFORE, "it is public", result=existing)
    note(view, Activity.PUBLIC, node)
    return view.store.grants.add(
        node, giver=view.user, member=None, level=Level.VIEW.name, expires=expires
    )


@routes.on("PUT", "files/<hash>/shares/password", key="share.password", label="share")
def _password(call: Call) -> Any:
    node = call.view.need(call.view.entry(call.hash), Level.FULL)
    password = call.params.text("password") or ""
    if len(password) not in PASSWORD_LENGTHS:
        raise ApiError(Code.INVALID_REQUEST, "a password has 1 to 64 characters")
    grant = _public(call.view, node)
    if grant is None:
        raise ApiError(Code.INVALID_REQUEST, "it is not public")
    call.store.grants.set_password(grant, password)
    return True


@routes.on("GET", "files/<hash>/shares", key="share.list", label="shares")
def _list(call: Call) -> Any:
    node = call.view.need(call.view.entry(call.hash), Level.VIEW)
    above = {found.id: found for found in call.store.tree.above(node.id)}
    grants = call.store.grants.on(list(above))
    return [_share(call.view, grant, brief(above[grant.node])) for grant in grants]


@routes.on("DELETE", "shares/<hash>", key="share.delete", label="shares")
def _delete(call: Call) -> Any:
    named = named_by(call.hash)
    grant = None
    if named is not None and named.kind == Kind.GRANT:
        grant = call.store.grants.get(named.number)
    if grant is None:
        raise ApiError(Code.OBJECT_NOT_FOUND, f"there is no share {call.hash}")
    node = call.store.tree.get(grant.node)
    if call.view.user not in {node.owner, grant.giver, grant.member}:
        call.view.need(node, Level.FULL)
    call.store.grants.remove(grant)
    note(call.view, Activity.UNSHARE, node)
    return True


@routes.on("GET", "shares", key="share.with_me", label="shared-with-me")
def _with_me(call: Call) -> Any:
    page = call.page
    pairs = [
        (grant, node)
        for grant in call.store.grants.to(call.view.user)
        if (node := call.store.tree.get(grant.node)).bin is None
    ]
    shown = page.cut(page.sorted(pairs, lambda pair: pair[1]))
    shares = [_share(call.view, grant, entity(call.view, node)) for grant, node in shown]
    return {"list": shares, "count": len(pairs)}


def find_person(call: Call, identity: str, *, blank: Code = Code.INVALID_NICKNAME) -> int:
    """The account of a username, telephone number or e-mail address; else 34.

    *blank* if it could be none of these.
    """
    if not identity or any(character.isspace() for character in identity):
        raise ApiError(blank, repr(identity))
    account = call.store.accounts.find(identity)
    if account is None:
        raise ApiError(Code.USER_NOT_REGISTERED, identity)
    return account.id


def _shared_by_caller(call: Call) -> Node:
    return call.view.need(need_inner(call.view.entry(call.hash)), Level.VIEW)


def _level(call: Call) -> Level:
    text = (call.params.text("level") or Level.VIEW.name).upper()
    if text not in {Level.VIEW.name, Level.EDIT.name}:
        raise ApiError(Code.INVALID_REQUEST, f"there is no level {text}")
    return Level[text]


def _expiry(call: Call) -> int | None:
    """When the last day of a share is over; 10 if it is already."""
    day = call.params.day("expiration")
    if day is None:
        return None
    if end_of(day) <= call.emulator.clock.now_ms():
        raise ApiError(Code.INVALID_DATE, f"{day} is in the past")
    return end_of(day)


def _public(view: View, node: Node) -> Grant | None:
    return next((g for g in view.store.grants.on([node.id]) if g.member is None), None)


def _share(view: View, grant: Grant, shared: dict[str, Any]) -> dict[str, Any]:
    node = view.store.tree.get(grant.node)
    member = grant.member
    return {
        "hash": hash_of(Kind.GRANT, grant.id),
        "type": "PUBLIC" if member is None else "PRIVATE",
        "level": grant.level,
        **({} if member is None else {"person": person(view.store, member)}),
        "entityType": "FILE" if node.is_file else "FOLDER",
        "entity": shared,
        "created": grant.created,
        "updated": grant.updated,
        "expiration": None if grant.expires is None else ending_at(grant.expires),
        "hasPassword": grant.password is not None,
    }
