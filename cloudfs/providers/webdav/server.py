"""What servers do differently, and which one this is (reference 2, 3, 5, 6).

A server that is not recognised counts as one that does nothing beyond the standard's
musts: it ignores conditions, writes in place, and says 201 to everything.
"""

import json
import re
from collections.abc import Mapping, MutableMapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from cloudfs.model import EntryId
from cloudfs.providers.base import Capabilities, NameRules, Verb
from cloudfs.providers.webdav.paths import Collection, segments_of

SECOND = 1_000_000_000

NOTE = "server"


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """How one server behaves; the defaults are those of an unknown one."""

    conditions: bool = False  # does it honour If-Match and If-None-Match of changing requests?
    checks_missing: bool = True  # is If-Match on a file that is gone refused?
    binds_target: bool = False  # does If-Match of a MOVE count for what it replaces, too?
    atomic_put: bool = False  # does a broken upload leave everything as it was?
    mkcol_refuses: bool = False  # is MKCOL of what exists refused?
    makes_parents: bool = False  # does MOVE or COPY create a missing target folder?
    one_etag: bool = False  # is a file's ETag the same in PROPFIND and GET?
    lost_in_destination: str = ""  # characters that it misreads in a Destination header
    hides_dotfiles: bool = False  # are names that start with a dot left out of listings?
    mtime_header: str = "X-OC-Mtime"  # what may carry a modification time; ignored by most
    keeps_times: bool = False  # is it known to honour that header?

    def can_place(self, base: Collection, target: EntryId) -> bool:
        """Whether MOVE and COPY reach *target*, and not something of a shorter name."""
        names = base.segments + segments_of(target)
        return not any(lost in name for lost in self.lost_in_destination for name in names)

    def names(self) -> NameRules:
        """Which names can be stored, moved, and seen again in a listing."""
        forbidden = frozenset(self.lost_in_destination)
        if self.hides_dotfiles:
            return ShownNames(forbidden=forbidden)
        return NameRules(forbidden=forbidden)


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownNames(NameRules):
    """The names that a server shows that hides those with a dot in front."""

    def problem(self, name: str) -> str | None:
        if name.startswith("."):
            return "starts with a dot, and this server would not list it"
        return NameRules.problem(self, name)


UNKNOWN = ""
SABRE = "sabre"  # Nextcloud and ownCloud

PROFILES: Mapping[str, Profile] = {
    UNKNOWN: Profile(),
    "wsgidav": Profile(
        conditions=True,
        checks_missing=False,
        binds_target=True,
        mkcol_refuses=True,
        one_etag=True,
        lost_in_destination="?;",  # it decodes the header before it takes it apart
    ),
    "apache": Profile(conditions=True, atomic_put=True, mkcol_refuses=True, one_etag=True),
    "nginx": Profile(
        atomic_put=True,
        mkcol_refuses=True,
        makes_parents=True,
        hides_dotfiles=True,
        mtime_header="Date",
        keeps_times=True,
    ),
    "rclone": Profile(one_etag=True),
    SABRE: Profile(
        conditions=True, atomic_put=True, mkcol_refuses=True, one_etag=True, keeps_times=True
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class CloudAccount:
    """An account on Nextcloud or ownCloud (reference 9)."""

    product: str  # "nextcloud" or "owncloud"
    version: str  # "28.0.1"; "" if it is not told
    endpoint: str  # https://HOST/remote.php/dav/
    user: str  # the internal id
    below: str = "/"  # the base collection as a path in the account's files
    trash: bool = False
    versions: bool = False

    @property
    def major(self) -> int:
        """The first number of the version; 0 if it is not told."""
        match = re.match(r"\d{1,6}", self.version)
        return int(match[0]) if match else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """What is known of the server at *url*."""

    url: str
    profile: str = UNKNOWN
    locks: bool = False  # class 2
    quota: bool = False
    keeps_times: bool = False
    allprop: bool = False  # it refuses to be asked for single properties
    account: CloudAccount | None = None


class Server:
    """The server behind an account: what was found out about it, kept in the notes."""

    def __init__(self, url: str, notes: MutableMapping[str, str]) -> None:
        self._notes = notes
        self.found = _remembered(notes.get(NOTE, ""), url)

    @property
    def profile(self) -> Profile:
        """How the server behaves."""
        return PROFILES[self.found.profile]

    def learn(self, **facts: Any) -> None:
        """Keep facts about the server, fields of `Findings`."""
        self.found = replace(self.found, **facts)
        text = json.dumps(asdict(self.found), sort_keys=True)
        if self._notes.get(NOTE) != text:
            self._notes[NOTE] = text


def recognised(headers: Mapping[str, str]) -> str:
    """Name of the profile that the headers of an answer to OPTIONS fit."""
    name = headers.get("server", "").lower()
    if "wsgidav" in name:
        return "wsgidav"
    if name.startswith("rclone/"):
        return "rclone"
    # In front of something else, Apache and nginx show their own name but its DAV header.
    offered = _classes(headers)
    if name.startswith("apache") and "<http://apache.org/dav/propset/fs/1>" in offered:
        return "apache"
    if name.startswith("nginx") and offered == {"2"}:
        return "nginx"
    return UNKNOWN


def keeps_times(headers: Mapping[str, str], profile: str) -> bool:
    """Whether a server that calls itself so holds the modification times it is sent."""
    match = re.match(r"rclone/v1\.(\d{1,4})\.", headers.get("server", ""))
    if match and profile == "rclone":
        return int(match[1]) >= 63
    return PROFILES[profile].keeps_times


def offers_locks(headers: Mapping[str, str]) -> bool:
    """Whether the server is of class 2."""
    return "2" in _classes(headers)


def _classes(headers: Mapping[str, str]) -> set[str]:
    return {part.strip() for part in headers.get("dav", "").split(",") if part.strip()}


def sharpened(most: Capabilities, server: Server, *, atomic_put: bool, locks: bool) -> Capabilities:
    """What this server can do, of the *most* that any can.

    Under a temporary name, a new file is put in place by a MOVE that every server refuses if
    the name is taken; a file replaced that way is compared just before only.
    """
    found, profile = server.found, server.profile
    conditional: set[Verb] = set()
    indirect = atomic_put and not profile.atomic_put
    locked = locks and found.locks
    if profile.conditions or atomic_put:
        conditional.add(Verb.CREATE)
    if (profile.conditions and not indirect) or locked:
        conditional.add(Verb.REPLACE)
    if profile.conditions:
        conditional.add(Verb.MOVE)
    if profile.conditions or locked:
        conditional.add(Verb.REMOVE)
    cloud = found.profile == SABRE
    return replace(
        most,
        names=profile.names(),
        conditional=frozenset(conditional),
        modified_step_ns=SECOND if found.keeps_times else None,
        quota=found.quota,
        keeps_versions=found.account is not None and found.account.versions,
        checksum=most.checksum if cloud else None,
        listing_tags=cloud,
        set_modified=cloud,
    )


def _remembered(text: str, url: str) -> Findings:
    """What the notes say, if they are about this url and can be understood."""
    try:
        kept = json.loads(text)
        account = kept.pop("account")
        findings = Findings(**kept, account=CloudAccount(**account) if account else None)
    except (ValueError, TypeError, KeyError, AttributeError):
        return Findings(url=url)
    if findings.url != url or findings.profile not in PROFILES:
        return Findings(url=url)
    return findings
