"""What can be set (reference appendix B). All of it may be changed while the emulator runs."""

from dataclasses import dataclass
from enum import StrEnum

GIB = 1 << 30


class OnDuplicate(StrEnum):
    """What becomes of a new file whose name is taken, if its sender did not say."""

    ERROR = "error"
    RENAME = "rename"


@dataclass(kw_only=True)
class PodSpaceSettings:
    """Settings of the PodSpace emulator. Times are in seconds, sizes in bytes."""

    token_ttl: float = 900.0
    otp: str = "123456"  # the code that every telephone is sent
    page_size: int = 50  # of a list whose `size` nobody named
    page_cap: int = 100
    on_duplicate: OnDuplicate = OnDuplicate.ERROR
    reject_empty: bool = False  # refuse files without content
    legacy_errors: bool = False  # errors with a code come under HTTP 200
    no_error_code: bool = False  # errors have neither `errorCode` nor `hasError`
    quota: int = 10 * GIB  # of accounts without one of their own; negative: no limit
    bandwidth: int = 100 * GIB  # what the plan says; nothing is limited
    version_limit: int = 5  # contents kept of a file, the current one included
    tus_ttl: float = 86400.0  # of unfinished uploads, and of what became of finished ones
    assembly_time: float = 0.0  # how long a complete upload is said to be put together
    link_cap: float = 86400.0  # longest life of a download link
    ignore_range: bool = False
    redirect_downloads: bool = False  # contents come from the second origin
