"""Share codes: made, changed, looked at, deleted, opened (reference 3.19)."""

from dataclasses import replace
from xml.etree.ElementTree import Element

from cloudfs.emulators.asus import sharing
from cloudfs.emulators.asus.call import Answer, AsusRoutes, Call, serve
from cloudfs.emulators.asus.passwords import as_md5_form
from cloudfs.emulators.asus.payload import leaf
from cloudfs.emulators.asus.refusals import Refusal, Status, malformed
from cloudfs.emulators.asus.sharing import Share
from cloudfs.emulators.asus.times import HOUR
from cloudfs.emulators.store.tree import Node

routes = AsusRoutes()


@serve(routes, "fsentry/setadvancedsharecode", label="share")
def _set_advanced_share_code(call: Call) -> Answer:
    node = _own_entry(call)
    share = _share_in_force(call, node)
    if call.fields.flag("clearshare"):
        _clear(call, node)
        share = None
    else:
        share = share or sharing.new_share(call.store, node.id, node.owner)
        share = sharing.add_code(call.store, _with_options(call, node, share))
        sharing.save(call.store, share)
    return [call.scrip(), *_described(call, share), *_members_given(call, share)]


def _own_entry(call: Call) -> Node:
    """The entry that is asked for, which the viewer must own to share it."""
    folder = call.fields.optional_flag("isfolder")
    if folder is None:
        raise malformed("isfolder")
    number = call.fields.need_number("entryid")
    node = call.view.live_entry(number, folder=folder)
    missing = Status.NO_FOLDER if folder else Status.NO_FILE
    if node.owner != call.user.id or call.view.is_system(node):
        raise Refusal(missing, "this is not yours to share")
    return node


def _share_in_force(call: Call, node: Node) -> Share | None:
    """The share of an entry; one whose time is over is none."""
    share = sharing.share_of(call.store, node.id)
    if share is None or call.view.in_force(share):
        return share
    sharing.end(call.store, share)
    return None


def _clear(call: Call, node: Node) -> None:
    """Delete the codes of an entry, and of all folders below it."""
    for below in call.store.tree.below(node.id):
        share = sharing.share_of(call.store, below.id)
        if share is not None and (below.id == node.id or not below.is_file):
            sharing.end(call.store, share)


def _with_options(call: Call, node: Node, share: Share) -> Share:
    """*share* with what the call wants changed; the rest stays as it is."""
    fields = call.fields
    group = fields.optional_flag("isgroupaware")
    if group and (node.is_file or call.view.is_backup(node)):
        raise malformed("isgroupaware")
    if fields.flag("clearpassword"):
        share = replace(share, password=None, opened=[])
    if fields.flag("clearvalidityduration"):
        share = replace(share, expires=None)
    if fields.flag("releasequotalimit"):
        share = replace(share, quota=None)
    if (password := fields.text("password")) is not None:
        share = replace(share, password=as_md5_form(password), opened=[])
    if (hours := _positive(call, "validityduration")) is not None:
        share = replace(share, expires=call.emulator.clock.now_ms() + hours * HOUR)
    if (quota := _positive(call, "folderquota")) is not None:
        share = replace(share, quota=quota)
    if group is not None:
        share = replace(share, group=group)
    known, unknown = _accounts(call)
    if known or unknown:
        share = replace(share, members=known)
    return share


def _positive(call: Call, name: str) -> int | None:
    number = call.fields.number(name)
    if number is not None and not 0 < number < 10**15:
        raise malformed(name)
    return number


def _accounts(call: Call) -> tuple[list[int], list[str]]:
    """The members that were named: accounts, and names that nobody has."""
    known, unknown = [], []
    for login in call.fields.texts("shareforuserid"):
        account = call.emulator.account_of(login)
        if account is None:
            unknown.append(login)
        elif account.id != call.user.id:
            known.append(account.id)
    return list(dict.fromkeys(known)), unknown


def _members_given(call: Call, share: Share | None) -> list[Element]:
    known, unknown = _accounts(call)
    if share is None or not (known or unknown):
        return []
    return [
        *_members(call, share),
        *(leaf("invaliduserid", login) for login in unknown),
    ]


def _members(call: Call, share: Share) -> list[Element]:
    return [leaf("shareforuserid", call.view.login(member)) for member in share.members or []]


