"""Reference 3 and 6: every call is served, and named as the reference names it."""

import pytest

from cloudfs.emulators.podspace.emulator import PodSpaceEmulator
from cloudfs.emulators.received import Origin
from cloudfs.emulators.routing import LABELS, split

CALLS = {
    ("POST", "oauth2/otp/handshake"): "auth.otp.handshake",
    ("POST", "oauth2/otp/authorize"): "auth.otp.authorize",
    ("POST", "oauth2/otp/verify"): "auth.otp.verify",
    ("GET", "oauth2/login"): "auth.login",
    ("GET", "oauth2/refresh"): "auth.refresh",
    ("DELETE", "oauth2/token"): "auth.logout",
    ("GET", "me"): "user.me",
    ("GET", "folders/H/children"): "folder.list",
    ("GET", "files/H/detail"): "entry.stat",
    ("GET", "files/H/exist"): "entry.exist",
    ("POST", "files/H/exist"): "entry.exist_many",
    ("POST", "folders"): "folder.create",
    ("POST", "files/directories"): "folder.create_tree",
    ("POST", "files"): "file.upload",
    ("POST", "files/resumable_upload"): "file.tus_create",
    ("POST", "files/resumable_replace"): "file.tus_replace",
    ("HEAD", "files/resumable_upload/K"): "file.tus_state",
    ("HEAD", "files/resumable_replace/K"): "file.tus_state",
    ("PATCH", "files/resumable_upload/K"): "file.tus_patch",
    ("PATCH", "files/resumable_replace/K"): "file.tus_patch",
    ("DELETE", "files/resumable_upload/K"): "file.tus_end",
    ("GET", "files/uploaded_file_info/K"): "file.uploaded_info",
    ("PUT", "files/H"): "file.replace",
    ("GET", "files/H"): "file.get",
    ("HEAD", "files/H"): "file.get",
    ("GET", "files/H/link"): "file.link",
    ("GET", "files/d/L"): "file.get_by_link",
    ("GET", "files"): "files.zip",
    ("PUT", "files/H/rename"): "entry.rename",
    ("PUT", "files/H/move"): "entry.move",
    ("PUT", "files/H/copy"): "entry.copy",
    ("POST", "batch"): "batch",
    ("DELETE", "files/H"): "entry.trash",
    ("GET", "trashes"): "trash.list",
    ("PUT", "trashes/H/restore"): "trash.restore",
    ("POST", "trashes/restore"): "trash.restore_all",
    ("DELETE", "trashes/H"): "trash.wipe",
    ("DELETE", "trashes"): "trash.wipe_all",
    ("POST", "files/H/share"): "share.create_private",
    ("POST", "files/H/public"): "share.create_public",
    ("PUT", "files/H/shares/password"): "share.password",
    ("GET", "files/H/shares"): "share.list",
    ("DELETE", "shares/S"): "share.delete",
    ("GET", "shares"): "share.with_me",
    ("GET", "files/H/versions"): "version.list",
    ("PATCH", "files/versions/V"): "version.restore",
    ("GET", "files/H/activities"): "activity.entry",
    ("GET", "activities"): "activity.recent",
    ("POST", "teams"): "org.create",
    ("PUT", "teams/T"): "org.update",
    ("DELETE", "teams/T"): "org.delete",
    ("POST", "teams/T/users"): "org.member_add",
    ("DELETE", "teams/T/users"): "org.member_remove",
    ("PUT", "teams/T/users"): "org.member_update",
    ("GET", "teams/T"): "org.members",
    ("GET", "teams"): "org.list",
    ("GET", "files/search"): "search",
    ("GET", "me/status"): "quota",
    ("GET", "folders/H/check/upload"): "quota.check",
    ("GET", "folders/H/size"): "folder.size",
    ("GET", "plans"): "plan.list",
    ("GET", "plan"): "plan.mine",
    ("GET", "plan/P"): "plan.invoice",
    ("GET", "plan/P/detail"): "plan.invoice",
    ("POST", "plan/validate"): "plan.invoice",
    ("POST", "bookmarks"): "mark.add",
    ("DELETE", "bookmarks"): "mark.remove",
    ("GET", "bookmarks"): "mark.list",
    ("GET", "files/H/breadcrumb"): "entry.address",
    ("POST", "files/url"): "file.upload_url",
    ("POST", "images/base64"): "image.upload_base64",
    ("POST", "images"): "image.upload",
    ("GET", "images/H"): "image.get",
    ("GET", "v2/images/H"): "image.get",
    ("GET", "files/H/thumbnail"): "file.thumbnail",
    ("POST", "files/archive"): "archive.create",
    ("POST", "files/H/extract"): "archive.extract",
    ("GET", "files/upload_key"): "upload_key",
    ("GET", "files/H/post"): "entry.post",
    ("POST", "usergroups/G/files"): "file.upload_to_group",
}


@pytest.mark.parametrize(("call", "key"), CALLS.items())
def test_a_call_is_served(emulator: PodSpaceEmulator, call: tuple[str, str], key: str):
    method, path = call
    assert emulator.match(Origin.API, method, split(f"/api/{path}")).route.key == key
    assert emulator.match(Origin.API, method, split(f"/api//{path}/")).route.key == key


def test_the_words_that_all_emulators_use_are_used(emulator: PodSpaceEmulator):
    used = {
        emulator.match(Origin.API, method, split(f"/api/{path}")).route.label
        for method, path in CALLS
    }
    assert used >= set(LABELS)
    content = emulator.match(Origin.STORE, "GET", ("content", "1"))
    assert content.route.label == "download"
