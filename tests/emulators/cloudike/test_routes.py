"""Reference 6: every call that it marks as core or exposed is served, under both versions."""

import pytest

from cloudfs.emulators.cloudike.emulator import CloudikeEmulator
from cloudfs.emulators.received import Origin
from cloudfs.emulators.routing import LABELS, split

CALLS = [
    ("GET", "task/T/"),
    ("GET", "events/"),
    ("POST", "files/create_extra/"),
    ("GET", "files/get_preview/"),
    ("POST", "fileops/folder_create"),
    ("GET", "fileops/folder_info/"),
    ("GET", "fileops/precheck/"),
    ("POST", "fileops/move/"),
    ("POST", "fileops/copy/"),
    ("GET", "metadata/a/b"),
    ("GET", "metadata_full_listing/"),
    ("GET", "files/download_as_archive/"),
    ("POST", "files/download_as_archive_stream/"),
    ("GET", "files/download_as_archive_stream/H/"),
    ("GET", "links/add_to_storage/H/"),
    ("POST", "files/create/"),
    ("POST", "files/create_part/"),
    ("POST", "files/confirm/a/b"),
    ("GET", "files/get/a/b"),
    ("GET", "files/favorites/"),
    ("POST", "fileops/set_favorite/"),
    ("POST", "fileops/purge/"),
    ("POST", "fileops/purgestatus/"),
    ("GET", "files/versions/a/b"),
    ("POST", "files/restore/"),
    ("POST", "fileops/delete/"),
    ("POST", "fileops/multi/delete/"),
    ("POST", "fileops/undelete/"),
    ("POST", "fileops/multi/undelete/"),
    ("POST", "fileops/rename/"),
    ("POST", "shares/add/"),
    ("POST", "shares/remove/"),
    ("POST", "shares/accept/"),
    ("POST", "shares/decline/"),
    ("POST", "shares/uninvite/"),
    ("POST", "shares/unshare/"),
    ("GET", "shares/collaborators/"),
    ("POST", "shares/update_collaborator/"),
    ("GET", "shares/"),
    ("GET", "shares/invites/"),
    ("POST", "links/create/"),
    ("POST", "links/delete/"),
    ("GET", "links/"),
    ("GET", "links/get/H/a"),
    ("GET", "links/metadata/H/a"),
    ("GET", "trash/"),
    ("POST", "trash/restore/N"),
    ("POST", "trash/clear/"),
    ("GET", "trash/from_shared/a"),
    ("POST", "trash/restore/N/from_shared/a"),
    ("POST", "files/search/"),
    ("POST", "accounts/login/"),
    ("POST", "accounts/logout/"),
    ("GET", "accounts/get/"),
    ("GET", "accounts/permanent_tokens/"),
    ("POST", "accounts/remove_permanent_token/"),
    ("POST", "accounts/set_value/"),
    ("GET", "accounts/get_value/"),
    ("POST", "workflow/comment/a"),
    ("POST", "workflow/comment/edit"),
    ("POST", "workflow/comment/delete"),
    ("GET", "workflow/comments/a"),
]


@pytest.mark.parametrize(("method", "call"), CALLS)
def test_a_call_is_served_with_and_without_a_slash(
    emulator: CloudikeEmulator, method: str, call: str
):
    keys = {
        emulator.match(Origin.API, method, split(f"/api/{version}/{path}")).route.key
        for version in "01"
        for path in (call, call.rstrip("/"), f"{call}/")
    }
    assert len(keys) == 1


def test_the_words_that_all_emulators_use_are_used(emulator: CloudikeEmulator):
    used = {
        emulator.match(Origin.API, method, split(f"/api/1/{call}")).route.label
        for method, call in CALLS
    }
    used |= {
        emulator.match(Origin.STORE, method, split(path)).route.label
        for method, path in (("GET", "/key"), ("PUT", "/key"), ("POST", "/"))
    }
    assert used >= set(LABELS)
