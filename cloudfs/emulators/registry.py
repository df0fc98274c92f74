"""The emulators by type, as in `[remotes.NAME] type`."""

from cloudfs.emulators.cloudike.emulator import CloudikeEmulator
from cloudfs.emulators.emulator import Emulator

EMULATORS: dict[str, type[Emulator]] = {
    CloudikeEmulator.type: CloudikeEmulator,
}


def default_account(type_: str) -> dict[str, str]:
    """The account that a new emulator of that type has, as settings of a client name it."""
    emulator = EMULATORS[type_]
    return {"username": emulator.login, "password": emulator.password}
