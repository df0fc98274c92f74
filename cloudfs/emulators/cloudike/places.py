"""How an account sees the store: paths, and folders of others mounted among its own.

Paths are the service's only names for live objects (reference 1.7); the store knows nodes by
number. A `View` leads from one to the other, a `Place` is where it arrived.
"""

from dataclasses import dataclass

from cloudfs.emulators.cloudike.errors import ApiError
from cloudfs.emulators.cloudike.names import Path, child_path, join_path
from cloudfs.emulators.cloudike.settings import CloudikeSettings
from cloudfs.emulators.store import Store
from cloudfs.emulators.store.shares import Share
from cloudfs.emulators.store.tree import Kind, Node, Order


@dataclass(frozen=True, slots=True)
class Place:
    """A folder or file, and where somebody sees it.

    A shared folder of somebody else is the folder itself here, never the mount: `mount` says
    where it hangs, if this is the very place.
    """

    node: Node
    path: str
    mount: Node | None = None
    share: Share | None = None  # by which it is seen; None: it is the viewer's own

    @property
    def is_file(self) -> bool:
        """Whether it is a file."""
        return self.node.is_file

    @property
    def name(self) -> str:
        """Its name, as the viewer sees it."""
        return self.path.rpartition("/")[2]

    @property
    def writable(self) -> bool:
        """Whether the viewer may change it, and what is below it."""
        return self.share is None or self.share.writer


class View:
    """What one account sees; or anybody, of a published folder (reference 3.17)."""

    def __init__(
        self,
        store: Store,
        settings: CloudikeSettings,
        *,
        account: int | None,
        base: str,
        published: Node | None = None,
    ) -> None:
        self.store = store
        self.settings = settings
        self.account = account
        self.base = base  # URL of the API, without a slash at its end
        self.published = published

    @property
    def user(self) -> int:
        """The account, where there must be one."""
        assert self.account is not None
        return self.account

    def by(self, account: int) -> "View":
        """What another account sees."""
        return View(self.store, self.settings, account=account, base=self.base)

    def root(self) -> Place:
        """The top of what is seen."""
        if self.published is not None:
            return Place(self.published, "/")
        return Place(self.store.tree.root(self.user), "/")

    def child(self, folder: Place, name: str) -> Place | None:
        """What is called *name* in *folder*."""
        node = self.store.tree.child(folder.node.id, name)
        return None if node is None else self._place(folder, node)

    def children(
        self,
        folder: Place,
        *,
        order: Order = Order.NAME,
        descending: bool = False,
        folders_only: bool = False,
        offset: int = 0,
        limit: int | None = None,
    ) -> list[Place]:
        """What is in *folder*, or a part of it."""
        nodes = self.store.tree.children(
            folder.node.id,
            order=order,
            descending=descending,
            folders_only=folders_only,
            offset=offset,
            limit=limit,
        )
        return [self._place(folder, node) for node in nodes]

    def walk(self, top: Place) -> list[Place]:
        """*top* and everything below it, mounted folders included, parents first."""
        found = [top]
        for place in found:  # grows while it is read
            if not place.is_file:
                found += self.children(place)
        return found

    def find(self, path: Path) -> Place | None:
        """What is at *path*; None also if there is a file on the way."""
        place: Place | None = self.root()
        for name in path:
            if place is None or place.is_file:
                return None
            place = self.child(place, name)
        return place

    def need(self, path: Path) -> Place:
        """What is at *path*; else 404."""
        place = self.find(path)
        if place is None:
            raise ApiError(404, description=f"{join_path(path)} does not exist")
        return place

    def folder(self, path: Path) -> Place:
        """The folder at *path*; else 404, or 405 if a file is there or on the way."""
        place: Place | None = self.root()
        for name in path:
            if place is None:
                break
            if place.is_file:
                raise ApiError(405, description=f"{place.path} is a file")
            place = self.child(place, name)
        if place is None:
            raise ApiError(404, description=f"{join_path(path)} does not exist")
        if place.is_file:
            raise ApiError(405, description=f"{place.path} is a file")
        return place

    def file(self, path: Path) -> Place:
        """The file at *path*; else 404."""
        place = self.need(path)
        if not place.is_file:
            raise ApiError(404, description=f"{place.path} is a folder")
        return place

    def place_of(self, node: Node) -> Place | None:
        """Where a live node is seen; None if it is not."""
        if node.bin is not None:
            return None
        names: list[str] = []
        for ancestor in self.store.tree.above(node.id):
            if ancestor.parent is None:
                return (
                    Place(node, "/" + "/".join(names)) if ancestor.owner == self.account else None
                )
            for share in self.store.shares.of_folder(ancestor.id):
                if share.member == self.account and share.mount is not None:
                    mount = self.store.tree.get(share.mount)
                    top = self.place_of(mount)
                    assert top is not None, "no mount is ever in the bin"
                    path = "/".join([top.path, *names])
                    return Place(node, path, None if names else mount, share)
            names.insert(0, ancestor.name)
        return None

    def _place(self, folder: Place, node: Node) -> Place:
        path = child_path(folder.path, node.name)
        if node.kind == Kind.MOUNT:
            share = self.store.shares.of_mount(node.id)
            assert node.target is not None
            return Place(self.store.tree.get(node.target), path, node, share)
        return Place(node, path, None, folder.share)
