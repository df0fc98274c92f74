"""One node's difference between here and the service, as the journal records it."""

import json
import time
from dataclasses import astuple, dataclass, field
from typing import Any

from cloudfs.content.drafts import Draft
from cloudfs.errors import CloudError
from cloudfs.model import Entry, InodeNumber, Kind, Transfer
from cloudfs.tree.codec import entry_from_values, entry_values


@dataclass(frozen=True, slots=True)
class Failure:
    """Why the service will not take a change, as long as nobody does something about it."""

    message: str
    errno: int


@dataclass(frozen=True, slots=True)
class Sent:
    """The content of an upload, to recognise it if it has arrived."""

    size: int
    checksum: str | None  # as `str(Checksum)`, in the service's algorithm
    generation: int  # of the draft


class NotStored(CloudError):
    """A change was refused by the service; its own errno tells why."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.message)
        self.errno = failure.errno  # type: ignore[misc]  # that of the service's refusal


@dataclass(slots=True, eq=False)
class Change:
    """What has to be done so that the service has the node as it is here.

    The node is at *parent* and *name* here, or *removed*. *base* is what the service has of
    it as far as we know, and what the change may overwrite: None if it has nothing. *origin*
    is the place of *base*, in terms of here. *content*: the draft is to be uploaded. *times*:
    only the modification time is to be set.
    """

    number: InodeNumber
    kind: Kind
    parent: InodeNumber
    name: str
    is_symlink: bool = False
    base: Entry | None = None
    origin: tuple[InodeNumber, str] | None = None
    removed: bool = False
    content: bool = False
    times: int | None = None
    gives_way_to: InodeNumber | None = None  # removed because this node was renamed over it
    heading: tuple[InodeNumber, str] | None = None  # where a request that was begun puts it
    sent: Sent | None = None  # what the upload that was attempted consisted of
    failure: Failure | None = None
    began: float = field(default_factory=time.time)  # Unix time

    # Not recorded.
    draft: Draft | None = None
    transfer: Transfer | None = None  # of the upload that runs now
    running: bool = False
    attempts: int = 0
    since: float = 0.0  # trio's clock: when it last had nothing to do
    not_before: float = 0.0  # trio's clock: programs may not be done with it
    retry_at: float = 0.0  # trio's clock: the service is not to be asked again earlier
    listed_at: float | None = None  # trio's clock: when a removed folder's children were read
    trouble: str = ""  # what the last attempt met

    @property
    def attempted(self) -> bool:
        """Whether a request was begun that may have been carried out."""
        return self.heading is not None

    @property
    def moved(self) -> bool:
        """Whether the node has another place here than on the service."""
        return self.base is not None and self.origin != (self.parent, self.name)

    @property
    def pending(self) -> bool:
        """Whether there is anything to do."""
        if self.removed:
            return self.base is not None or self.attempted
        missing = self.base is None and (self.content or self.kind is Kind.FOLDER)
        return missing or self.moved or self.content or self.times is not None


def change_record(change: Change) -> str:
    """*change* as text."""
    values: dict[str, Any] = {
        "kind": change.kind.value,
        "parent": change.parent,
        "name": change.name,
        "symlink": change.is_symlink,
        "base": entry_values(change.base),
        "origin": change.origin,
        "removed": change.removed,
        "content": change.content,
        "times": change.times,
        "gives_way_to": change.gives_way_to,
        "heading": change.heading,
        "sent": astuple(change.sent) if change.sent else None,
        "failure": [change.failure.message, change.failure.errno] if change.failure else None,
        "began": change.began,
        "draft": _draft_record(change.draft) if change.content else None,
    }
    return json.dumps(values, separators=(",", ":"))


@dataclass(frozen=True, slots=True)
class DraftRecord:
    """A draft's layers as `Draft.record` tells them, and the version that shows through them.

    That is not always the change's base: that one may be gone, or somebody else's by now.
    """

    layers: list[Any]
    base: Entry | None


def change_from_record(number: int, record: str) -> tuple[Change, DraftRecord | None]:
    """The change that `change_record` wrote, and the record of its draft."""
    values = json.loads(record)
    change = Change(
        number=InodeNumber(number),
        kind=Kind(values["kind"]),
        parent=InodeNumber(values["parent"]),
        name=values["name"],
        is_symlink=values["symlink"],
        base=entry_from_values(values["base"]),
        origin=_place(values["origin"]),
        removed=values["removed"],
        content=values["content"],
        times=values["times"],
        gives_way_to=values["gives_way_to"],
        heading=_place(values["heading"]),
        sent=Sent(*values["sent"]) if values["sent"] else None,
        failure=Failure(*values["failure"]) if values["failure"] else None,
        began=values["began"],
    )
    draft = values["draft"]
    return change, None if draft is None else DraftRecord(draft[0], entry_from_values(draft[1]))


def _draft_record(draft: Draft | None) -> list[Any] | None:
    if draft is None:
        return None
    return [draft.record(), entry_values(draft.base.entry if draft.base is not None else None)]


def _place(values: list[Any] | None) -> tuple[InodeNumber, str] | None:
    return (InodeNumber(values[0]), values[1]) if values else None
