"""The configuration: remotes, their secrets, how drives are mounted, and where things are kept.

A TOML file (``$CLOUDFS_CONFIG``, else ``$XDG_CONFIG_HOME/cloudfs/config.toml``) with a table
``[remotes.NAME]`` for each remote and one ``[mount]`` for all. A secret is in that file, which
nobody else may then read, comes from a command (``password_command``), or from the keyring of
the desktop; never from a command line. ``keyring = ["password"]`` names what the keyring must
have; without that line it is asked for every secret that is nowhere else, and may have none.
"""

import importlib
import os
import re
import shlex
import subprocess
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, get_type_hints

from cloudfs.errors import ConfigError
from cloudfs.providers.registry import service
from cloudfs.providers.settings import fields, read, setting

COMMAND = "_command"  # password_command gives password
KEYRING_SERVICE = "cloudfs"
COMMAND_TIMEOUT = 60.0
UNITS = {"": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30, "t": 1 << 40}

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.@+-]*")
_SIZE = re.compile(r"(\d+)\s*([kmgt]?)(i?b)?", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class MountSettings:
    """How a drive behaves; each is a key of [mount] or of a remote, and a -o option."""

    metadata_ttl: float = setting("seconds for which a listing is believed", default=60.0)
    ro: bool = setting("nothing can be changed", default=False)
    allow_other: bool = setting("other users may enter the drive", default=False)
    uid: int = setting("owner of everything; -1: whoever mounts", default=-1)
    gid: int = setting("group of everything; -1: that of whoever mounts", default=-1)
    umask: int = setting("permission bits that entries do not have by default", default=0o022)
    symlinks: str = setting(
        "keep symlinks as small files NAME.rclonelink, or refuse to make any",
        default="store",
        choices=("store", "refuse"),
    )
    names: str = setting(
        "what to do with names the service cannot store",
        default="refuse",
        choices=("refuse", "escape"),
    )
    delete: str = setting(
        "where removed files go: the service's bin, or nowhere",
        default="trash",
        choices=("trash", "permanent"),
    )
    hold_back: float = setting("seconds a change waits for another one to undo it", default=1.0)
    cache_size: int = setting("bytes of the disk cache for what was read", default=10 << 30)
    keep_free: int = setting("bytes of the disk that the cache leaves free", default=1 << 30)
    memory_entries: int = setting(
        "entries kept in memory, at 1.5 KiB each; others are looked up on the disk",
        default=150_000,
    )


@dataclass(frozen=True, slots=True)
class Remote:
    """One account, as the configuration has it. Secrets are not resolved yet."""

    name: str
    type: str
    settings: Mapping[str, Any] = field(repr=False)
    mount: Mapping[str, Any]
    allow_insecure: bool = False
    keyring: tuple[str, ...] | None = None  # secrets that must be there; None: it may have some


@dataclass(frozen=True, slots=True)
class Config:
    """What the file says."""

    path: Path
    remotes: Mapping[str, Remote]
    mount: Mapping[str, Any]

    def remote(self, name: str) -> Remote:
        """The remote of that name. Raises ConfigError that names those there are."""
        try:
            return self.remotes[name]
        except KeyError:
            known = ", ".join(sorted(self.remotes)) or "none yet"
            raise ConfigError(
                f"there is no remote {name!r} in {self.path} (there is: {known}); "
                f"add it with `cloudfs login {name}`, or as a table [remotes.{name}]"
            ) from None


def config_path() -> Path:
    """Where the configuration is."""
    if given := os.environ.get("CLOUDFS_CONFIG"):
        return Path(given)
    return _xdg("XDG_CONFIG_HOME", ".config") / "cloudfs" / "config.toml"


def cache_folder(remote: str) -> Path:
    """Where a remote's cache is: deleting it loses nothing."""
    given = os.environ.get("CLOUDFS_CACHE_DIR")
    base = Path(given) if given else _xdg("XDG_CACHE_HOME", ".cache") / "cloudfs"
    return base / remote


def state_folder(remote: str) -> Path:
    """Where a remote's journal and drafts are: what programs wrote and the service lacks."""
    given = os.environ.get("CLOUDFS_STATE_DIR")
    base = Path(given) if given else _xdg("XDG_STATE_HOME", ".local/state") / "cloudfs"
    return base / remote


def load() -> Config:
    """The configuration; an empty one if there is no file. Raises ConfigError."""
    path = config_path()
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        return Config(path, {}, {})
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}") from error
    try:
        document = tomllib.loads(raw.decode("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} is not valid TOML: {error}") from error
    return _config(path, document)


def mount_settings(config: Config, remote: Remote, options: str) -> MountSettings:
    """How *remote* is to be mounted: [mount], then the remote's own, then the -o options."""
    table = {**config.mount, **remote.mount, **_parsed_options(options)}
    table = {name: _sized(name, value) for name, value in table.items()}
    return read(MountSettings, table, remote=remote.name, service="mount")


def resolved(remote: Remote) -> dict[str, Any]:
    """The settings of a remote with its secrets. Raises ConfigError if one cannot be had."""
    check_told_once(remote)
    known = fields(service(remote.type, remote=remote.name).settings_type)
    table: dict[str, Any] = {}
    for name, value in remote.settings.items():
        target = name.removesuffix(COMMAND)
        if name.endswith(COMMAND) and name not in known and target in known:
            table[target] = _told_by(value, f"remote {remote.name}: {name}")
        else:
            table[name] = value
    if remote.keyring is None:
        secrets = [name for name, (_, about) in known.items() if about.secret]
    else:
        secrets = list(remote.keyring)
    for name in secrets:
        if name not in table and (kept := _kept(remote, name)) is not None:
            table[name] = kept
    return table


def check_told_once(remote: Remote) -> None:
    """Raise ConfigError if a setting is there, and a command that tells it as well."""
    known = fields(service(remote.type, remote=remote.name).settings_type)
    for name in known:
        command = f"{name}{COMMAND}"
        if name in remote.settings and command in remote.settings and command not in known:
            raise ConfigError(
                f"remote {remote.name} has both {name} and {command}: "
                "remove one of them from the configuration"
            )


def is_remote_name(name: str) -> bool:
    """Whether a remote may be called *name*: it is also the name of a folder."""
    return _NAME.fullmatch(name) is not None


def keyring_entry(remote: str, name: str) -> str:
    """Under which name the keyring has the secret *name* of a remote."""
    return f"{remote}/{name}"


def _config(path: Path, document: Mapping[str, Any]) -> Config:
    for name in document:
        if name not in {"remotes", "mount"}:
            raise ConfigError(
                f"{path}: unknown table [{name}]; there are [remotes.NAME] and [mount]"
            )
    remotes = {}
    tables = _table(path, document, "remotes")
    for name in tables:
        remotes[name] = _remote(path, name, _table(path, tables, name))
    if any(_holds_secret(remote) for remote in remotes.values()):
        mode = path.stat().st_mode
        if mode & 0o077:
            raise ConfigError(
                f"{path} holds a password and others can read it; "
                f"run: chmod 600 {shlex.quote(str(path))}"
            )
    return Config(path, remotes, _table(path, document, "mount"))


def _remote(path: Path, name: str, table: Mapping[str, Any]) -> Remote:
    if not is_remote_name(name):
        raise ConfigError(
            f"{path}: {name!r} cannot be the name of a remote: use letters and digits"
        )
    rest = dict(table)
    type_ = rest.pop("type", None)
    if not isinstance(type_, str):
        raise ConfigError(f'{path}: [remotes.{name}] has no type, for instance type = "webdav"')
    insecure = rest.pop("allow_insecure", False)
    if not isinstance(insecure, bool):
        raise ConfigError(f"{path}: [remotes.{name}] allow_insecure must be true or false")
    own = fields(service(type_, remote=name).settings_type)
    keyring = _names_in_keyring(rest.pop("keyring", None), own, f"{path}: [remotes.{name}]")
    of_mount = {k: v for k, v in rest.items() if k in fields(MountSettings) and k not in own}
    settings = {k: v for k, v in rest.items() if k not in of_mount}
    return Remote(name, type_, settings, of_mount, insecure, keyring)


def _names_in_keyring(value: Any, known: Mapping[str, Any], where: str) -> tuple[str, ...] | None:
    if value is None:
        return None
    if not isinstance(value, list) or not all(isinstance(name, str) for name in value):
        raise ConfigError(f'{where} keyring must be a list of secrets, like ["password"]')
    for name in value:
        if name not in known or not known[name][1].secret:
            raise ConfigError(f"{where} keyring names {name!r}, which is no secret of this type")
    return tuple(value)


def _holds_secret(remote: Remote) -> bool:
    known = fields(service(remote.type, remote=remote.name).settings_type)
    return any(name in known and known[name][1].secret for name in remote.settings)


def _table(path: Path, document: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = document.get(name, {})
    if not isinstance(value, dict):
        raise ConfigError(f"{path}: {name} must be a table")
    return value


def _told_by(command: Any, where: str) -> str:
    if not isinstance(command, str) or not command.strip():
        raise ConfigError(f"{where} must be a command in quotes")
    try:
        done = subprocess.run(  # noqa: S603 - the user's own command
            shlex.split(command),
            stdout=subprocess.PIPE,
            timeout=COMMAND_TIMEOUT,
            check=True,
        )
    except (OSError, ValueError, subprocess.SubprocessError) as error:
        reason = type(error).__name__ if isinstance(error, subprocess.SubprocessError) else error
        raise ConfigError(f"{where} gave no secret: {reason}") from error
    secret = done.stdout.decode("utf-8", "surrogateescape").rstrip("\r\n")
    if not secret:
        raise ConfigError(f"{where} printed nothing")
    return secret


def _kept(remote: Remote, name: str) -> str | None:
    """The secret that the keyring has. Raises ConfigError only if it must be there and is not."""
    try:
        secret = _from_keyring(remote.name, name)
        problem = "has no such entry"
    except _NoKeyring as error:
        secret = None
        problem = str(error)
    if secret is None and remote.keyring is not None:
        raise ConfigError(
            f"remote {remote.name}: {name} should be in the keyring, which {problem}; "
            f"run: cloudfs login {remote.name}"
        )
    return secret


class _NoKeyring(Exception):
    """The keyring cannot be asked; the text completes "the keyring, which ..."."""


def _from_keyring(remote: str, name: str) -> str | None:
    try:
        keyring = importlib.import_module("keyring")  # optional, and slow to import
        errors = importlib.import_module("keyring.errors")
    except ImportError as error:
        raise _NoKeyring("needs one more package (pip install keyring)") from error
    try:
        secret = keyring.get_password(KEYRING_SERVICE, keyring_entry(remote, name))
    except errors.KeyringError as error:
        raise _NoKeyring("is locked or cannot be opened") from error
    return secret if isinstance(secret, str) else None


def _parsed_options(options: str) -> dict[str, Any]:
    """The -o options as a table."""
    types = get_type_hints(MountSettings)
    table: dict[str, Any] = {}
    for option in filter(None, options.split(",")):
        name, equals, value = option.partition("=")
        if name == "rw" and not equals:
            table["ro"] = False
            continue
        if name not in types:
            known = ", ".join(fields(MountSettings))
            raise ConfigError(f"there is no mount option {name!r}; there is: {known}")
        table[name] = _typed(name, value if equals else None, types[name])
    return table


def _typed(name: str, value: str | None, type_: type) -> Any:
    if type_ is bool:
        if value in {None, "true", "1", "yes"}:
            return True
        if value in {"false", "0", "no"}:
            return False
    elif value is not None:
        if type_ is str:
            return value
        if type_ is float:
            try:
                return float(value)
            except ValueError:
                pass
        elif name == "umask":
            if re.fullmatch(r"[0-7]{1,4}", value):
                return int(value, 8)
        elif re.fullmatch(r"-?\d+", value):
            return int(value)
        elif _SIZE.fullmatch(value):
            return value
    raise ConfigError(f"the mount option {name} has no usable value: {value!r}")


def _sized(name: str, value: Any) -> Any:
    """``"10G"`` as a number of bytes."""
    if name not in {"cache_size", "keep_free"} or not isinstance(value, str):
        return value
    match = _SIZE.fullmatch(value.strip())
    if match is None:
        raise ConfigError(f"{name} = {value!r} is not a size like 10G")
    number, unit, _ = match.groups()
    return int(number) * UNITS[unit.lower()]


def _xdg(variable: str, default: str) -> Path:
    """A base directory (XDG Base Directory Specification: relative paths are to be ignored)."""
    given = os.environ.get(variable, "")
    return Path(given) if given.startswith("/") else Path.home() / default
