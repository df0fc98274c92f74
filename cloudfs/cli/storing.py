"""Where a login is kept: settings in the configuration file, secrets in the keyring or there."""

import importlib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cloudfs.cli.account import Account
from cloudfs.cli.output import complain
from cloudfs.cli.tomlfile import CannotEdit, with_table
from cloudfs.config import COMMAND, KEYRING_SERVICE, keyring_entry
from cloudfs.errors import ConfigError

RECOMMENDED = 1  # the priority from which `keyring` itself takes a backend for a safe one


def store(account: Account, path: Path, *, keyring: bool) -> list[str]:
    """Keep what was given; returns the names of the secrets that went into the keyring.

    Raises ConfigError if the file cannot be changed; it is then as it was.
    """
    changes = dict(account.given)
    if account.is_new:
        changes = {"type": account.type, **changes}
    text = _read(path)
    _edited(text, account, changes, path)  # before the keyring is touched
    kept = _into_keyring(account) if keyring else []
    if kept or account.keyring is not None:
        changes["keyring"] = _marker(account, kept)
    for name in kept:
        changes[name] = None
    new = _edited(text, account, changes, path)
    if new != text or path.stat().st_mode & 0o077:
        _write(path, new)
    return kept


def _marker(account: Account, kept: list[str]) -> list[str] | None:
    """Which secrets the keyring has now."""
    if account.keyring is not None:
        before = list(account.keyring)
    else:  # it was asked for whatever was nowhere else
        table = account.table
        plain = account.settings
        before = [
            name
            for name in table
            if account.is_secret(name) and name not in plain and f"{name}{COMMAND}" not in plain
        ]
    return [*before, *(name for name in kept if name not in before)] or None


def _into_keyring(account: Account) -> list[str]:
    """Put the secrets given into the keyring, if there is one; which it has now."""
    names = account.secrets()
    if not names:
        return []
    try:
        keyring = importlib.import_module("keyring")  # optional
    except ImportError:
        return []
    try:
        if keyring.get_keyring().priority < RECOMMENDED:
            return []
        for name in names:
            keyring.set_password(
                KEYRING_SERVICE, keyring_entry(account.name, name), account.given[name]
            )
        told = [
            keyring.get_password(KEYRING_SERVICE, keyring_entry(account.name, name))
            for name in names
        ]
    except Exception as error:  # noqa: BLE001 - backends raise what they like
        complain(f"the keyring cannot be used ({type(error).__name__}): using the file instead")
        return []
    return names if told == [account.given[name] for name in names] else []


def _edited(text: str, account: Account, changes: Mapping[str, Any], path: Path) -> str:
    try:
        return with_table(text, ("remotes", account.name), changes)
    except CannotEdit as error:
        raise ConfigError(f"{path} cannot be changed: {error}; change it by hand") from error


def _read(path: Path) -> str:
    try:
        text = path.read_bytes().decode()
    except FileNotFoundError:
        return ""
    return text


def _write(path: Path, text: str) -> None:
    """Replace the file, which may be a link to where somebody keeps such files."""
    target = path.resolve()
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    temporary = target.with_name(f".{target.name}.{os.getpid()}.new")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        temporary.replace(target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
