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
    return meaning(f"{what}: {_said(status)}")


def _said(status: int) -> str:
    if status == 401:
        return "the server does not accept the user name, password or token (401)"
    return f"the server answered {status}"
