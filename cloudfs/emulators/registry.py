"""The emulators by type, as in `[remotes.NAME] type`."""

from cloudfs.emulators.asus.emulator import OmniStorEmulator, WebStorageEmulator
from cloudfs.emulators.cloud689.emulator import Cloud689Emulator
from cloudfs.emulators.cloudike.emulator import CloudikeEmulator
from cloudfs.emulators.emulator import Emulator
from cloudfs.emulators.podspace.emulator import PodSpaceEmulator

EMULATORS: dict[str, type[Emulator]] = {
    Cloud689Emulator.type: Cloud689Emulator,
    CloudikeEmulator.type: CloudikeEmulator,
    OmniStorEmulator.type: OmniStorEmulator,
    PodSpaceEmulator.type: PodSpaceEmulator,
    WebStorageEmulator.type: WebStorageEmulator,
}


def default_account(type_: str) -> dict[str, str]:
    """The account that a new emulator of that type has, as settings of a client name it."""
    return EMULATORS[type_].default_account()
