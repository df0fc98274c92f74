"""share: links and shares of what is in the account, and invitations to other people's."""

import argparse
import json
from collections.abc import Callable, Sequence
from typing import Any

from cloudfs.cli.asking import next_line
from cloudfs.cli.output import plain, when
from cloudfs.cli.parsing import Commands
from cloudfs.cli.places import target
from cloudfs.cli.services import at_service, lacking, offered
from cloudfs.cli.targets import remote_and_path
from cloudfs.cli.times import end
from cloudfs.config import load
from cloudfs.errors import NotFound, Unsupported
from cloudfs.model import Entry, Invitation, Share
from cloudfs.providers.base import Provider
from cloudfs.providers.facets import Sharing


def add(commands: Commands) -> None:
    """The commands of this module."""
    group = commands.group("share", "make, list and remove links and shares; answer invitations")
    command = group.add(
        "create", "share a file or folder, by a link or with people", command=create
    )
    command.add_argument("target", metavar="NAME:PATH")
    command.add_argument(
        "--password-stdin", action="store_true", help="read a password for it from standard input"
    )
    command.add_argument(
        "--expires", type=end, metavar="DATE", help="its last day, 2030-12-31, or a span like 30d"
    )
    command.add_argument("--edit", action="store_true", help="it may be changed, too")
    command.add_argument(
        "--with",
        dest="members",
        metavar="USER",
        nargs="+",
        action="extend",
        default=[],
        help="people, as the service knows them, and nobody else",
    )
    command = group.add("list", "list the shares of one thing, or of the account", command=list_)
    command.add_argument("target", metavar="NAME:[PATH]")
    command = group.add("remove", "end shares", command=remove)
    command.add_argument("target", metavar="NAME:[PATH]")
    command.add_argument("ids", metavar="ID", nargs="+", help="as `list` shows it")
    command = group.add("invitations", "list what others offer to share", command=invitations)
    command.add_argument("remote", metavar="NAME:")
    for name, help_, do in (
        ("accept", "accept an invitation", accept),
        ("decline", "decline an invitation", decline),
    ):
        command = group.add(name, help_, command=do)
        command.add_argument("remote", metavar="NAME:")
        command.add_argument("id", metavar="ID", help="as `invitations` shows it")


def create(arguments: argparse.Namespace) -> None:
    """Share something, and print the link."""
    target_ = target(load(), arguments.target)
    password = next_line("the password") if arguments.password_stdin else None

    async def work(provider: Provider) -> Share:
        sharing = _sharing(provider)
        _check(provider, sharing, arguments)
        return await sharing.create(
            await target_.entry(provider),
            password=password,
            expires_ns=arguments.expires,
            edit=arguments.edit,
            members=arguments.members,
        )

    share = at_service(target_.remote, work)
    if arguments.json:
        print(json.dumps(_as_json(share), indent=2))
    else:
        print(share.url or _line(share))


def list_(arguments: argparse.Namespace) -> None:
    """Print shares."""

    async def look(provider: Provider, entry: Entry | None) -> Sequence[Share]:
        sharing = _sharing(provider)
        try:
            return await sharing.shares(entry)
        except Unsupported as error:
            if entry is not None:
                raise
            raise Unsupported(f"{error}: name one, {arguments.target.rstrip('/')}PATH") from error

    shares = _at_target(arguments.target, look)
    if arguments.json:
        print(json.dumps([_as_json(share) for share in shares], indent=2))
        return
    for share in shares:
        print(_line(share))


def remove(arguments: argparse.Namespace) -> None:
    """End shares by their ids."""

    async def work(provider: Provider, entry: Entry | None) -> list[Share]:
        sharing = _sharing(provider)
        try:
            known = {share.id: share for share in await sharing.shares(entry)}
        except Unsupported:  # it does not tell all of them
            known = {id_: Share(id=id_, name=id_) for id_ in arguments.ids}
        for id_ in arguments.ids:
            if id_ not in known:
                raise NotFound(f"there is no share {plain(id_)}; `cloudfs share list` tells them")
        for id_ in arguments.ids:
            await sharing.remove(known[id_])
        return [known[id_] for id_ in arguments.ids]

    ended = _at_target(arguments.target, work)
    if arguments.json:
        print(json.dumps([_as_json(share) for share in ended], indent=2))
        return
    for share in ended:
        print(f"not shared any more: {plain(share.name or share.id)}")


