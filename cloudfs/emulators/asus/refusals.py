"""What the service answers when it does not do what it was asked (reference 4)."""

from enum import IntEnum


class Status(IntEnum):
    """Values of ``<status>``, in the order of the reference."""

    OK = 0
    VERSION = 1
    AUTHENTICATION = 2
    PAYLOAD = 3
    DEVELOPER = 5
    READ_ONLY = 200
    NAME_EMPTY = 211
    NAME_CHARACTER = 212
    NAME_LONG = 213
    NAME_TAKEN = 214
    SAME_PARENT = 215
    NO_DESTINATION = 216
    NO_FOLDER = 218
    NO_FILE = 219
    FILE_ERROR = 220
    FILE_TOO_LARGE = 221
    NO_SPACE = 224
    PARAMETER = 225
    FROZEN = 226
    SHARE_PASSWORD = 229
    OTHER_TREE = 233
    OTHER_PARENTS = 234
    ILLEGAL = 235
    NO_TARGET = 236
    NO_CAPACITY = 242
    NO_SHARECODE = 243
    NO_MEMBER = 245
    CHECKSUM = 250
    NO_TRANSACTION = 251
    OTHER_FILE = 252
    NO_GATEWAY = 253
    ILLEGAL_STATE = 501
    OTP = 504
    OTP_LOCKED = 505
    CAPTCHA = 508
    GENERAL = 999


class Refusal(Exception):
    """The service refuses a request; what was changed for it is undone."""

    def __init__(self, status: Status, why: str = "") -> None:
        super().__init__(why or status.name.lower())
        self.status = status


def malformed(name: str) -> Refusal:
    """The refusal of a parameter that is missing, or not what it should be."""
    return Refusal(Status.PARAMETER, f"{name} is missing or malformed")


def illegal(name: str) -> Refusal:
    """The refusal of a value that an operation does not know (reference 3)."""
    return Refusal(Status.ILLEGAL, f"{name} has no such value")
