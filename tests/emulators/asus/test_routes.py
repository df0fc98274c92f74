"""Reference 6: every call that it marks as core or exposed is served."""

import pytest

from cloudfs.emulators.asus.emulator import (
    AsusEmulator,
    OmniStorEmulator,
    WebStorageEmulator,
)
from cloudfs.emulators.received import Origin
from cloudfs.emulators.routing import split

CALLS = [
    ("POST", "/member/requestservicegateway/", "discovery"),
    ("POST", "/member/acquiretoken/", "login"),
    ("POST", "/member/getinfo/", "account"),
    ("POST", "/member/getuserstate/", "account"),
    ("POST", "/folder/getmysyncfolder/", "root"),
    ("POST", "/folder/getpersonalsystemfolder/", "trash-list"),
    ("POST", "/inforelay/browsefolder/", "list"),
    ("POST", "/find/propfind/", "find"),
    ("POST", "/fsentry/getentryinfo/", "stat"),
    ("POST", "/folder/ischildrenexist/", "look"),
    ("POST", "/folder/create/", "create-folder"),
    ("POST", "/folder/rename/", "rename"),
    ("POST", "/file/rename/", "rename"),
    ("POST", "/folder/move/", "move"),
    ("POST", "/file/move/", "move"),
    ("POST", "/folder/remove/", "remove"),
    ("POST", "/file/remove/", "remove"),
    ("POST", "/file/copy/", "copy"),
    ("POST", "/folder/getallchangeseq/", "events"),
    ("POST", "/folder/getallchangepseq/", "events"),
    ("POST", "/file/getlatestchangefiles/", "latest"),
    ("POST", "/file/getlatestuploads/", "latest"),
    ("POST", "/folder/restore/", "restore"),
    ("POST", "/file/restore/", "restore"),
    ("POST", "/folder/clearrecyclebin/", "purge"),
    ("POST", "/file/clearrecyclebin/", "purge"),
    ("POST", "/fsentry/setadvancedsharecode/", "share"),
    ("POST", "/fsentry/getadvancedsharecode/", "share"),
    ("POST", "/fsentry/deletesharecode/", "unshare"),
    ("POST", "/fsentry/getsharedentries/", "shared"),
    ("POST", "/fsentry/getinfobysharecode/", "open-share"),
    ("POST", "/fsentry/checkpassword/", "open-share"),
    ("POST", "/fsentry/comparepassword/", "open-share"),
    ("POST", "/groupawareentry/listsharingtoothers/", "shared"),
    ("POST", "/groupawareentry/listsharingfromothers/", "shared"),
    ("POST", "/groupawareentry/rejectsharing/", "unshare"),
    ("POST", "/sharecode/findservicegateway/", "discovery"),
    ("POST", "/file/updateattribute/", "set-times"),
    ("POST", "/folder/updateattribute/", "set-times"),
    ("POST", "/fsentry/setentrymark/", "mark"),
    ("POST", "/fulltext/sqlquery/TOKEN", "search"),
    ("GET", "/webrelay/initbinaryupload/", "start-upload"),
    ("POST", "/webrelay/initbinaryupload/", "start-upload"),
    ("POST", "/webrelay/resumebinaryupload/", "upload"),
    ("PUT", "/webrelay/resumebinaryupload/", "upload"),
    ("GET", "/webrelay/finishbinaryupload/", "confirm-upload"),
    ("POST", "/webrelay/finishbinaryupload/", "confirm-upload"),
    ("POST", "/webrelay/directupload/TOKEN/", "upload-form"),
    ("GET", "/webrelay/directdownload/TOKEN/", "download"),
    ("GET", "/webrelay/directdownload/", "download"),
]
WEBSTORAGE = [
    ("POST", "/sharecode/tocompactform/", "sharecode"),
    ("POST", "/sharecode/tonormalform/", "sharecode"),
]
OMNISTOR = [("POST", "/member/acquireservicegateway/", "discovery")]


@pytest.mark.parametrize(
    ("kind", "calls"),
    [(WebStorageEmulator, CALLS + WEBSTORAGE), (OmniStorEmulator, CALLS + OMNISTOR)],
)
def test_every_call_is_served(tmp_path, kind: type[AsusEmulator], calls: list):
    emulator = kind(tmp_path)
    for method, path, label in calls:
        route = emulator.match(Origin.API, method, split(path)).route
        assert route.label == label
        assert route.key == path.strip("/").removesuffix("/TOKEN")
    emulator.close()
