"""Teams and users as they are kept (reference 1 and 2).

The store has an account for each team, which owns what is in the team's projects, and one for
each user. Somebody who is in two teams with one address is two users.
"""

from dataclasses import asdict, dataclass
from enum import IntEnum

from cloudfs.emulators.cloud689.ids import Kind, id_of, number_of
from cloudfs.emulators.store import Store
from cloudfs.emulators.store.records import Record

_TEAM, _USER = "team", "user"  # kinds of records


class TeamRole(IntEnum):
    """What somebody is in a team (reference 4.2)."""

    ADMIN = 1
    MANAGER = 2
    MEMBER = 3


@dataclass(frozen=True, slots=True)
class Team:
    """A team."""

    number: int  # of its account in the store
    name: str

    @property
    def id(self) -> str:
        """The id of the team."""
        return id_of(Kind.TEAM, self.number)


@dataclass(frozen=True, slots=True)
class User:
    """Somebody in a team."""

    number: int  # of the account in the store
    team: int  # number of the team
    email: str
    first_name: str
    last_name: str
    role: TeamRole
    time_zone: int | None  # hours ahead of UTC; None: what the settings say

    @property
    def id(self) -> str:
        """The id of the user."""
        return id_of(Kind.USER, self.number)

    @property
    def name(self) -> str:
        """First and last name."""
        return f"{self.first_name} {self.last_name}".strip()


class People:
    """The teams of a store, and the users in them."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def add_team(self, name: str, number: int | None = None) -> Team:
        """A new team. Raises sqlite3.IntegrityError if the number is taken."""
        # Whatever no address can be; nobody signs in as a team.
        login = f"team {len(self._store.accounts.all())}"
        account = self._store.accounts.add(login, "", name=name, account_id=number)
        self._store.records.put(_TEAM, str(account.id), account.id, {"name": name})
        return Team(account.id, name)

    def add_user(
        self,
        team: Team,
        email: str,
        password: str,
        *,
        number: int | None,
        name: str,
        role: TeamRole,
        time_zone: int | None,
    ) -> User:
        """A new user. Raises sqlite3.IntegrityError if the team has one, or the number is taken."""
        login = _login(team.number, email)
        account = self._store.accounts.add(login, password, name=name, account_id=number)
        first, _, last = (name or email.partition("@")[0]).partition(" ")
        user = User(account.id, team.number, email, first, last, role, time_zone)
        self._store.records.put(_USER, str(user.number), user.number, asdict(user))
        return user

    def team(self, text: str) -> Team | None:
        """The team of that id."""
        number = number_of(Kind.TEAM, text)
        return None if number is None else self.team_numbered(number)

    def team_numbered(self, number: int) -> Team | None:
        """The team of that number."""
        record = self._store.records.get(_TEAM, str(number))
        return None if record is None else Team(number, record.data["name"])

    def teams(self) -> list[Team]:
        """All teams, oldest first."""
        records = self._store.records.of(_TEAM)
        return [Team(record.account, record.data["name"]) for record in records]

    def user(self, number: int) -> User:
        """The user of that number."""
        record = self._store.records.get(_USER, str(number))
        assert record is not None, f"there is no user {number}"
        return _user(record)

    def users(self, team: int | None = None) -> list[User]:
        """The users of a team, or of all, oldest first."""
        found = map(_user, self._store.records.of(_USER))
        return [user for user in found if team in {None, user.team}]

    def find(self, team: int, email: str) -> User | None:
        """The user of a team who has that address."""
        account = self._store.accounts.find(_login(team, email))
        return None if account is None else self.user(account.id)


def _login(team: int, email: str) -> str:
    return f"{team} {email}"


def _user(record: Record) -> User:
    data = record.data
    return User(**{**data, "role": TeamRole(data["role"])})
