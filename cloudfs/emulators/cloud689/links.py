"""Links: what lets those without an account see a project, a folder or a file (reference 3.19)."""

import secrets
from dataclasses import dataclass
from typing import Any

from cloudfs.emulators.cloud689.access import View
from cloudfs.emulators.cloud689.answers import PLAIN_OK, Answer
from cloudfs.emulators.cloud689.call import Call, Cloud689Routes
from cloudfs.emulators.cloud689.describe import ACTIVE, Json, listing_entries
from cloudfs.emulators.cloud689.errors import ApiError, Code
from cloudfs.emulators.cloud689.history import Event, note_link
from cloudfs.emulators.cloud689.ids import entry_id
from cloudfs.emulators.cloud689.listing import folders_first
from cloudfs.emulators.cloud689.projects import Project, Role
from cloudfs.emulators.cloud689.sessions import authenticate
from cloudfs.emulators.cloud689.times import end_ms, time_text
from cloudfs.emulators.store.links import Link
from cloudfs.emulators.store.tree import Node

routes = Cloud689Routes()

PROJECT, FOLDER, FILE = 1, 2, 3  # values of type_share
PAGE = "view-link"  # under which the site shows what a link is to
_LINK = "link"  # kind of record


@dataclass(frozen=True, slots=True)
class Shared:
    """A link, and what it is to."""

    link: Link
    view: View  # of whoever made it
    node: Node
    type: int
    expiry: str | None
    public: int
    emails: list[str]

    @property
    def project(self) -> Project:
        """The project that is shared, or something in it."""
        return self.view.project_of(self.node)

    @property
    def shown(self) -> str:
        """The place of the link on the site."""
        return f"{PAGE}/{self.link.key}"

    def as_record(self, emails: list[str]) -> dict[str, Any]:
        """What the store's links do not know."""
        return _record(self.type, self.expiry, self.public, emails)


@routes.on("POST", "link/create", label="create-link")
def _create(call: Call) -> Answer:
    view, params = call.view, call.params
    type_ = params.one_of("type_share", {PROJECT, FOLDER, FILE})
    params.need("project_id")
    expiry, public = params.moment("expiry_date"), params.integer("is_public")
    public = 1 if public is None else public
    project = view.project(params.need("project_id"), Role.EDITOR)
    node = _wanted(call, project, type_)
    key = secrets.token_hex(16)
    call.store.links.put(
        key,
        node,
        account=call.user.number,
        expires=None if expiry is None else end_ms(expiry),
        password=params.text("password"),
        most=None,
        upload=False,
        notify=False,
    )
    record = _record(type_, expiry, public, [])
    call.store.records.put(_LINK, key, call.user.number, record)
    shared = find(call, key, expired=True)  # a date may be long past
    note_link(view, Event.CREATE_LINK, project, shared.shown, _object(shared))
    return Answer({"link": shared.shown, "link_id": key})


def _wanted(call: Call, project: Project, type_: int) -> Node:
    """What a link is to be to."""
    if type_ == PROJECT:
        return call.view.folder(project, None)
    field = "folder_id" if type_ == FOLDER else "file_id"
    return call.view.entry(project, call.params.need(field), folder=type_ == FOLDER)


@routes.on("POST", "link/get", label="get-link")
def _get(call: Call) -> Answer:
    found = find(call, call.params.need("link_id"))
    return Answer(
        {
            "link_id": found.link.key,
            "link_url": f"{site_of(call)}/{found.shown}",
            **_object(found),
            "emails": ",".join(found.emails) or None,
            "password": found.link.password,
            "create_date": time_text(found.link.created),
            "expiry_date": found.expiry,
            "is_public": found.public,
            "status": ACTIVE,
            "linktype": found.type,
        }
    )