def _described(call: Call, share: Share | None, *members: Element) -> list[Element]:
    if share is None:
        return [
            leaf("sharecode"),
            leaf("ispasswordneeded", 0),
            leaf("isgroupaware", 0),
            leaf("expiredtime"),
            leaf("folderquota"),
        ]
    return [
        leaf("sharecode", share.codes[-1]),
        leaf("ispasswordneeded", int(share.password is not None)),
        leaf("isgroupaware", int(share.group)),
        *members,
        leaf("expiredtime", "" if share.expires is None else call.date(share.expires)),
        leaf("folderquota", "" if share.quota is None else share.quota),
    ]


@serve(routes, "fsentry/getadvancedsharecode", label="share")
def _get_advanced_share_code(call: Call) -> Answer:
    share = _share_in_force(call, _own_entry(call))
    members = [] if share is None else _members(call, share)
    return [call.scrip(), *_described(call, share, *members)]


@serve(routes, "fsentry/deletesharecode", label="unshare")
def _delete_share_code(call: Call) -> Answer:
    file = call.fields.optional_flag("entrytype")  # 0 folder, 1 file: only here
    if file is None:
        raise malformed("entrytype")
    node = call.view.entry(call.fields.need_number("entryid"), folder=not file)
    if node.owner != call.user.id:
        raise Refusal(Status.NO_FILE if file else Status.NO_FOLDER, "this is not yours")
    share = sharing.share_of(call.store, node.id)
    if share is not None:
        sharing.end(call.store, share)
    return [call.scrip()]


@serve(routes, "fsentry/getinfobysharecode", label="open-share")
def _get_info_by_share_code(call: Call) -> Answer:
    share = sharing.share_by_code(call.store, call.fields.need("sharecode"))
    if share is None or not call.view.in_force(share):
        raise Refusal(Status.NO_SHARECODE, "there is no such code")
    if not sharing.is_live(call.store, share.node):
        raise Refusal(Status.NO_FOLDER, "what was shared is deleted")
    if call.user.id != share.owner and not sharing.is_for(share, call.user.id):
        raise Refusal(Status.NO_MEMBER, "this is for members only")
    node = call.store.tree.get(share.node)
    return [
        leaf("entryid", call.view.number(node)),
        leaf("entrytype", int(not node.is_file)),  # 0 file, 1 folder
        leaf("owner", call.view.login(node.owner)),
    ]


@serve(routes, "fsentry/checkpassword", label="open-share")
def _check_password(call: Call) -> Answer:
    share = sharing.share_by_code(call.store, call.fields.need("suri"))
    if share is None or not call.view.in_force(share):
        raise Refusal(Status.NO_FOLDER, "there is no such code")
    if not sharing.is_live(call.store, share.node):
        file = call.store.tree.get(share.node).is_file
        raise Refusal(Status.NO_FILE if file else Status.NO_FOLDER, "what was shared is deleted")
    return [leaf("ifpassword", int(share.password is not None))]


@serve(routes, "fsentry/comparepassword", label="open-share", reply_root="checkpassword")
def _compare_password(call: Call) -> Answer:
    folder = call.fields.optional_flag("isfolder")
    if folder is None:
        raise malformed("isfolder")
    number, password = call.fields.need_number("ffid"), call.fields.need("passwd")
    share = _share_to_open(call, number, folder=folder)
    if share.password is None:
        return []
    if password.lower() != share.password:
        raise Refusal(Status.SHARE_PASSWORD, "this is not the password")
    opened = [*share.opened, call.user.id]
    sharing.save(call.store, replace(share, opened=list(dict.fromkeys(opened))))
    return []


def _share_to_open(call: Call, number: int, *, folder: bool) -> Share:
    """The share of an entry, whether or not the viewer may see the entry yet."""
    node_id = call.store.numbers.node("folder" if folder else "file", number)
    share = None if node_id is None else sharing.share_of(call.store, node_id)
    missing = Status.NO_FOLDER if folder else Status.NO_FILE
    if share is None or not call.view.in_force(share):
        raise Refusal(missing, "there is no such share")
    if not sharing.is_live(call.store, share.node):
        raise Refusal(missing, "what was shared is deleted")
    return share