def invitations(arguments: argparse.Namespace) -> None:
    """Print what waits for a yes."""
    remote, _ = remote_and_path(load(), arguments.remote)

    async def look(provider: Provider) -> Sequence[Invitation]:
        return await _inviting(provider).invitations()

    found = at_service(remote, look)
    if arguments.json:
        print(json.dumps([_invited(invitation) for invitation in found], indent=2))
        return
    for invitation in found:
        edit = "  may be changed" if invitation.edit else ""
        owner = f"  from {plain(invitation.owner)}" if invitation.owner else ""
        print(f"{plain(invitation.name)}{owner}{edit}  [{plain(invitation.id)}]")


def accept(arguments: argparse.Namespace) -> None:
    """Accept an invitation."""
    _answer(arguments, accepted=True)


def decline(arguments: argparse.Namespace) -> None:
    """Decline an invitation."""
    _answer(arguments, accepted=False)


def _answer(arguments: argparse.Namespace, *, accepted: bool) -> None:
    remote, _ = remote_and_path(load(), arguments.remote)

    async def work(provider: Provider) -> Invitation:
        sharing = _inviting(provider)
        for invitation in await sharing.invitations():
            if invitation.id == arguments.id:
                await sharing.answer(invitation, accept=accepted)
                return invitation
        raise NotFound(f"no invitation {plain(arguments.id)} waits for an answer")

    invitation = at_service(remote, work)
    if arguments.json:
        print(json.dumps(_invited(invitation) | {"accepted": accepted}, indent=2))
    else:
        print(f"{'accepted' if accepted else 'declined'}: {plain(invitation.name)}")


def _at_target(word: str, work: Callable[[Provider, Entry | None], Any]) -> Any:
    """What *work* makes of what a word names; without a path that is the whole account."""
    target_ = target(load(), word)
    is_all = target_.start is None and target_.path == "/"

    async def run(provider: Provider) -> Any:
        return await work(provider, None if is_all else await target_.entry(provider))

    return at_service(target_.remote, run)


def _sharing(provider: Provider) -> Sharing:
    return offered(provider, provider.sharing, "shares")


def _inviting(provider: Provider) -> Sharing:
    sharing = _sharing(provider)
    if type(sharing).invitations is Sharing.invitations:
        raise lacking(provider, "invitations")
    return sharing


def _check(provider: Provider, sharing: Sharing, arguments: argparse.Namespace) -> None:
    """Raise Unsupported for a wish that the service never fulfils."""
    for wanted, able, feature in (
        (arguments.password_stdin, sharing.passwords, "passwords on shares"),
        (arguments.expires is not None, sharing.expiry, "end of shares"),
        (arguments.edit, sharing.editing, "shares that may be changed"),
        (bool(arguments.members), sharing.members, "shares with people"),
        (not arguments.members, sharing.links, "public links"),
    ):
        if wanted and not able:
            raise lacking(provider, feature)


def _line(share: Share) -> str:
    """A share for people."""
    told = [plain(share.name or str(share.entry_id or ""))]
    told.append(f"with {plain(', '.join(share.members))}" if share.members else share.url or "link")
    if share.password:
        told.append("password")
    if share.edit:
        told.append("may be changed")
    if share.expires_ns is not None:
        told.append(f"until {when(share.expires_ns)}")
    told.append(f"[{plain(share.id)}]")
    return "  ".join(told)


def _as_json(share: Share) -> dict[str, Any]:
    return {
        "id": share.id,
        "name": share.name,
        "entry_id": share.entry_id,
        "url": share.url,
        "members": list(share.members),
        "password": share.password,
        "expires_ns": share.expires_ns,
        "edit": share.edit,
    }


def _invited(invitation: Invitation) -> dict[str, Any]:
    return {
        "id": invitation.id,
        "name": invitation.name,
        "owner": invitation.owner,
        "edit": invitation.edit,
    }
