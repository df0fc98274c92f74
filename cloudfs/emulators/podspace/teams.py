"""Organisations and the people in them (reference 3.20)."""

import secrets
from dataclasses import replace
from typing import Any

from cloudfs.emulators.podspace.call import Call, PodSpaceRoutes
from cloudfs.emulators.podspace.describe import person
from cloudfs.emulators.podspace.errors import ApiError, Code
from cloudfs.emulators.podspace.hashes import Kind, hash_of, named_by, node_hash
from cloudfs.emulators.podspace.organisations import Role, Team, role_in, with_member
from cloudfs.emulators.podspace.shares import find_person

routes = PodSpaceRoutes()

# The web application's words for the roles, besides the service's own.
_ROLES = {
    "GUEST": Role.GUEST,
    "VIEWER": Role.GUEST,
    "MAINTAINER": Role.MAINTAINER,
    "EDITOR": Role.MAINTAINER,
    "MANAGER": Role.MAINTAINER,
}


@routes.on("POST", "teams", key="org.create", label="organisations")
def _create(call: Call) -> Any:
    name = call.params.need("name")
    space = f"team {secrets.token_hex(8)}"
    root = call.store.tree.root(call.view.user, space)
    call.store.tree.rename(root, name)
    now = call.emulator.clock.now_ms()
    team = Team(
        root=root.id,
        owner=call.view.user,
        space=space,
        name=name,
        description=call.params.text("description") or "",
        created=now,
        updated=now,
    )
    call.view.teams.save(team)
    return _shown(call, team)


@routes.on("GET", "teams", key="org.list", label="organisations")
def _list(call: Call) -> Any:
    return [_shown(call, team) for team in call.view.teams.of(call.view.user)]


@routes.on("GET", "teams/<hash>", key="org.members", label="organisations")
def _get(call: Call) -> Any:
    return _shown(call, _team(call, owned=False))


@routes.on("PUT", "teams/<hash>", key="org.update", label="organisations")
def _update(call: Call) -> Any:
    team = _team(call)
    name, description = call.params.text("name"), call.params.text("description")
    if name is not None:
        team = replace(team, name=name)
        call.store.tree.rename(call.store.tree.get(team.root), name)
    if description is not None:
        team = replace(team, description=description)
    return _saved(call, team)


@routes.on("DELETE", "teams/<hash>", key="org.delete", label="organisations")
def _delete(call: Call) -> Any:
    call.view.teams.remove(_team(call))
    return True


@routes.on("POST", "teams/<hash>/users", key="org.member_add", label="organisations")
def _add_member(call: Call) -> Any:
    team, member = _team(call), _identity(call)
    if role_in(team, member) is not None:
        raise ApiError(Code.DUPLICATE_CUSTOMER, "he is in it")
    return _saved(call, with_member(team, member, _authority(call)))


@routes.on("PUT", "teams/<hash>/users", key="org.member_update", label="organisations")
def _update_member(call: Call) -> Any:
    team, member = _team(call), _identity(call)
    _need_member(team, member)
    return _saved(call, with_member(team, member, _authority(call)))


@routes.on("DELETE", "teams/<hash>/users", key="org.member_remove", label="organisations")
def _remove_member(call: Call) -> Any:
    team, member = _team(call), _identity(call)
    _need_member(team, member)
    _saved(call, with_member(team, member, None))
    return True


def named_team(call: Call, text: str) -> Team | None:
    """The organisation of a hash, if the account belongs to it."""
    named = named_by(text)
    if named is None or named.kind != Kind.TEAM:
        return None
    team = call.view.teams.with_root(named.number)
    return None if team is None or role_in(team, call.view.user) is None else team


def _team(call: Call, *, owned: bool = True) -> Team:
    """The organisation in the path; 101 if there is none, 4 if only the owner may ask so."""
    team = named_team(call, call.hash)
    if team is None:
        raise ApiError(Code.INVALID_REQUEST, f"there is no organisation {call.hash}")
    if owned and team.owner != call.view.user:
        raise ApiError(Code.PERMISSION_DENIED, "only the owner may do this")
    return team


def _identity(call: Call) -> int:
    return find_person(call, call.params.text("identity") or "")


def _authority(call: Call) -> Role:
    text = call.params.need("authority").upper()
    if text not in _ROLES:
        raise ApiError(Code.INVALID_REQUEST, f"nobody can be made {text}")
    return _ROLES[text]


def _need_member(team: Team, account: int) -> None:
    if role_in(team, account) is None:
        raise ApiError(Code.OBJECT_NOT_FOUND, "he is not in it")
    if account == team.owner:
        raise ApiError(Code.INVALID_REQUEST, "an owner stays what he is")


def _saved(call: Call, team: Team) -> dict[str, Any]:
    team = replace(team, updated=call.emulator.clock.now_ms())
    call.view.teams.save(team)
    return _shown(call, team)


def _shown(call: Call, team: Team) -> dict[str, Any]:
    people = {team.owner: Role.OWNER, **team.members}
    hash_ = hash_of(Kind.TEAM, team.root)
    return {
        "hash": hash_,
        "organization": hash_,
        "name": team.name,
        "description": team.description,
        "folder": node_hash(team.root),
        "owner": person(call.store, team.owner),
        "members": [
            {"authority": role.value, "user": person(call.store, account)}
            for account, role in people.items()
        ],
        "created": team.created,
        "updated": team.updated,
    }
