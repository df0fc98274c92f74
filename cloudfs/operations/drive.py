"""Everything a mounted drive can do, together."""

from dataclasses import dataclass

from cloudfs.operations.attributes import Looks
from cloudfs.operations.files import Files
from cloudfs.operations.folders import Folders
from cloudfs.operations.names import NameOperations
from cloudfs.operations.space import Space
from cloudfs.operations.xattrs import ExtendedAttributes
from cloudfs.tree.listings import Listings
from cloudfs.tree.nodes import Tree


@dataclass(frozen=True, slots=True, kw_only=True)
class Drive:
    """The operations of one drive, and the tree they work on."""

    tree: Tree
    listings: Listings
    names: NameOperations
    files: Files
    folders: Folders
    looks: Looks
    xattrs: ExtendedAttributes
    space: Space
