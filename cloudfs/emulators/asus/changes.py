"""What changed: sequences, and lists of the latest files (reference 3.16)."""

from collections.abc import Iterable
from dataclasses import replace
from itertools import islice

from cloudfs.emulators.asus import sequences
from cloudfs.emulators.asus.call import ONLY_TOKEN, Answer, AsusRoutes, Call, serve
from cloudfs.emulators.asus.describe import Entries
from cloudfs.emulators.asus.payload import branch, leaf
from cloudfs.emulators.asus.places import SYNC, SYSTEM
from cloudfs.emulators.asus.refusals import malformed
from cloudfs.emulators.asus.settings import Spelling
from cloudfs.emulators.asus.times import DAY
from cloudfs.emulators.store.tree import Node

routes = AsusRoutes()

REMEMBERED = 28 * DAY  # changes of files
DEFAULT_TOP = 10


@serve(routes, "folder/getallchangeseq", label="events", needs=ONLY_TOKEN)
def _get_all_change_seq(call: Call) -> Answer:
    return _sequences(call, Spelling.CHANGESEQ)


@serve(routes, "folder/getallchangepseq", label="events", needs=ONLY_TOKEN)
def _get_all_change_pseq(call: Call) -> Answer:
    return _sequences(call, Spelling.CHANGEPSEQ)


def _sequences(call: Call, asked: Spelling) -> Answer:
    spelling = call.settings.changeseq
    name = asked if spelling == Spelling.AS_ASKED else spelling
    top = call.store.tree.root(call.user.id, SYNC)
    folders = [node for node in call.store.tree.children(top.id) if not node.is_file]
    numbers = call.view.numbers(folders)
    return [
        branch(
            "syncfolder",
            leaf("folderid", numbers[folder.id]),
            leaf(name, sequences.sequence(call.store, folder)),
        )
        for folder in folders
    ]


@serve(
    routes, "folder/getchangeseq", label="events", needs=replace(ONLY_TOKEN, switch="getchangeseq")
)
def _get_change_seq(call: Call) -> Answer:
    folder = call.view.live_folder(call.fields.need_number("folderid"))
    above = sequences.sync_folder_of(call.store, folder) or folder
    return [call.scrip(), leaf("changeseq", sequences.sequence(call.store, above))]


@serve(routes, "file/getlatestchangefiles", label="latest")
def _get_latest_change_files(call: Call) -> Answer:
    since = call.emulator.clock.now_ms() - REMEMBERED
    return _latest(call, call.store.listings.modified_since(call.user.id, since))


@serve(routes, "file/getlatestuploads", label="latest")
def _get_latest_uploads(call: Call) -> Answer:
    return _latest(call, call.store.listings.by_content_age(call.user.id))


def _latest(call: Call, newest_first: list[Node]) -> Answer:
    top = call.fields.number("top", DEFAULT_TOP)
    newest = call.fields.choice("sortdirection", (0, 1), 1)
    targets = set(call.fields.joined_numbers("targetroot"))
    if top is None or top < 0:
        raise malformed("top")
    if not targets <= set(SYSTEM):
        raise malformed("targetroot")
    found = list(islice(_in_trees(call, newest_first, targets), top))
    entries = Entries(call.view, found)
    return [branch("entry", *entries.latest(node)) for node in (found if newest else found[::-1])]


def _in_trees(call: Call, nodes: list[Node], targets: set[int]) -> Iterable[Node]:
    wanted = {call.store.tree.root(call.user.id, SYSTEM[number]).id for number in targets}
    tops: dict[int | None, int] = {}  # by parent
    for node in nodes:
        if node.parent not in tops:
            tops[node.parent] = call.view.top(node).id
        if tops[node.parent] in wanted:
            yield node
