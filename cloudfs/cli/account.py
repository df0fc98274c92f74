"""A remote that is being set up: what the configuration has, and what has been given since."""

import dataclasses
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, get_type_hints

from cloudfs.cli.asking import Asking
from cloudfs.cli.output import complain
from cloudfs.config import COMMAND, Remote, check_told_once, resolved
from cloudfs.errors import ConfigError
from cloudfs.providers.registry import service
from cloudfs.providers.settings import About, fields

INSECURE = "allow_insecure"
YES, NO = {"true", "yes", "1"}, {"false", "no", "0"}

PLACE = ("url", "region", "bucket")  # asked for, but not doubted when a login is refused
LOGIN = ("username", "password")


class Account:
    """Settings of one remote. What is `given` is not stored yet."""

    def __init__(self, name: str, type_: str, known: Remote | None) -> None:
        self.name = name
        self.type = type_
        self.is_new = known is None
        settings_type = service(type_, remote=name).settings_type
        self.fields: Mapping[str, tuple[dataclasses.Field[Any], About]] = fields(settings_type)
        self._types = get_type_hints(settings_type)
        self._mount = {} if known is None else known.mount

        # Changing. `given` is what is to be stored; what it replaces is None there.
        self.settings: dict[str, Any] = {} if known is None else dict(known.settings)
        self.insecure = known is not None and known.allow_insecure
        self.keyring = () if known is None else known.keyring
        self.given: dict[str, Any] = {}
        self._told: dict[str, Any] = {}  # by commands and the keyring
        self._lost: set[str] = set()  # what they should have told

    @property
    def remote(self) -> Remote:
        """The remote as it is now."""
        return Remote(self.name, self.type, self.settings, self._mount, self.insecure, self.keyring)

    def is_secret(self, name: str) -> bool:
        """Whether a setting must not be shown."""
        return name in self.fields and self.fields[name][1].secret

    def has_secrets(self) -> bool:
        """Whether there is a login at all."""
        return any(map(self.is_secret, self.fields))

    def secrets(self) -> list[str]:
        """The settings given that must not be shown."""
        return [
            name for name, new in self.given.items() if new is not None and self.is_secret(name)
        ]

    def give(self, name: str, value: Any) -> None:
        """Set a setting; what else would tell it is forgotten."""
        self.forget(name)
        self.settings[name] = self.given[name] = value

    def forget(self, name: str) -> None:
        """Take a setting away, wherever it comes from."""
        self._told.pop(name, None)
        for place in (name, f"{name}{COMMAND}"):
            if self.settings.pop(place, None) is not None:
                self.given[place] = None
        self._not_in_keyring(name)

    def _not_in_keyring(self, name: str) -> None:
        if self.keyring:
            self.keyring = tuple(kept for kept in self.keyring if kept != name)

    def option(self, word: str) -> None:
        """Take ``key=value`` from the command line, where everybody can see it.

        Raises ConfigError for a secret, an unknown key, or a value of the wrong kind.
        """
        name, equals, value = word.partition("=")
        if not equals:
            raise ConfigError(f"--set wants KEY=VALUE, not {word!r}")
        if self.is_secret(name):
            raise ConfigError(
                f"{name} on a command line could be read by everybody on this machine: give it on "
                f"standard input with --stdin {name}, or let yourself be asked for it"
            )
        if name == INSECURE:
            self.insecure = self.given[name] = _flag(name, value)
        elif self._is_command(name):
            self.forget(name.removesuffix(COMMAND))
            self.settings[name] = self.given[name] = value
        else:
            self.give(self._known(name), self._typed(name, value))

    def from_input(self, name: str, value: str) -> None:
        """Take a setting from standard input."""
        self.give(self._known(name), self._typed(name, value))

    # What to ask ------------------------------------------------------------------------------

    def complete(self, ask: Asking) -> None:
        """Ask for what the type needs and is not there.

        Raises ConfigError if nobody can be asked.
        """
        self._resolve(ask)
        for name in self._questions():
            has = self.table
            if name in has or _is_spared(name, has):
                continue
            wanted = self.is_new or self._is_required(name) or self.is_secret(name)
            if wanted or name in self._lost:
                self._ask(ask, name)

    def doubt(self, ask: Asking, wanted: str | None) -> bool:
        """The service refuses: ask again for what says who it is; Enter leaves it as it is.

        If the service says which setting is *wanted*, only for that one. Whether anything was
        answered.
        """
        answered = False
        names = [wanted] if wanted is not None and wanted in self.fields else [*self._questions()]
        for name in names:
            if name not in PLACE and not _is_spared(name, self.table):
                answered = self._ask(ask, name, again=True) or answered
        return answered

    @property
    def table(self) -> dict[str, Any]:
        """All settings with their secrets, as far as there are any."""
        plain = {name: value for name, value in self.settings.items() if not self._is_command(name)}
        return {**self._told, **plain}

    def _resolve(self, ask: Asking) -> None:
        """Have commands and keyring tell what they know; what they do not is asked for."""
        check_told_once(self.remote)
        try:
            self._told = resolved(self.remote)
        except ConfigError as error:
            if not ask.interactive:
                raise
            complain(str(error))
        else:
            return
        self._told = {}
        for name in filter(self._is_command, list(self.settings)):
            try:
                self._told |= resolved(self._only({name: self.settings[name]}))
            except ConfigError:
                del self.settings[name]
                self.given[name] = None
                self._lost.add(name.removesuffix(COMMAND))
        for name in self.keyring or ():
            try:
                self._told |= resolved(self._only({}, name))
            except ConfigError:
                self._lost.add(name)
        if self.keyring:
            self.keyring = tuple(name for name in self.keyring if name not in self._lost)

    def _only(self, settings: Mapping[str, Any], *keyring: str) -> Remote:
        return replace(self.remote, settings=settings, keyring=keyring)

    def _is_command(self, name: str) -> bool:
        target = name.removesuffix(COMMAND)
        return name not in self.fields and name.endswith(COMMAND) and target in self.fields

    def _questions(self) -> Iterator[str]:
        """What the type cannot do without, in the order of its settings."""
        settings = self.table
        if settings.get("auth_mode") == "static_token" or settings.get("auth") == "bearer":
            login: tuple[str, ...] = ("token",)
        elif settings.get("token") and "refresh_token" not in self.fields:
            login = ()
        elif "access_key" in self.fields:
            login = () if settings.get("anonymous") else ("access_key", "secret_key")
        else:
            login = LOGIN
        for name in self.fields:
            if self._is_required(name) or name in PLACE or name in login:
                yield name

    def _is_required(self, name: str) -> bool:
        return self.fields[name][0].default is dataclasses.MISSING

    def _ask(self, ask: Asking, name: str, *, again: bool = False) -> bool:
        about = self.fields[name][1]
        required = self._is_required(name)
        if about.secret:
            more = "; Enter: as before" if again else ""
            answer = ask.secret(name, about.help + more, optional=again or not required)
            if answer:
                self.give(name, answer)
            return bool(answer)
        default = self.table.get(name) if again else None
        if default is None and not required:
            default = self.fields[name][0].default
        shown = None if default is None else str(default)
        answer = ask.text(name, about.help, default=shown, choices=about.choices)
        if answer != shown:
            self.give(name, self._typed(name, answer))
        return answer != shown

    # Values -----------------------------------------------------------------------------------

    def _known(self, name: str) -> str:
        if name not in self.fields:
            known = ", ".join([*self.fields, INSECURE])
            raise ConfigError(f"{self.type} has no setting {name!r}; it knows {known}")
        return name

    def _typed(self, name: str, value: str) -> Any:
        """The text as the setting wants it; `settings.read` checks the rest."""
        wanted = self._types[name]
        if wanted is str:
            return value
        if wanted is bool:
            return _flag(name, value)
        if wanted is int and re.fullmatch(r"-?\d+", value, re.ASCII):
            return int(value)
        if wanted is float:
            try:
                return float(value)
            except ValueError:
                pass
        raise ConfigError(f"{name} cannot be {value!r}; write it into the configuration file")


def _is_spared(name: str, has: Mapping[str, Any]) -> bool:
    """A secret needs no asking where there is nobody whose secret it would be."""
    whose = {"password": "username", "secret_key": "access_key"}.get(name)
    return whose is not None and not has.get(whose)


def _flag(name: str, value: str) -> bool:
    if value.lower() in YES | NO:
        return value.lower() in YES
    raise ConfigError(f"{name} must be true or false, not {value!r}")
