"""Sign-in: find the team, log in with a digest of the password, keep the session (reference 2)."""

import hashlib
from collections.abc import MutableMapping
from dataclasses import dataclass
from typing import Any

import trio

from cloudfs.errors import AccessDenied, BadReply, LoginFailed
from cloudfs.http.session import Session, Token, TokenRejected
from cloudfs.providers.cloud689 import values
from cloudfs.providers.cloud689.connection import Connection
from cloudfs.providers.cloud689.refusals import NoSuchTeam
from cloudfs.providers.cloud689.settings import Cloud689Settings
from cloudfs.providers.cloud689.times import Zones, hours_of

TOKEN_NOTE = "token"  # noqa: S105 - the name of a note, not a secret
ACCOUNT_NOTE = "account"


@dataclass(frozen=True, slots=True)
class Team:
    """A team that an address belongs to."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class User:
    """Whose account it is: of all that is told (reference 2.4) only what is needed.

    The rest holds a digest of the password, and is dropped at once.
    """

    id: str
    zones: Zones


class Auth:
    """The session of one account, kept in *notes* so that a later mount needs no login."""

    def __init__(self, settings: Cloud689Settings, notes: MutableMapping[str, str]) -> None:
        self._settings = settings
        self._notes = notes
        self.session = Session(self._renew, kept=self._kept)
        self._asking = trio.Lock()

        # Given later, as it needs the session.
        self._connection: Connection

        # Changing.
        self._team_id = settings.team_id
        self._user: User | None = None

    def use(self, connection: Connection) -> None:
        """Send what there is to send by *connection*."""
        self._connection = connection
        account = f"{connection.url} {self._settings.username} "
        account += self._settings.team_id or self._settings.team
        if self._notes.get(ACCOUNT_NOTE) != account:
            self._notes.clear()
            self._notes[ACCOUNT_NOTE] = account

    @property
    def user_id(self) -> str:
        """The id of the user; "" as long as it was not asked for."""
        return "" if self._user is None else self._user.id

    async def user(self) -> User:
        """Whose account it is, and in which zone; asked once (reference 2.4)."""
        if self._user is None:
            async with self._asking:
                if self._user is None:
                    answer = await self._connection.post("user/info", again=True)
                    self._user = user_of(answer.result, browse=self._settings.browse_times)
        return self._user

    async def zones(self) -> Zones:
        """The zones that times are in."""
        return (await self.user()).zones

    async def log_out(self) -> None:
        """End the session, under both names that the token may have there (reference 2.3)."""
        token = self._notes.get(TOKEN_NOTE)
        if token is None:
            return
        self._notes.pop(TOKEN_NOTE, None)
        self.session.forget()
        await self._connection.public(
            "user/logout", {"access_token": token, "auth_token": token}, again=False
        )

    async def _renew(self) -> Token:
        self._notes.pop(TOKEN_NOTE, None)
        try:
            if not self._team_id:
                self._team_id = await self._find_team()
            token = await self._log_in(self._team_id)
        except NoSuchTeam:
            self._team_id = self._settings.team_id  # what was found may have gone since
            raise
        except LoginFailed:
            raise
        except (AccessDenied, TokenRejected) as error:
            raise LoginFailed(f"the service refuses to sign in: {error}") from error
        self._notes[TOKEN_NOTE] = token
        return Token(token)

    def _kept(self) -> Token | None:
        kept = values.token(self._notes.get(TOKEN_NOTE))
        return Token(kept, issued=False) if kept else None

    async def _find_team(self) -> str:
        answer = await self._connection.public(
            "user/login/checkmail", {"email_address": self._settings.username}
        )
        return chosen(teams_of(answer.result), self._settings.team)

    async def _log_in(self, team_id: str) -> str:
        digest = hashlib.md5(self._settings.password.encode(), usedforsecurity=False).hexdigest()
        answer = await self._connection.public(
            "user/login",
            {
                "email_address": self._settings.username,
                "password": digest,
                "team_id": team_id,
                "keep_me_login": self._settings.keep_me_login,
            },
        )
        return session_of(answer.result)


def teams_of(value: Any) -> tuple[Team, ...]:
    """The teams of an address (reference 2.1)."""
    found = []
    for item in values.array(value):
        members = values.optional_record(item)
        if team_id := values.identifier(members.get("team_id")):
            found.append(Team(team_id, values.text(members.get("team_name")) or ""))
    return tuple(found)


def chosen(teams: tuple[Team, ...], wanted: str) -> str:
    """The id of the *wanted* team, by id or name, or of the only one. Raises NoSuchTeam."""
    if wanted:
        for matches in (
            [team.id for team in teams if team.id == wanted],
            [team.id for team in teams if team.name == wanted],
        ):
            if len(matches) == 1:
                return matches[0]
    elif len(teams) == 1:
        return teams[0].id
    names = ", ".join(f"{team.name} ({team.id})" for team in teams) or "none"
    raise NoSuchTeam(f"set team to the team to sign in to; the address belongs to {names}")


def session_of(value: Any) -> str:
    """The session that a login has begun: what every call takes as its token (2.2)."""
    found = values.token(values.record(value).get("session_id"))
    if found is None:
        raise BadReply("the answer to the login holds no session")
    return found


def user_of(value: Any, *, browse: str) -> User:
    """What matters of a user."""
    members = values.record(value)
    hours = hours_of(members.get("time_zone"))
    return User(
        values.identifier(members.get("user_id")) or "",
        Zones(hours, browse_utc=browse == "utc"),
    )
