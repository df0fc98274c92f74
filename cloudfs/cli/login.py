"""login: set up a remote, or repair its login; nothing is stored that was not tried."""

import argparse
from collections.abc import MutableMapping
from contextlib import aclosing
from typing import Any

import trio

from cloudfs.cli.account import Account
from cloudfs.cli.asking import Asking, next_line, who_answers
from cloudfs.cli.output import Done, complain
from cloudfs.cli.storing import store
from cloudfs.config import Config, is_remote_name, load
from cloudfs.control import ask as tell
from cloudfs.errors import CloudError, ConfigError, LoginFailed, unwrapped
from cloudfs.http.client import Http
from cloudfs.mounting.folders import Folders, folders_of, holders
from cloudfs.mounting.notes import Notes
from cloudfs.providers.podspace import PodspaceSettings, sign_in_with_code
from cloudfs.providers.registry import SERVICES, create
from cloudfs.providers.settings import read

PODSPACE = "podspace"  # whose tokens are got with a code
MOST_TRIES = 3  # services lock accounts after a few refusals


def login(arguments: argparse.Namespace) -> None:
    """Ask for what is missing, try it against the service, and store it."""
    name = arguments.name.removesuffix(":")
    config = load()
    ask = who_answers()
    account = _account(config, name, arguments.type, ask)
    if arguments.phone and account.type != PODSPACE:
        raise ConfigError(f"--phone is for accounts of type {PODSPACE}; leave it out")
    for word in arguments.set:
        account.option(word)
    for secret in arguments.stdin:
        _from_input(account, secret, ask)
    account.complete(ask)
    folders = folders_of(name)
    notes = _Attempts(account, ask, arguments.phone, folders).succeed()
    kept = store(account, config.path, keyring=not arguments.no_keyring)
    _remember(Notes(folders.state / "notes.json"), notes)
    where = f"; in the keyring: {', '.join(kept)}" if kept else ""
    print(f"{name}: the service accepts the login; it is in {config.path}{where}")
    if account.has_secrets():
        _tell_mount(name)


class _Attempts:
    """Tries an account until the service takes it, the person gives up, or it goes too far."""

    def __init__(self, account: Account, ask: Asking, phone: str | None, folders: Folders) -> None:
        self._account = account
        self._ask = ask
        self._phone = phone
        # A token from before would hide that a new password is wrong.
        known = {} if account.given else dict(Notes(folders.state / "notes.json"))
        self._notes: MutableMapping[str, str] = known

    def succeed(self) -> MutableMapping[str, str]:
        """What the provider wants to remember. Raises Done if there is nothing to be done."""
        account = self._account
        if account.type == PODSPACE and (self._phone or not _has_token(account)):
            self._by_telephone()
        for left in reversed(range(MOST_TRIES)):
            try:
                self._try()
            except LoginFailed as error:
                if not (left and self._ask.interactive):
                    raise self._given_up(error) from error
                complain(str(error))
                self._doubt(error)
            except (CloudError, ConfigError) as error:
                raise self._given_up(error) from error
            else:
                break
        return self._notes

    def _doubt(self, error: LoginFailed) -> None:
        if self._account.type == PODSPACE:
            self._by_telephone()
            return
        before = self._account.table
        if not self._account.doubt(self._ask, error.wanted):
            raise self._given_up(error)  # the same once more only brings a lock nearer
        if self._account.table == before:
            self._notes = {}  # who types it again means it: forget that it was refused

    def _try(self) -> None:
        account = self._account
        table = dict(account.table)
        if "logout" in account.fields:
            table["logout"] = False  # the session is for the mount that comes
        with unwrapped():
            trio.run(_tried, account, table, self._notes)

    def _by_telephone(self) -> None:
        """Get tokens with a code that the service sends (PodSpace)."""
        account = self._account
        phone = self._phone
        if phone is None:
            if not self._ask.interactive:
                raise ConfigError(
                    "token is missing: give --phone NUMBER, and the code that is sent there on "
                    "standard input; or a token with --stdin token, and --stdin refresh_token"
                )
            phone = self._ask.text(
                "phone", "telephone number for a code; Enter: give a token instead", default=""
            )
        if not phone:
            account.give("token", self._ask.secret("token", "access token"))
            refresh = self._ask.secret("refresh_token", "refresh token, if any", optional=True)
            if refresh:
                account.give("refresh_token", refresh)
            else:
                account.forget("refresh_token")
        else:
            self._with_code(phone)
        self._notes = {}

    def _with_code(self, phone: str) -> None:
        account = self._account
        settings = read(PodspaceSettings, account.table, remote=account.name, service=account.type)

        async def sign_in() -> None:
            http = Http(allow_insecure=account.insecure)
            try:
                told = await sign_in_with_code(http, settings, phone, self._code)
            finally:
                await http.aclose()
            for name in ("token", "refresh_token", "device_uid"):
                if new := told.get(name):
                    account.give(name, new)
                else:
                    account.forget(name)

        try:
            with unwrapped():
                trio.run(sign_in)
        except (CloudError, ConfigError) as error:
            raise self._given_up(error) from error

    async def _code(self, question: str) -> str:
        return self._ask.code(question)

    def _given_up(self, error: Exception) -> Done:
        name = self._account.name
        what = f"{name} is not stored" if self._account.is_new else f"{name} is left as it was"
        advice = ""
        if isinstance(error, LoginFailed) and not self._ask.interactive:
            wanted = error.wanted
            if wanted is not None and self._account.is_secret(wanted):
                advice = f"; `cloudfs login` takes it with --stdin {wanted}"
            elif wanted is not None:
                advice = f"; `cloudfs login` takes it with --set {wanted}=TEXT"
            elif self._account.type == PODSPACE:
                advice = "; --phone NUMBER gets a new token"
        complain(f"{what}: {' '.join(str(error).split())}{advice}")
        return Done(2 if isinstance(error, ConfigError) else 1)


