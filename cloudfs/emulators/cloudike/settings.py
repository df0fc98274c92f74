"""What can be set (reference 1.9). All of it may be changed while the emulator runs."""

from dataclasses import dataclass
from enum import StrEnum

MIB = 1024 * 1024


class UploadMode(StrEnum):
    """How contents that are not multipart are sent."""

    POST_FORM = "post_form"
    PUT = "put"


class HashStyle(StrEnum):
    """What `public_hash` looks like."""

    BARE = "bare"
    URL = "url"


@dataclass(kw_only=True)
class CloudikeSettings:
    """Settings of the Cloudike emulator. Times are in seconds, sizes in bytes."""

    upload_mode: UploadMode = UploadMode.POST_FORM
    ticket_method: bool = True  # tickets say their `method`; older servers leave it out
    dedup: bool = True
    page_cap: int = 2000  # longest page that a `limit` gets
    quota: int = 2048 * MIB  # of accounts without one of their own; negative: no limit
    strict_names: bool = False  # refuse characters that Windows cannot store
    link_ttl: float = 3600.0  # of download URLs
    form_ttl: float = 43200.0  # of upload tickets
    task_delay: float = 0.2
    min_part_size: int = 5 * MIB  # of all parts but the last
    token_ttl: float = 31 * 86400.0
    purge_enabled: bool = True
    public_hash_style: HashStyle = HashStyle.BARE
    encodings: frozenset[str] = frozenset({"json", "form", "multipart"})
    refused_encoding: int = 415  # status for a body in another encoding; 400 is seen too
