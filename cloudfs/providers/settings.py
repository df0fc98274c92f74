"""Settings of a remote, as data: one dataclass a service.

From its fields come the check of the configuration file, the prompts of `cloudfs login`, and
the tables in the documentation. A field is named as the service's reference names the choice.
"""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, TypeVar, get_type_hints

from cloudfs.errors import ConfigError

S = TypeVar("S")


@dataclass(frozen=True, slots=True)
class About:
    """What a person should know of one setting."""

    help: str
    secret: bool = False
    choices: tuple[str, ...] = ()


def setting(
    help: str,  # noqa: A002 - the word argparse uses for the same thing
    *,
    default: Any = dataclasses.MISSING,
    secret: bool = False,
    choices: tuple[str, ...] = (),
) -> Any:
    """A field of a settings class; required if it has no *default*."""
    metadata = {"about": About(help, secret, choices)}
    if default is dataclasses.MISSING:
        return dataclasses.field(metadata=metadata)
    return dataclasses.field(default=default, metadata=metadata, repr=not secret)


def fields(settings_type: type) -> dict[str, tuple[dataclasses.Field[Any], About]]:
    """The settings of a service by name, in the order of the class."""
    return {f.name: (f, f.metadata["about"]) for f in dataclasses.fields(settings_type)}


def read(settings_type: type[S], table: Mapping[str, Any], *, remote: str, service: str) -> S:
    """The settings that *table*, a remote's part of the configuration, amounts to.

    Raises ConfigError for what is missing, unknown or of the wrong type, naming the remote.
    """
    known = fields(settings_type)
    for name in table:
        if name not in known:
            near = get_close_matches(name, known, 1)
            advice = f"did you mean {near[0]}?" if near else f"it knows {', '.join(known)}"
            raise ConfigError(f"remote {remote}: {service} has no setting {name!r}; {advice}")
    types = get_type_hints(settings_type)
    values: dict[str, Any] = {}
    for name, (field, about) in known.items():
        if name in table:
            values[name] = _checked(table[name], types[name], about, f"remote {remote}: {name}")
        elif field.default is dataclasses.MISSING:
            raise ConfigError(
                f"remote {remote}: {name} is missing ({about.help}); "
                f"add it with `cloudfs login {remote} --type {service}` or in the configuration"
            )
    return settings_type(**values)


def _checked(value: Any, wanted: Any, about: About, where: str) -> Any:
    if wanted is float and isinstance(value, int) and not isinstance(value, bool):
        value = float(value)
    if wanted is int and isinstance(value, bool):
        raise ConfigError(f"{where} must be a number")
    if not isinstance(value, wanted):
        shown = "a secret of another type" if about.secret else repr(value)
        kinds = {str: "text in quotes", int: "a number", float: "a number", bool: "true or false"}
        raise ConfigError(f"{where} must be {kinds.get(wanted, wanted)}, not {shown}")
    if about.choices and value not in about.choices:
        raise ConfigError(f"{where} must be one of {', '.join(about.choices)}, not {value!r}")
    return value
