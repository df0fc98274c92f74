"""A drive, made of a remote: every part with its neighbours."""

import logging
import os
import socket
import time
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import trio

from cloudfs.config import MountSettings, Remote, resolved
from cloudfs.content.cache import BlockCache
from cloudfs.content.contents import Contents
from cloudfs.content.links import Links
from cloudfs.errors import NotAFolder, TransientError, Unreachable
from cloudfs.http.client import Http
from cloudfs.journal.committer import Committer
from cloudfs.journal.journal import Journal, Patience
from cloudfs.journal.restoring import restore
from cloudfs.journal.settling import Settling
from cloudfs.journal.steps import Steps
from cloudfs.model import Entry, InodeNumber
from cloudfs.mounting.folders import Folders
from cloudfs.mounting.notes import Notes
from cloudfs.mounting.state import State, open_state
from cloudfs.operations.attributes import Looks
from cloudfs.operations.drive import Drive
from cloudfs.operations.files import Files
from cloudfs.operations.folders import Folders as FolderOperations
from cloudfs.operations.names import NameOperations
from cloudfs.operations.pins import Pins
from cloudfs.operations.rules import Rules
from cloudfs.operations.siblings import Siblings
from cloudfs.operations.space import Space
from cloudfs.operations.warming import Warming
from cloudfs.operations.xattrs import ExtendedAttributes
from cloudfs.providers.base import Provider, resolve
from cloudfs.providers.registry import create
from cloudfs.tree.attributes import Defaults
from cloudfs.tree.eviction import Eviction
from cloudfs.tree.feed import Feed
from cloudfs.tree.listings import Listings
from cloudfs.tree.merging import Watchers
from cloudfs.tree.metadata import Metadata
from cloudfs.tree.names import Names
from cloudfs.tree.nodes import Node, Tree
from cloudfs.tree.register import open_register
from cloudfs.tree.walks import Walks

if TYPE_CHECKING:  # libfuse may be missing, and commands without a mount do without it
    from cloudfs.fuse.kernel import Kernel

log = logging.getLogger(__name__)

HARDEN_INTERVAL = 1.0  # seconds after which what was acknowledged survives a power failure


class Announcements:
    """Where changes that were not made here are told; the kernel listens once it is there."""

    def __init__(self) -> None:
        self.kernel: Kernel | None = None
        self.pins: Pins | None = None

    def name_changed(self, folder: Node, name: str) -> None:
        """A name leads somewhere else."""
        if self.kernel is not None:
            self.kernel.name_changed(folder, name)
        if self.pins is not None:
            self.pins.name_changed(folder, name)

    def let_go(self, folder: Node, names: Iterable[str]) -> None:
        """Names lead where they did, but there are too many to be remembered."""
        if self.kernel is not None:
            self.kernel.let_go(folder, names)

    def content_changed(self, node: Node) -> None:
        """A file has other bytes."""
        if self.kernel is not None:
            self.kernel.content_changed(node)
        if self.pins is not None:
            self.pins.content_changed(node)

    def attributes_changed(self, node: Node) -> None:
        """A file has other times."""
        if self.kernel is not None:
            self.kernel.attributes_changed(node)


@dataclass(frozen=True, slots=True, kw_only=True)
class Assembly:
    """A drive with what keeps it going."""

    remote: Remote
    drive: Drive
    provider: Provider
    http: Http
    state: State
    journal: Journal
    committer: Committer
    cache: BlockCache
    folders: Folders
    announcements: Announcements
    warming: Warming
    pins: Pins


@asynccontextmanager
async def connected(remote: Remote, folders: Folders) -> AsyncIterator[tuple[Provider, Http]]:
    """The provider of a remote, not signed in yet. Raises ConfigError."""
    http = Http(allow_insecure=remote.allow_insecure)
    try:
        provider = create(
            remote.type,
            resolved(remote),
            remote=remote.name,
            http=http,
            notes=Notes(folders.state / "notes.json"),
        )
        try:
            yield provider, http
        finally:
            with trio.move_on_after(5) as scope:
                scope.shield = True
                await provider.aclose()
    finally:
        with trio.CancelScope(shield=True):
            await http.aclose()


