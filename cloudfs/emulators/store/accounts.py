"""Accounts, their logins, and the tokens they were given."""

import secrets
from dataclasses import dataclass

from cloudfs.emulators.clock import Clock
from cloudfs.emulators.store.database import Database


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody who may sign in."""

    id: int
    name: str
    password: str
    quota: int | None  # bytes; None: what the emulator's settings say
    created: int
    last_login: int
    failures: int
    locked_until: int


@dataclass(frozen=True, slots=True)
class Token:
    """What was handed out at a login."""

    token: str
    id: str
    account: int
    created: int
    expires: int | None
    label: str


@dataclass(frozen=True, slots=True)
class Usage:
    """Space that an account's contents take, in bytes."""

    live: int  # what counts of every file that is not in the bin
    history: int  # earlier versions, and everything in the bin


class Accounts:
    """All accounts of a store."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def add(
        self,
        login: str,
        password: str,
        *,
        name: str = "",
        account_id: int | None = None,
        quota: int | None = None,
    ) -> Account:
        """A new account. Raises sqlite3.IntegrityError if the login or the id is taken."""
        cursor = self._database.run(
            "INSERT INTO accounts (id, name, password, quota, created) VALUES (?, ?, ?, ?, ?)",
            account_id,
            name or login,
            password,
            quota,
            self._clock.now_ms(),
        )
        assert cursor.lastrowid is not None
        self._database.run("INSERT INTO logins VALUES (?, ?)", login, cursor.lastrowid)
        return self.get(cursor.lastrowid)

    def add_login(self, account_id: int, login: str) -> None:
        """Another login of an account. Raises sqlite3.IntegrityError if it is taken."""
        self._database.run("INSERT INTO logins VALUES (?, ?)", login, account_id)

    def get(self, account_id: int) -> Account:
        """The account of that id. Raises KeyError."""
        row = self._database.row(
            "SELECT id, name, password, quota, created, last_login, failures, locked_until"
            " FROM accounts WHERE id = ?",
            account_id,
        )
        if row is None:
            raise KeyError(f"no account {account_id}")
        return Account(*row)

    def all(self) -> list[Account]:
        """All accounts, oldest first."""
        rows = self._database.rows("SELECT id FROM accounts ORDER BY created, id")
        return [self.get(row["id"]) for row in rows]

    def find(self, login: str) -> Account | None:
        """The account with that login."""
        found = self._database.value("SELECT account FROM logins WHERE login = ?", login)
        return None if found is None else self.get(found)

    def logins(self, account_id: int) -> list[str]:
        """The logins of an account."""
        rows = self._database.rows(
            "SELECT login FROM logins WHERE account = ? ORDER BY rowid", account_id
        )
        return [row["login"] for row in rows]

    def note_login(self, account_id: int) -> None:
        """A login succeeded: earlier refusals are forgotten."""
        self._database.run(
            "UPDATE accounts SET failures = 0, locked_until = 0, last_login = ? WHERE id = ?",
            self._clock.now_ms(),
            account_id,
        )

    def note_refusal(self, account_id: int, *, failures: int, locked_until: int) -> None:
        """A login was refused, the *failures*-th in a row."""
        self._database.run(
            "UPDATE accounts SET failures = ?, locked_until = ? WHERE id = ?",
            failures,
            locked_until,
            account_id,
        )

    def set_quota(self, account_id: int, quota: int | None) -> None:
        """Give an account another quota."""
        self._database.run("UPDATE accounts SET quota = ? WHERE id = ?", quota, account_id)

    def stamp(self, account_id: int) -> int:
        """A time in ms that no earlier stamp of this account has, nor a greater one."""
        stamp = self._database.value(
            "UPDATE accounts SET stamp = max(?, stamp + 1) WHERE id = ? RETURNING stamp",
            self._clock.now_ms(),
            account_id,
        )
        assert isinstance(stamp, int)
        return stamp

    def live_bytes(self, account_id: int) -> int:
        """The size of every file of the account that is not in the bin."""
        used = self._database.value("SELECT used FROM accounts WHERE id = ?", account_id)
        assert isinstance(used, int)
        return used

    def usage(self, account_id: int) -> Usage:
        """The space that the account takes, history included."""
        everything = self._database.value(
            "SELECT coalesce(sum(b.size), 0) FROM nodes n JOIN versions v ON v.node = n.id"
            " JOIN blobs b ON b.id = v.blob WHERE n.owner = ?",
            account_id,
        )
        live = self.live_bytes(account_id)
        return Usage(live, everything - live)


class Tokens:
    """All tokens of a store."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def issue(
        self, account_id: int, *, ttl: float | None, label: str = "", text: str | None = None
    ) -> Token:
        """A new token, good for *ttl* seconds; None: for ever. *text* makes it a known one."""
        now = self._clock.now_ms()
        expires = None if ttl is None else now + round(ttl * 1000)
        text = secrets.token_hex(16) if text is None else text
        token = Token(text, secrets.token_hex(12), account_id, now, expires, label)
        self._database.run(
            "INSERT INTO tokens VALUES (?, ?, ?, ?, ?, ?)",
            token.token,
            token.id,
            token.account,
            token.created,
            token.expires,
            token.label,
        )
        return token

    def find(self, token: str) -> Token | None:
        """The token of that text, unless its time is over."""
        row = self._database.row(
            "SELECT token, id, account, created, expires, label FROM tokens"
            " WHERE token = ? AND (expires IS NULL OR expires > ?)",
            token,
            self._clock.now_ms(),
        )
        return None if row is None else Token(*row)

    def look_up(self, token: str) -> Token | None:
        """The token of that text, even if its time is over."""
        row = self._database.row(
            "SELECT token, id, account, created, expires, label FROM tokens WHERE token = ?", token
        )
        return None if row is None else Token(*row)

    def extend(self, token: str, ttl: float) -> None:
        """Let a token be good for *ttl* seconds from now; 0: no longer."""
        expires = self._clock.now_ms() + round(ttl * 1000)
        self._database.run("UPDATE tokens SET expires = ? WHERE token = ?", expires, token)

    def of(self, account_id: int) -> list[Token]:
        """The valid tokens of an account, oldest first."""
        rows = self._database.rows(
            "SELECT token, id, account, created, expires, label FROM tokens"
            " WHERE account = ? AND (expires IS NULL OR expires > ?) ORDER BY created, rowid",
            account_id,
            self._clock.now_ms(),
        )
        return [Token(*row) for row in rows]

    def revoke(self, token: str) -> bool:
        """Make a token worthless. False if it was already."""
        return self._database.run("DELETE FROM tokens WHERE token = ?", token).rowcount > 0

    def revoke_all(self) -> None:
        """Make every token worthless."""
        self._database.run("DELETE FROM tokens")
