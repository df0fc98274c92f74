import errno

import pytest

from cloudfs.providers.webdav.statuses import refusal

TABLE = {
    400: errno.EINVAL,
    401: errno.EACCES,
    403: errno.EACCES,
    404: errno.ENOENT,
    405: errno.EOPNOTSUPP,
    409: errno.ENOENT,
    410: errno.ENOENT,
    411: errno.EIO,
    412: errno.ESTALE,
    413: errno.EFBIG,
    422: errno.EINVAL,
    423: errno.EBUSY,
    424: errno.EIO,
    418: errno.EIO,
    500: errno.EIO,
    501: errno.EOPNOTSUPP,
    507: errno.EDQUOT,
    300: errno.EIO,
}


@pytest.mark.parametrize("status", TABLE)
def test_a_status_means_one_errno(status: int):
    assert refusal(status, "PUT").errno == TABLE[status]
    assert str(refusal(status, "PUT")).endswith(f" ({status}, PUT)")


def test_only_what_may_pass_is_worth_another_try():
    assert {s for s in range(300, 600) if s < 500 and refusal(s, "").transient} == {408, 423}
    assert {s for s in range(500, 600) if not refusal(s, "").transient} == {501, 507}