async def assemble(
    nursery: trio.Nursery,
    remote: Remote,
    connection: tuple[Provider, Http],
    *,
    path: str,
    settings: MountSettings,
    folders: Folders,
) -> Assembly:
    """All parts of a drive that shows *path* of *remote*; their tasks run in *nursery*.

    Raises ConfigError, LoginFailed, NotFound for the path, or a TransientError if the service
    cannot be reached and was never reached before.
    """
    provider, http = connection
    state = await open_state(nursery, remote, path, folders)
    root = await _root(provider, path, state)
    capabilities = provider.capabilities
    names = Names(
        rules=capabilities.names,
        escape=settings.names == "escape",
        symlinks=settings.symlinks == "store",
        case_sensitive=capabilities.case_sensitive,
    )
    tree = Tree(root)
    register = await open_register(state.database)
    metadata = Metadata(state.cache)
    cache = BlockCache(folders.blocks, limit=settings.cache_size, keep_free=settings.keep_free)
    await trio.to_thread.run_sync(cache.scan)
    contents = Contents(Links(provider), cache, nursery, _locator(tree))
    journal = Journal(
        state.database,
        tree,
        names=names,
        register=register,
        drafts=folders.drafts,
        open_base=contents.base,
        patience=Patience(hold_back=settings.hold_back),
        capabilities=capabilities,
        renamed_version=cache.rename,
    )
    await restore(journal, state.database, tree, register)
    announcements = Announcements()
    listings = Listings(
        provider,
        tree,
        names=names,
        register=register,
        metadata=metadata,
        watchers=Watchers(
            name_changed=announcements.name_changed,
            content_changed=announcements.content_changed,
            attributes_changed=announcements.attributes_changed,
            orphaned=journal.orphaned,
        ),
        nursery=nursery,
        lifetime=settings.metadata_ttl,
        settle_down=journal.settle_down,
    )
    warming = Warming(listings, journal, contents, cache, nursery)
    pins = announcements.pins = Pins(tree, register, listings, cache, warming)
    await pins.recall()
    settling = Settling(
        journal=journal,
        provider=provider,
        tree=tree,
        names=names,
        listings=listings,
        host=socket.gethostname(),
    )
    steps = Steps(
        journal=journal,
        provider=provider,
        tree=tree,
        names=names,
        register=register,
        metadata=metadata,
        listings=listings,
        settling=settling,
        permanently=settings.delete == "permanent",
        adopt=contents.adopt,
    )
    committer = Committer(
        journal, steps, hold_back=settings.hold_back, parallel=capabilities.parallel
    )
    rules = Rules(
        names=names,
        read_only=settings.ro or not capabilities.writable,
        symlinks=settings.symlinks == "store",
        domain=provider.domain,
        moves_folders=capabilities.moves_folders,
    )
    looks = Looks(journal, register, _defaults(settings), rules)
    name_operations = NameOperations(listings, journal, rules, looks, pins)
    space = Space(provider)
    drive = Drive(
        tree=tree,
        listings=listings,
        names=name_operations,
        files=Files(
            tree,
            listings,
            journal,
            contents,
            name_operations,
            looks,
            rules,
            Siblings(contents, journal, nursery),
        ),
        folders=FolderOperations(tree, listings, journal, Walks(listings, nursery)),
        looks=looks,
        xattrs=ExtendedAttributes(
            journal, register, rules, pins, {"control": lambda: os.fspath(folders.state)}
        ),
        space=space,
    )
    nursery.start_soon(listings.recall, tree.root)
    nursery.start_soon(committer.run)
    nursery.start_soon(space.keep_up)
    nursery.start_soon(Feed(provider.changes, tree, listings, metadata, pins.covers).run)
    nursery.start_soon(pins.run)
    eviction = Eviction(
        tree,
        listings,
        register,
        most=settings.memory_entries,
        waiting=journal.mentioned,
        let_go=announcements.let_go,
        keeps=pins.leads_to,
        is_halted=lambda: warming.running > 0,
    )
    nursery.start_soon(eviction.run)
    nursery.start_soon(_keep_hardening, journal)
    return Assembly(
        remote=remote,
        drive=drive,
        provider=provider,
        http=http,
        state=state,
        journal=journal,
        committer=committer,
        cache=cache,
        folders=folders,
        announcements=announcements,
        warming=warming,
        pins=pins,
    )


async def _root(provider: Provider, path: str, state: State) -> Entry:
    """The folder to show; the remembered one if the service cannot be asked now."""
    try:
        await provider.open()
        root = await resolve(provider, path)
    except TransientError as error:
        known = await state.root()
        if known is None:
            raise Unreachable(
                f"the service cannot be reached: {error}; check the url and the network"
            ) from error
        log.warning("starting without the service (%s); what is known will be shown", error)
        return known
    if not root.is_folder:
        raise NotAFolder(f"{path} is a file; only folders can be mounted")
    await state.remember_root(root)
    return root


def _locator(tree: Tree) -> Callable[[InodeNumber, Entry], Entry]:
    def locate(number: InodeNumber, known: Entry) -> Entry:
        node = tree.known(number)
        if node is None or node.entry is None:
            return known
        same = node.entry.version == known.version or known.version in node.aliases
        return node.entry if same else known

    return locate


def _defaults(settings: MountSettings) -> Defaults:
    return Defaults(
        uid=settings.uid if settings.uid >= 0 else os.getuid(),
        gid=settings.gid if settings.gid >= 0 else os.getgid(),
        file_mode=0o666 & ~settings.umask,
        folder_mode=0o777 & ~settings.umask,
        mounted_ns=time.time_ns(),
    )


async def _keep_hardening(journal: Journal) -> None:
    while True:
        await trio.sleep(HARDEN_INTERVAL)
        try:
            await journal.harden()
        except Exception:
            log.exception("what was written lately might not survive a power failure")
