"""What waits can be saved elsewhere, and given up."""

import json
from pathlib import Path

from tests.mount.machine import Cloud, Drive


def test_what_a_dead_service_does_not_take_is_exported_and_discarded(
    drive: Drive, own_cloud: Cloud, tmp_path: Path
):
    (drive.path / "kept").write_text("on the service")
    drive.command("flush", drive.path)
    own_cloud.kill()
    (drive.path / "kept").write_text("edited")
    (drive.path / "new").mkdir()
    (drive.path / "new" / "f").write_text("never there")
    out = tmp_path / "out"
    told = drive.command("export-pending", drive.path, out)
    assert "2 files were copied" in told.stdout
    assert (out / "kept").read_text() == "edited"
    assert (out / "new" / "f").read_text() == "never there"
    assert drive.command("discard", drive.path, "--all", check=False).returncode == 2
    own_cloud.start()
    drive.command("retry", drive.path)
    drive.command("flush", drive.path)
    own_cloud.kill()
    (drive.path / "kept").write_text("edited again")
    told = drive.command("discard", drive.path / "kept", "--all", "--yes", "--json")
    assert [change["path"] for change in json.loads(told.stdout)["discarded"]] == ["/kept"]
    own_cloud.start()
    assert (drive.path / "kept").read_text() == "edited"
    assert (drive.path / "new" / "f").read_text() == "never there"


def test_there_may_be_nothing_to_discard(drive: Drive):
    assert "nothing" in drive.command("discard", drive.path, "--yes").stdout
