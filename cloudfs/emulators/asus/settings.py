"""What can be set (reference 1.3, 1.4 and appendix A). All may be changed while it runs."""

from dataclasses import dataclass
from enum import StrEnum

MIB = 1024 * 1024  # what the service calls MB (reference 3.14)


class Profile(StrEnum):
    """Which of the two deployments this is."""

    WEBSTORAGE = "webstorage"
    OMNISTOR = "omnistor"


class Spelling(StrEnum):
    """How the element with a change sequence is called (reference 0.1)."""

    AS_ASKED = "as_asked"  # like the path that was called
    CHANGESEQ = "changeseq"
    CHANGEPSEQ = "changepseq"


@dataclass(kw_only=True)
class AsusSettings:
    """Settings of the ASUS WebStorage and OmniStor emulator. Times are in seconds."""

    profile: Profile = Profile.WEBSTORAGE  # at the start that of the emulator's type
    sid: str = "10000001"
    progkey: str = "0123456789ABCDEF0123456789ABCDEF"
    area_id: int = 1

    # Accounts.
    token_ttl: float = 3600.0
    package: str = "EeePC-20G"
    capacity: int = 20000  # MB, of accounts without a quota of their own
    maxfilesize: int = 500  # MB; 0: no limit
    otp: str = ""  # the one-time password that a login needs; empty: none
    captcha: str = ""  # the text of the picture that a login needs; empty: none
    userstate: int = 2  # bits of getuserstate (reference 2.5): 8 frozen, 32 closed

    # What differs between servers.
    time_zone: str = "UTC"  # of createdtime and its like
    notfound: str = "system.notfund"
    changeseq: Spelling = Spelling.AS_ASKED
    lastmodifiedtime: bool = True  # in listings of the webstorage profile
    instant_upload: bool = True
    live_extras: bool = False  # elements that no document names, as in live answers
    searchserver: bool = True  # is one named when a token is given?
    webrelay_apart: bool = False  # name the second origin as the web relay

    # Calls that a server may lack.
    updateattribute: bool = True
    setentrymark: bool = True
    directupload: bool = True
    folder_browse: bool = False
    getchangeseq: bool = False