async def _tried(account: Account, table: dict[str, Any], notes: MutableMapping[str, str]) -> None:
    """Sign in, and look at the top folder. Raises what is wrong."""
    http = Http(allow_insecure=account.insecure)
    try:
        provider = create(account.type, table, remote=account.name, http=http, notes=notes)
        await provider.open()
        root = await provider.root()
        async with aclosing(provider.list_folder(root.id)) as pages:
            async for _ in pages:
                break
        await provider.aclose()
    finally:
        with trio.CancelScope(shield=True):
            await http.aclose()


def _account(config: Config, name: str, type_: str | None, ask: Asking) -> Account:
    """What is known of the remote. Raises ConfigError for a name or a type that cannot be."""
    known = config.remotes.get(name)
    if known is not None:
        if type_ not in {None, known.type}:
            raise ConfigError(
                f"{name} is a remote of type {known.type}: take another name for this one, or "
                f"remove [remotes.{name}] from {config.path}"
            )
        return Account(name, known.type, known)
    if not is_remote_name(name):
        raise ConfigError(f"{name!r} cannot be the name of a remote: use letters and digits")
    if type_ is None:
        type_ = ask.text("type", f"which service {name} is on", choices=sorted(SERVICES))
    return Account(name, type_, None)


def _from_input(account: Account, name: str, ask: Asking) -> None:
    if not ask.interactive:
        account.from_input(name, next_line(name))
    elif name in account.fields:
        account.give(name, ask.secret(name, account.fields[name][1].help))
    else:
        account.from_input(name, "")  # which says what there is


def _has_token(account: Account) -> bool:
    table = account.table
    return bool(table.get("token") or table.get("refresh_token"))


def _remember(notes: Notes, new: MutableMapping[str, str]) -> None:
    if dict(notes) != dict(new):
        notes.clear()
        notes.update(new)


def _tell_mount(name: str) -> None:
    """Let the process that has the remote mounted go on with the new login."""
    holder = next((holder for holder in holders() if holder.remote == name), None)
    if holder is None:
        return
    (answer,) = tell(holder.state, "login")
    if error := answer.get("error"):
        complain(
            f"stored, but the mount at {holder.mountpoint} cannot go on with it ({error}); "
            "unmount it with --no-wait and mount it again"
        )
        raise Done(1)
    print(f"the drive at {holder.mountpoint} goes on with it")
