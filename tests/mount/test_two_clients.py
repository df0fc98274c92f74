"""Two drives on one account."""

import os

from tests.mount.machine import wait_until


def test_changes_travel_from_one_drive_to_the_other(own_cloud, make_drive):
    one = make_drive(own_cloud, "one", metadata_ttl=0.5)
    two = make_drive(own_cloud, "two", metadata_ttl=0.5)
    one.mount()
    two.mount()
    (one.path / "f").write_text("first")
    one.flush()
    wait_until(lambda: os.listdir(two.path) == ["f"])
    assert (two.path / "f").read_text() == "first"
    (one.path / "f").write_text("second, and longer")
    (one.path / "new").mkdir()
    one.flush()
    wait_until(lambda: sorted(os.listdir(two.path)) == ["f", "new"])
    wait_until(lambda: (two.path / "f").read_text() == "second, and longer")
    (two.path / "f").unlink()
    two.flush()
    wait_until(lambda: os.listdir(one.path) == ["new"])


def test_an_open_file_stays_the_version_it_was(own_cloud, make_drive):
    one = make_drive(own_cloud, "one", metadata_ttl=0.2)
    two = make_drive(own_cloud, "two", metadata_ttl=0.2)
    one.mount()
    two.mount()
    (one.path / "f").write_bytes(b"a" * 300_000)
    one.flush()
    wait_until((two.path / "f").exists)
    with (two.path / "f").open("rb", buffering=0) as old:
        assert old.read(10) == b"a" * 10
        (one.path / "f").write_bytes(b"b" * 200_000)
        one.flush()
        wait_until(lambda: (two.path / "f").stat().st_size == 200_000)
        assert (two.path / "f").read_bytes() == b"b" * 200_000
        assert old.read() == b"a" * 299_990


def test_a_conflict_keeps_both_sides(own_cloud, make_drive, announce):
    announce("changed on both sides")
    one = make_drive(own_cloud, "one", hold_back=60.0)
    two = make_drive(own_cloud, "two", hold_back=60.0)
    one.mount()
    (one.path / "doc.txt").write_text("base")
    one.flush()
    two.mount()
    (one.path / "doc.txt").write_text("from one")
    (two.path / "doc.txt").write_text("from two")
    one.flush()
    two.flush()
    (shown,) = [name for name in one.command("ls", "one:").stdout.split("\n") if "conflict" in name]
    assert (two.path / "doc.txt").read_text() == "from two"
    wait_until(lambda: shown in os.listdir(two.path))
    assert (two.path / shown).read_text() == "from one"
    assert two.status()["conflicts"][0]["path"] == "/doc.txt"
