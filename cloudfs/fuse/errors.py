"""What a program is told when an operation fails.

pyfuse3 ends the whole mount on any exception but FUSEError, and an empty folder in its place
looks like deleted data to a backup job. So a bug is logged and answered EIO, and the drive
stays.
"""

import functools
import logging
from collections.abc import Callable, Coroutine
from errno import EIO, ENOMEM
from typing import Any, ParamSpec, TypeVar

import pyfuse3

from cloudfs.errors import CloudError

log = logging.getLogger(__name__)

P = ParamSpec("P")
T = TypeVar("T")


def errno_reply(
    handler: Callable[P, Coroutine[Any, Any, T]],
) -> Callable[P, Coroutine[Any, Any, T]]:
    """Let *handler* raise whatever it does; only FUSEError gets out."""

    @functools.wraps(handler)
    async def answered(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return await handler(*args, **kwargs)
        except pyfuse3.FUSEError:
            raise
        except CloudError as error:
            log.debug("%s: %s", handler.__name__, error)
            raise pyfuse3.FUSEError(error.errno) from error
        except OSError as error:
            log.warning("%s: %s", handler.__name__, error)
            raise pyfuse3.FUSEError(error.errno or EIO) from error
        except MemoryError as error:
            raise pyfuse3.FUSEError(ENOMEM) from error
        except Exception as error:
            log.exception("%s failed; the program was told EIO", handler.__name__)
            raise pyfuse3.FUSEError(EIO) from error

    return answered


def never_raises(
    handler: Callable[P, Coroutine[Any, Any, Any]],
) -> Callable[P, Coroutine[Any, Any, None]]:
    """For requests that are not answered: a failure is logged, and that is all."""

    @functools.wraps(handler)
    async def answered(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            await handler(*args, **kwargs)
        except Exception:
            log.exception("%s failed", handler.__name__)

    return answered