@routes.on("POST", "link/browse", label="list-link")
def _browse(call: Call) -> Answer:
    found = find(call, call.params.need("link_id"))
    if not found.public:
        _admit(call, found)
    nodes = browse(call, found, call.params.text("child_folder_id"))
    entries = listing_entries(found.view, found.project, nodes)
    return Answer(entries, total=len(entries))


def _admit(call: Call, found: Shared) -> None:
    """403 or the like unless whoever asks is in the project of a link that is not public."""
    user = authenticate(call.emulator, call.asked.token)
    call.emulator.view(user).project(found.project.id)


def browse(call: Call, found: Shared, child: str | None) -> list[Node]:
    """What a link shows, or one of the folders below it."""
    tree, top = call.store.tree, found.node
    if child is not None:
        node = found.view.entry(found.project, child, folder=True)
        if all(above.id != top.id for above in tree.above(node.id)):
            raise ApiError(Code.FOLDER_NOT_FOUND, child)
        top = node
    return [top] if top.is_file else folders_first(tree.children(top.id))


@routes.on("POST", "link/share", label="share-link")
def _share(call: Call) -> Answer:
    params = call.params
    params.need_all("link_id", "emails")
    found = find(call, params.need("link_id"))
    project = call.view.project(found.project.id, Role.EDITOR)
    emails = list(dict.fromkeys([*found.emails, *params.ids("emails")]))
    record = found.as_record(emails)
    call.store.records.put(_LINK, found.link.key, found.link.account, record)
    note_link(call.view, Event.SHARE_LINK, project, found.shown, _object(found))
    return PLAIN_OK


@routes.on("POST", "link/remove", label="remove-link")
def _remove(call: Call) -> Answer:
    found = find(call, call.params.need("link_id"), expired=True)
    call.view.project(found.project.id, Role.EDITOR)
    call.store.links.remove(found.link)
    call.store.records.remove(_LINK, found.link.key)
    return PLAIN_OK


def find(call: Call, key: str, *, expired: bool = False) -> Shared:
    """The link of that id; 404, or 410 if its time is over and it must not be *expired*."""
    link = call.store.links.get(key)
    node = None if link is None else call.store.tree.get(link.node)
    if link is None or node is None or node.bin is not None:
        raise ApiError(Code.LINK_NOT_FOUND, key)
    if not expired and _is_over(call, link):
        raise ApiError(Code.LINK_EXPIRED, key)
    record = call.store.records.get(_LINK, key)
    assert record is not None, "every link has its record"
    view = call.emulator.view(call.emulator.people.user(link.account))
    return Shared(link, view, node, **record.data)


def public_file(call: Call) -> Node | None:
    """The file that a call names, if an active public link is to it, or to what it is in."""
    project_id, file_id = call.params.need("project_id"), call.params.need("file_id")
    project = call.emulator.projects.find(project_id)
    node = None if project is None else call.emulator.entry(file_id)
    if project is None or node is None or node.bin is not None or not node.is_file:
        return None
    above = [one.id for one in call.store.tree.above(node.id)]
    links = call.store.links.on(above) if above[-1] == project.root else []
    records = call.store.records.many(_LINK, [link.key for link in links])
    shown = any(records[link.key].data["public"] and not _is_over(call, link) for link in links)
    return node if shown else None


def site_of(call: Call) -> str:
    """The site that links are on, as the client reaches it."""
    return f"{call.request.url.scheme}://{call.request.url.netloc}"


def _is_over(call: Call, link: Link) -> bool:
    return link.expires is not None and link.expires <= call.clock.now_ms()


def _object(found: Shared) -> Json:
    """What a link is to."""
    node = found.node
    return {
        "project_id": found.project.id,
        "folder_id": entry_id(node.id) if found.type == FOLDER else None,
        "file_id": entry_id(node.id) if found.type == FILE else None,
    }


def _record(type_: int, expiry: str | None, public: int, emails: list[str]) -> dict[str, Any]:
    return {"type": type_, "expiry": expiry, "public": public, "emails": emails}
