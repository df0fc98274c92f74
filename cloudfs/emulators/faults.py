"""Faults on cue: which requests go wrong, and how.

A `Rule` names requests (all that it leaves open match), then which of those: the *nth*, each
*every*-th, at most *count* of them, or all. `effects` carries it out. Latency is added to
whatever else happens; of all other kinds the first rule that fires wins.
"""

from dataclasses import dataclass, field, fields
from enum import StrEnum
from itertools import count
from typing import Any

from cloudfs.emulators.received import Origin, Received


class Kind(StrEnum):
    """What goes wrong."""

    STATUS = "status"  # answers *status* (and *code*, *retry_after*), does nothing
    RESET = "reset"  # the connection is reset, nothing was done
    RESET_AFTER = "reset_after"  # it was done, then the connection is reset
    STALL = "stall"  # no answer for *seconds*, then a reset
    LATENCY = "latency"  # *seconds* later, else as usual
    HALF_BODY = "half_body"  # the connection ends in the middle of the answer, or *after* bytes
    CUT_UPLOAD = "cut_upload"  # the connection is reset *after* bytes of the request's body
    WRONG_LENGTH = "wrong_length"  # *delta* bytes more than it should be, consistently told
    WRONG_RANGE = "wrong_range"  # Content-Range speaks of other bytes
    EXPIRED_LINK = "expired_link"  # a signed URL is refused as if its time were over
    EXPIRED_TOKEN = "expired_token"  # noqa: S105 - refused, and worthless from then on
    HTML = "html"  # 200 with a page, as from a captive portal; does nothing
    MALFORMED_JSON = "malformed_json"  # it was done, but the answer is cut off cleanly
    HUGE_HEADER = "huge_header"  # the answer has a header of *size* bytes


@dataclass(slots=True, kw_only=True)
class Rule:
    """When which fault happens."""

    kind: Kind

    # Which requests.
    route: str | None = None  # key of the route, or its label
    method: str | None = None
    path: str | None = None  # how the decoded path begins
    origin: Origin | None = None

    # Which of those.
    nth: int | None = None  # only this one, 1 for the first
    every: int | None = None
    count: int | None = None  # at most so many
    uses: int | None = None  # those of one token or link after so many, counted for each

    # Details of some kinds.
    status: int = 500
    code: str | None = None
    retry_after: float | None = None  # seconds
    seconds: float = 30.0
    delta: int = -1
    after: int | None = None
    size: int = 256 * 1024

    # Changing.
    id: int = 0
    seen: int = 0  # requests that matched
    fired: int = 0
    used: dict[str, int] = field(default_factory=dict, repr=False)  # by token or link

    def __post_init__(self) -> None:
        self.kind = Kind(self.kind)
        self.origin = None if self.origin is None else Origin(self.origin)

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> "Rule":
        """The rule that *value* describes. Raises TypeError or ValueError."""
        return cls(**{name: value[name] for name in value if name not in _CHANGING | {"id"}})

    def as_json(self) -> dict[str, Any]:
        """What may be shown."""
        return {f.name: getattr(self, f.name) for f in fields(self) if f.name != "used"}

    def matches(self, received: Received) -> bool:
        """Whether the rule is about this request."""
        return (
            self.route in {None, received.route, received.label}
            and self.method in {None, received.method}
            and self.origin in {None, received.origin}
            and received.path.startswith(self.path or "")
            and (self.kind != Kind.EXPIRED_TOKEN or received.token is not None)
            and (self.kind != Kind.EXPIRED_LINK or received.link is not None)
        )

    def is_due(self, received: Received) -> bool:
        """Whether it happens now; called once for each request that matches."""
        self.seen += 1
        if self.uses is not None and not self._used_up(received):
            return False
        return (
            self.nth in {None, self.seen}
            and (self.every is None or self.seen % self.every == 0)
            and (self.count is None or self.fired < self.count)
        )

    def _used_up(self, received: Received) -> bool:
        key = received.token if self.kind == Kind.EXPIRED_TOKEN else received.link
        if key is None:
            return False
        self.used[key] = self.used.get(key, 0) + 1
        return self.uses is not None and self.used[key] > self.uses


_CHANGING = {"seen", "fired", "used"}


class Faults:
    """The rules in force."""

    def __init__(self) -> None:
        self._ids = count(1)
        self._rules: list[Rule] = []

    def add(self, rule: Rule) -> Rule:
        """Put a rule in force, behind those that are."""
        rule.id = next(self._ids)
        self._rules.append(rule)
        return rule

    def all(self) -> list[Rule]:
        """The rules in force."""
        return list(self._rules)

    def remove(self, rule_id: int) -> bool:
        """Put a rule out of force. False if there is none of that id."""
        before = len(self._rules)
        self._rules = [rule for rule in self._rules if rule.id != rule_id]
        return len(self._rules) < before

    def clear(self) -> None:
        """Put all rules out of force."""
        self._rules.clear()

    def choose(self, received: Received) -> tuple[float, Rule | None]:
        """What this request suffers: seconds of latency, and at most one other fault."""
        latency = 0.0
        chosen: Rule | None = None
        for rule in self._rules:
            if not rule.matches(received) or not rule.is_due(received):
                continue
            if rule.kind == Kind.LATENCY:
                latency += rule.seconds
            elif chosen is None:
                chosen = rule
            else:
                continue
            rule.fired += 1
        return latency, chosen
