"""What all emulators are: a service on two origins, over one store, with faults on cue."""

from abc import ABC, abstractmethod
from dataclasses import asdict, dataclass
from enum import Enum
from pathlib import Path
from typing import Any, ClassVar

from starlette.requests import Request
from starlette.responses import Response

from cloudfs.emulators.clock import Clock
from cloudfs.emulators.faults import Faults
from cloudfs.emulators.gate import Gate
from cloudfs.emulators.received import Origin, RequestLog
from cloudfs.emulators.routing import Match
from cloudfs.emulators.signing import Signer
from cloudfs.emulators.store import Store


@dataclass(frozen=True)
class Binned:
    """Something in a recycle bin, as a test sees it."""

    name: str  # what the service calls it there
    path: str  # where it was
    folder: bool
    size: int


class Emulator(ABC):
    """A server for one service; `server.serving` puts it on the network.

    A subclass says which request is for which route (`match`) and answers it; the methods
    under "In the same process" are for tests, and do what a second user of the account
    would have done, without a request. What the service would refuse, they refuse with an
    exception of its own.
    """

    type: ClassVar[str]
    token_headers: ClassVar[tuple[str, ...]] = ()  # lower-case names, besides Authorization
    algorithm: ClassVar[str] = "md5"  # hash by which the service knows contents
    base_path: ClassVar[str] = ""  # of the API, where a client's `url` has one

    # The account that a new emulator of this type has.
    login: ClassVar[str]
    password: ClassVar[str]

    def __init__(self, root: Path, *, settings: Any = None, clock: Clock | None = None) -> None:
        self.root = root
        self.settings = settings
        self.clock = clock or Clock()
        self.store = Store(root, self.clock, algorithm=self.algorithm, key_of_name=self.key_of_name)
        self.signer = Signer.at(root / "signing.key", self.clock)
        self.faults = Faults()
        self.requests = RequestLog()
        self.api = Gate(self, Origin.API)
        self.objects = Gate(self, Origin.STORE)

        # Set by `server`: where the objects are served. `store_url` wins, for proxies.
        self.store_port = 0
        self.store_url = ""

    def close(self) -> None:
        """Close the store."""
        self.store.close()

    @staticmethod
    def key_of_name(name: str) -> str:
        """What names are compared by: the name itself where case matters."""
        return name

    def store_base(self, request: Request) -> str:
        """The base of signed URLs for whoever sent *request*: reached by the same host."""
        if self.store_url:
            return self.store_url
        host = request.url.hostname or "127.0.0.1"
        host = f"[{host}]" if ":" in host else host
        return f"{request.url.scheme}://{host}:{self.store_port}"

    @classmethod
    def default_account(cls) -> dict[str, str]:
        """The account that a new emulator has, as settings of a client name it."""
        return {"username": cls.login, "password": cls.password}

    # Answering.

    @abstractmethod
    def match(self, origin: Origin, method: str, segments: tuple[str, ...]) -> Match[Any]:
        """The route of a request. Raises NoRoute or WrongMethod."""

    @abstractmethod
    async def answer(self, origin: Origin, request: Request, match: Match[Any]) -> Response:
        """The answer to a request."""

    async def prepare(self, request: Request) -> None:  # noqa: B027 - most tokens are in headers
        """Read what `token_of` needs to know of a request."""

    @abstractmethod
    def error(self, status: int, code: str | None) -> Response:
        """An error of the API, in the service's form."""

    def error_for(self, request: Request, status: int, code: str | None) -> Response:  # noqa: ARG002 - same form for all, mostly
        """An error of the API, in the form of the answers to such a request."""
        return self.error(status, code)

    @abstractmethod
    def store_error(self, status: int, code: str | None) -> Response:
        """An error of the object store, in its form."""

    # For faults.

    @abstractmethod
    def token_of(self, request: Request) -> str | None:
        """What tells this request's token from others."""

    @abstractmethod
    def link_of(self, request: Request) -> str | None:
        """What tells the signed URL of this request from others. Asked on both origins."""

    @abstractmethod
    def refuse_token(self, request: Request) -> Response:
        """Make the token of a request worthless, and answer so."""

    @abstractmethod
    def refuse_link(self) -> Response:
        """Answer that a signed URL is too old."""

    # In the same process. A login of None is that of the first account.

    @abstractmethod
    def add_account(
        self,
        login: str,
        password: str,
        *,
        userid: int | None = None,
        name: str = "",
        quota: int | None = None,
    ) -> int:
        """A new account; returns its number. Raises sqlite3.IntegrityError if taken."""

    @abstractmethod
    def logins(self) -> list[str]:
        """The logins of all accounts."""

    @abstractmethod
    def tree(self, login: str | None = None) -> dict[str, bytes | None]:
        """What an account holds: by path the content of a file, None for a folder."""

    @abstractmethod
    def bin(self, login: str | None = None) -> list[Binned]:
        """What is in an account's recycle bin, newest first."""

    @abstractmethod
    def write(self, path: str, data: bytes, login: str | None = None) -> None:
        """Create a file, or give it a new content; missing folders are made."""

    @abstractmethod
    def make_folder(self, path: str, login: str | None = None) -> None:
        """Create a folder."""

    @abstractmethod
    def move(self, path: str, to: str, login: str | None = None) -> None:
        """Give a file or a folder another path, where nothing is."""

    @abstractmethod
    def remove(self, path: str, login: str | None = None) -> None:
        """Move a file or a folder into the bin."""

    def revoke_tokens(self) -> None:
        """Make the tokens of all accounts worthless."""
        with self.store.transaction():
            self.store.tokens.revoke_all()

    def configuration(self) -> dict[str, Any]:
        """The settings by name, in values that JSON knows."""
        found = {name: _plain(value) for name, value in asdict(self.settings).items()}
        return {**found, "store_url": self.store_url}

    def configure(self, **changes: Any) -> None:
        """Change settings, from now on. Raises ValueError for unknown names and bad values."""
        wanted: dict[str, Any] = {}
        known = {**asdict(self.settings), "store_url": self.store_url}
        for name, value in changes.items():
            if name not in known:
                raise ValueError(f"there is no setting {name!r}")
            wanted[name] = _like(known[name], value)
        self.store_url = wanted.pop("store_url", self.store_url)
        for name, value in wanted.items():
            setattr(self.settings, name, value)


def _plain(value: Any) -> Any:
    return sorted(value) if isinstance(value, frozenset) else value


def _like(present: Any, value: Any) -> Any:
    kind = type(present)
    if kind is float and isinstance(value, int):
        return float(value)
    if kind is frozenset and isinstance(value, list):
        return frozenset(value)
    if issubclass(kind, Enum):
        return kind(value)
    if type(value) is not kind:
        raise ValueError(f"{value!r} is no {kind.__name__}")
    return value
