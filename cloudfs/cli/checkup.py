"""One check after the other, each with its time, its requests, and what came of it."""

from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass
from enum import Enum

import trio

from cloudfs.errors import CloudError, ConfigError, unwrapped

PATIENCE = 120.0  # seconds for one check


class State(Enum):
    """What came of a check."""

    OK = "ok"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Check:
    """A check that is over."""

    name: str
    state: State
    seconds: float
    requests: int
    detail: str


class Skipped(Exception):
    """A check cannot be made here; the text tells why."""


class Failed(Exception):
    """Something answered, but not what it should have; the text tells what."""


Work = Callable[[], Awaitable[str]]


class Checkup:
    """Makes checks and tells what came of each. None ends the others."""

    def __init__(self, tell: Callable[[Check], None]) -> None:
        self._tell = tell

        # Known as soon as there is a provider.
        self.requests: Callable[[], int] = lambda: 0
        self.secrets: Collection[str] = ()  # never shown, wherever they come up

        # Changing.
        self.checks: list[Check] = []

    async def run(self, name: str, work: Work) -> bool:
        """Whether *work* did not fail; what it returns is told."""
        began, before = trio.current_time(), self.requests()
        state, detail = await _outcome(work)
        seconds = trio.current_time() - began
        for secret in self.secrets:
            detail = detail.replace(secret, "***")
        check = Check(name, state, seconds, self.requests() - before, detail)
        self.checks.append(check)
        self._tell(check)
        return state is not State.FAILED

    @property
    def failed(self) -> int:
        """How many checks failed."""
        return sum(check.state is State.FAILED for check in self.checks)


async def _outcome(work: Work) -> tuple[State, str]:
    try:
        with unwrapped(), trio.fail_after(PATIENCE):
            detail = await work()
    except Skipped as reason:
        return State.SKIPPED, str(reason)
    except trio.TooSlowError:
        return State.FAILED, f"no answer within {PATIENCE:.0f} seconds"
    except (CloudError, ConfigError, Failed, OSError) as error:
        return State.FAILED, " ".join(str(error).split()) or type(error).__name__
    except Exception as error:  # noqa: BLE001 - a bug in one call says nothing about the others
        return State.FAILED, f"an internal error: {type(error).__name__}: {error}"
    return State.OK, detail
