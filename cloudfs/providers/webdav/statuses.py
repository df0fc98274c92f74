"""What a status means where nothing more is known (reference 10)."""

from cloudfs.errors import (
    AccessDenied,
    BadReply,
    Busy,
    Changed,
    CloudError,
    InvalidRequest,
    LoginFailed,
    NotFound,
    QuotaExceeded,
    TooLarge,
    Unavailable,
    Unsupported,
)

MEANINGS: dict[int, type[CloudError]] = {
    400: InvalidRequest,
    401: LoginFailed,
    403: AccessDenied,
    404: NotFound,
    405: Unsupported,
    408: Unavailable,
    409: NotFound,  # the parent
    410: NotFound,
    411: BadReply,  # a length was sent
    412: Changed,
    413: TooLarge,
    416: Changed,
    422: InvalidRequest,
    423: Busy,
    424: CloudError,  # something it depends on failed
    501: Unsupported,
    507: QuotaExceeded,
}


WORDS = {
    401: "the server does not accept the user name, password or token",
    403: "the server does not allow it",
    404: "the server has nothing of this name",
    405: "the server does not offer it",
    409: "the server has no such folder",
    410: "the server no longer has it",
    412: "it has changed on the server",
    413: "it is too large for the server",
    423: "it is locked on the server",
    501: "the server does not offer it",
    507: "the server has no space left for the account",
}


def refusal(status: int, what: str) -> CloudError:
    """The error that *status* amounts to; *what* names the request in the message."""
    meaning = MEANINGS.get(status)
    if meaning is None:
        if status >= 500:
            meaning = Unavailable
        elif status >= 400:
            meaning = CloudError
        else:
            meaning = BadReply
    return meaning(f"{_said(status)} ({status}, {what})")


def _said(status: int) -> str:
    if status in WORDS:
        return WORDS[status]
    return "the server failed" if status >= 500 else "the server refused the request"
