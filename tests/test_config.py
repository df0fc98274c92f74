import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from cloudfs.config import (
    Config,
    MountSettings,
    Remote,
    cache_folder,
    config_path,
    load,
    mount_settings,
    resolved,
    state_folder,
)
from cloudfs.errors import ConfigError

Written = Callable[..., Path]

WORK = """
[remotes.work]
type = "webdav"
url = "https://dav.example.com/"
username = "alice"
"""


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home without any configuration."""
    for variable in (
        "CLOUDFS_CONFIG",
        "CLOUDFS_CACHE_DIR",
        "CLOUDFS_STATE_DIR",
        "XDG_CONFIG_HOME",
        "XDG_CACHE_HOME",
        "XDG_STATE_HOME",
    ):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


@pytest.fixture
def written(home: Path) -> Written:
    """Writes the configuration."""

    def write(text: str, mode: int = 0o600) -> Path:
        path = home / ".config/cloudfs/config.toml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(mode)
        return path

    return write


def refused(*texts: str) -> str:
    """What `load` says when it refuses the configuration; it names what to do."""
    with pytest.raises(ConfigError) as caught:
        load()
    for text in texts:
        assert text in str(caught.value)
    return str(caught.value)


# Where things are -------------------------------------------------------------------------------


def test_without_any_setting_things_are_where_xdg_says(home: Path):
    assert config_path() == home / ".config/cloudfs/config.toml"
    assert cache_folder("work") == home / ".cache/cloudfs/work"
    assert state_folder("work") == home / ".local/state/cloudfs/work"


def test_the_base_folders_of_xdg_are_used(monkeypatch: pytest.MonkeyPatch):
    for variable in ("XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME"):
        monkeypatch.setenv(variable, f"/base/{variable}")
    assert config_path() == Path("/base/XDG_CONFIG_HOME/cloudfs/config.toml")
    assert cache_folder("work") == Path("/base/XDG_CACHE_HOME/cloudfs/work")
    assert state_folder("work") == Path("/base/XDG_STATE_HOME/cloudfs/work")


@pytest.mark.parametrize("value", ["", "relative/path"])
def test_a_base_folder_that_is_not_absolute_is_ignored(
    value: str, home: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("XDG_CONFIG_HOME", value)
    monkeypatch.setenv("XDG_STATE_HOME", value)
    assert config_path() == home / ".config/cloudfs/config.toml"
    assert state_folder("work") == home / ".local/state/cloudfs/work"


def test_variables_of_our_own_come_first(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("XDG_CONFIG_HOME", "/base")
    monkeypatch.setenv("XDG_CACHE_HOME", "/base")
    monkeypatch.setenv("XDG_STATE_HOME", "/base")
    monkeypatch.setenv("CLOUDFS_CONFIG", "/mine/some.toml")
    monkeypatch.setenv("CLOUDFS_CACHE_DIR", "/mine/cache")
    monkeypatch.setenv("CLOUDFS_STATE_DIR", "/mine/state")
    assert config_path() == Path("/mine/some.toml")
    assert cache_folder("work") == Path("/mine/cache/work")
    assert state_folder("work") == Path("/mine/state/work")


# The file ---------------------------------------------------------------------------------------


def test_without_a_file_there_are_no_remotes(home: Path):
    assert load() == Config(home / ".config/cloudfs/config.toml", {}, {})


def test_a_remote_is_read(written: Written):
    path = written(f"{WORK}password = 'pw'\nmetadata_ttl = 5\nallow_insecure = true\n")
    config = load()
    assert config.path == path
    assert config.remote("work") == Remote(
        "work",
        "webdav",
        {"url": "https://dav.example.com/", "username": "alice", "password": "pw"},
        {"metadata_ttl": 5},
        allow_insecure=True,
    )


def test_a_remote_does_not_show_its_settings(written: Written):
    written(f"{WORK}password = 'hunter2'\n")
    assert "hunter2" not in repr(load())


def test_a_file_that_cannot_be_read_is_named(written: Written, home: Path):
    (home / ".config/cloudfs/config.toml").mkdir(parents=True)
    refused("config.toml cannot be read")


@pytest.mark.parametrize("text", ["[remotes", "a = ", "\xff\xfe"])
def test_a_file_that_is_not_toml_is_named_with_the_place(text: str, written: Written):
    written("").write_bytes(text.encode("latin-1"))
    refused("config.toml is not valid TOML: ")


def test_an_unknown_table_is_named_with_those_there_are(written: Written):
    written("[remote.work]\ntype = 'webdav'\n")
    refused("unknown table [remote]", "[remotes.NAME] and [mount]")


@pytest.mark.parametrize("text", ["remotes = 3", "mount = 'x'", "remotes.work = true"])
def test_what_should_be_a_table_is_one(text: str, written: Written):
    written(text)
    refused("must be a table")


@pytest.mark.parametrize("name", ["../other", ".", "..", "a/b", "", "a b", ".hidden", "é", "-o"])
def test_a_remote_whose_name_could_be_a_path_is_refused(name: str, written: Written):
    written(f'[remotes."{name}"]\ntype = "webdav"\n')
    refused("cannot be the name of a remote", "letters and digits")


@pytest.mark.parametrize("name", ["work", "Work2", "alice@example.com", "a.b_c-d+e"])
def test_other_names_are_taken(name: str, written: Written):
    written(f'[remotes."{name}"]\ntype = "memory"\n')
    assert load().remote(name).name == name


@pytest.mark.parametrize("line", ["", "type = 3"])
def test_a_remote_without_a_type_is_told_what_one_looks_like(line: str, written: Written):
    written(f"[remotes.work]\n{line}\n")
    refused("[remotes.work] has no type", 'type = "webdav"')


def test_an_unknown_type_is_named_with_those_there_are(written: Written):
    written("[remotes.work]\ntype = 'ftp'\n")
    refused("remote work: unknown type 'ftp'", "webdav", "cloudike")


def test_whether_insecure_connections_are_allowed_is_a_yes_or_no(written: Written):
    written(f"{WORK}allow_insecure = 'yes'\n")
    refused("[remotes.work] allow_insecure must be true or false")
    written(WORK)
    assert load().remote("work").allow_insecure is False


def test_an_unknown_remote_is_named_with_those_there_are(written: Written):
    with pytest.raises(ConfigError, match="none yet") as caught:
        load().remote("home")
    assert "[remotes.home]" in str(caught.value)
    written(WORK + WORK.replace("work", "play"))
    with pytest.raises(ConfigError, match="there is: play, work"):
        load().remote("home")


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644, 0o666, 0o620, 0o601])
def test_a_password_in_a_file_that_others_can_use_is_refused(mode: int, written: Written):
    path = written(f"{WORK}password = 'pw'\n", mode)
    refused("others can read it", f"chmod 600 {path}")


@pytest.mark.parametrize("mode", [0o600, 0o400, 0o700])
def test_a_password_in_a_private_file_is_taken(mode: int, written: Written):
    written(f"{WORK}password = 'pw'\n", mode)
    assert load().remote("work").settings["password"] == "pw"


@pytest.mark.parametrize("line", ["", "password_command = 'pass show work'"])
def test_a_file_without_a_secret_may_be_read_by_others(line: str, written: Written):
    written(f"{WORK}{line}\n", 0o644)
    load()


def test_the_advice_can_be_pasted_into_a_shell(home: Path, monkeypatch: pytest.MonkeyPatch):
    path = home / "my config.toml"
    path.write_text(f"{WORK}password = 'pw'\n")
    path.chmod(0o644)
    monkeypatch.setenv("CLOUDFS_CONFIG", str(path))
    refused(f"chmod 600 '{path}'")


# How a drive is mounted -------------------------------------------------------------------------


def settings(mount: str = "", remote: str = "", options: str = "") -> MountSettings:
    """The settings that three places amount to."""
    path = config_path()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"[mount]\n{mount}\n{WORK}{remote}\n")
    config = load()
    return mount_settings(config, config.remote("work"), options)


def test_without_settings_the_defaults_hold():
    assert settings() == MountSettings()
    assert MountSettings().metadata_ttl == 60


def test_options_come_before_the_remote_and_that_before_all_mounts():
    everywhere, remote, option = "metadata_ttl = 1", "metadata_ttl = 2", "metadata_ttl=3"
    assert settings(everywhere).metadata_ttl == 1.0
    assert settings(everywhere, remote).metadata_ttl == 2.0
    assert settings(everywhere, remote, option).metadata_ttl == 3.0
    assert settings(everywhere, "", option).metadata_ttl == 3.0
    assert settings("umask = 0o077", "metadata_ttl = 2", "ro") == MountSettings(
        umask=0o077, metadata_ttl=2.0, ro=True
    )


@pytest.mark.parametrize(
    ("option", "expected"),
    [
        ("ro", {"ro": True}),
        ("rw", {"ro": False}),
        ("ro,rw", {"ro": False}),
        ("ro=true", {"ro": True}),
        ("allow_other=1", {"allow_other": True}),
        ("allow_other=no", {"allow_other": False}),
        ("metadata_ttl=1.5", {"metadata_ttl": 1.5}),
        ("uid=1000,gid=-1", {"uid": 1000, "gid": -1}),
        ("umask=077", {"umask": 0o077}),
        ("umask=22", {"umask": 0o022}),
        ("names=escape", {"names": "escape"}),
        ("cache_size=1073741824", {"cache_size": 1 << 30}),
        ("cache_size=10G", {"cache_size": 10 << 30}),
        ("keep_free=500m", {"keep_free": 500 << 20}),
        ("cache_size=2TiB", {"cache_size": 2 << 40}),
        ("cache_size=4kB", {"cache_size": 4096}),
        ("", {}),
        (",,", {}),
    ],
)
def test_options_are_read(option: str, expected: dict[str, object]):
    assert settings(options=option) == MountSettings(**expected)  # type: ignore[arg-type]  # by name


def test_an_option_undoes_what_the_remote_says():
    assert settings("", "ro = true", "rw").ro is False
    assert settings("", "ro = true", "ro=false").ro is False


@pytest.mark.parametrize("size", ["10G", "10 GiB", "10gb", 10 << 30])
def test_sizes_may_have_units_in_the_file(size: object):
    line = f"cache_size = {size!r}"
    assert settings(line).cache_size == settings("", line).cache_size == 10 << 30


@pytest.mark.parametrize(
    ("option", "advice"),
    [
        ("colour=red", "there is no mount option 'colour'; there is: metadata_ttl, ro"),
        ("ro=maybe", "mount option ro has no usable value: 'maybe'"),
        ("metadata_ttl", "mount option metadata_ttl has no usable value: None"),
        ("metadata_ttl=soon", "no usable value: 'soon'"),
        ("uid=alice", "no usable value: 'alice'"),
        ("uid=1.5", "no usable value: '1.5'"),
        ("umask=999", "no usable value: '999'"),
        ("umask=-1", "no usable value: '-1'"),
        ("uid=10G", "uid must be a number"),
        ("names=invent", "names must be one of refuse, escape, not 'invent'"),
        ("cache_size=lots", "no usable value: 'lots'"),
        ("cache_size=10X", "no usable value: '10X'"),
    ],
)
def test_an_option_without_sense_is_refused_with_what_there_is(option: str, advice: str):
    with pytest.raises(ConfigError) as caught:
        settings(options=option)
    assert advice in str(caught.value)


@pytest.mark.parametrize(
    ("line", "advice"),
    [
        ("metadata_tll = 5", "did you mean metadata_ttl?"),
        ("colour = 'red'", "it knows metadata_ttl, ro"),
        ("metadata_ttl = '5'", "metadata_ttl must be a number, not '5'"),
        ("uid = true", "uid must be a number"),
        ("ro = 1", "ro must be true or false, not 1"),
        ("names = 'invent'", "names must be one of refuse, escape"),
        ("names = 3", "names must be text in quotes"),
        ("cache_size = 'lots'", "cache_size = 'lots' is not a size like 10G"),
        ("cache_size = 1.5", "cache_size must be a number"),
    ],
)
def test_a_setting_without_sense_is_refused_with_what_there_is(line: str, advice: str):
    with pytest.raises(ConfigError) as caught:
        settings(line)
    assert advice in str(caught.value)


# Secrets ----------------------------------------------------------------------------------------


def remote_with(**settings: object) -> Remote:
    return Remote("work", "webdav", {"url": "https://x.test/", **settings}, {})


def test_a_secret_in_the_file_is_taken_as_it_is():
    assert resolved(remote_with(password="pw"))["password"] == "pw"


def test_a_command_tells_a_secret(tmp_path: Path):
    path = tmp_path / "a file"
    path.write_text("top secret\r\n\n")
    found = resolved(remote_with(password_command=f"cat '{path}'"))
    assert found["password"] == "top secret"
    assert "password_command" not in found


def test_a_command_may_tell_any_bytes():
    found = resolved(remote_with(password_command=r"printf '\377 x'"))
    assert found["password"] == "\udcff x"


def test_a_command_may_tell_any_setting_of_the_service():
    assert resolved(remote_with(username_command="echo alice"))["username"] == "alice"


@pytest.mark.parametrize("name", ["password", "token", "username"])
def test_what_is_told_twice_is_refused(name: str, tmp_path: Path):
    twice = {name: "hunter2", f"{name}_command": f"touch {tmp_path}/made"}
    with pytest.raises(ConfigError, match=f"both {name} and {name}_command: remove") as caught:
        resolved(remote_with(**twice))
    assert "hunter2" not in str(caught.value)
    assert not (tmp_path / "made").exists()


def test_a_command_is_not_a_line_for_a_shell(tmp_path: Path):
    resolved(remote_with(password_command=f"echo x ; touch {tmp_path}/made"))
    assert not (tmp_path / "made").exists()


@pytest.mark.parametrize(
    ("command", "advice"),
    [
        ("no-such-program-anywhere", "password_command gave no secret: "),
        ("false", "password_command gave no secret: CalledProcessError"),
        ("sh -c 'echo hunter2; exit 1'", "password_command gave no secret: CalledProcessError"),
        ("true", "password_command printed nothing"),
        ("printf '\\n'", "password_command printed nothing"),
        ("echo 'unbalanced", "password_command gave no secret: "),
        ("   ", "password_command must be a command in quotes"),
        (3, "password_command must be a command in quotes"),
    ],
)
def test_a_command_that_tells_nothing_is_named_and_its_output_is_not_shown(
    command: object, advice: str
):
    with pytest.raises(ConfigError) as caught:
        resolved(remote_with(password_command=command))
    assert f"remote work: {advice}" in str(caught.value)
    assert "hunter2" not in str(caught.value)


def test_a_command_that_does_not_end_is_given_up(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("cloudfs.config.COMMAND_TIMEOUT", 0.05)
    with pytest.raises(ConfigError, match="TimeoutExpired"):
        resolved(remote_with(password_command="sleep 100"))


class Keyring:
    """A keyring of the desktop that holds one password."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *, locked: bool = False) -> None:
        self.asked: list[tuple[str, str]] = []
        self._locked = locked
        self._errors = ModuleType("keyring.errors")
        self._errors.KeyringError = type("KeyringError", (Exception,), {})  # type: ignore[attr-defined]  # a made-up module
        module = ModuleType("keyring")
        module.get_password = self._get_password  # type: ignore[attr-defined]  # the same
        monkeypatch.setitem(sys.modules, "keyring", module)
        monkeypatch.setitem(sys.modules, "keyring.errors", self._errors)

    def _get_password(self, service: str, name: str) -> str | None:
        self.asked.append((service, name))
        if self._locked:
            raise self._errors.KeyringError
        return "from the keyring" if name == "work/password" else None


def test_what_is_nowhere_else_is_looked_for_in_the_keyring(monkeypatch: pytest.MonkeyPatch):
    keyring = Keyring(monkeypatch)
    assert resolved(remote_with())["password"] == "from the keyring"
    assert ("cloudfs", "work/password") in keyring.asked


def test_the_keyring_is_not_asked_for_what_is_there(monkeypatch: pytest.MonkeyPatch):
    keyring = Keyring(monkeypatch)
    assert resolved(remote_with(password="pw"))["password"] == "pw"
    assert resolved(remote_with(password_command="echo cmd"))["password"] == "cmd"
    assert ("cloudfs", "work/password") not in keyring.asked


def test_the_keyring_is_asked_for_secrets_only(monkeypatch: pytest.MonkeyPatch):
    keyring = Keyring(monkeypatch)
    resolved(remote_with())
    assert ("cloudfs", "work/url") not in keyring.asked
    assert ("cloudfs", "work/username") not in keyring.asked


def test_a_keyring_that_is_locked_is_none(monkeypatch: pytest.MonkeyPatch):
    Keyring(monkeypatch, locked=True)
    assert "password" not in resolved(remote_with())


def test_without_a_keyring_there_is_none(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "keyring", None)
    assert "password" not in resolved(remote_with())


def test_what_the_keyring_must_have_is_asked_for_and_nothing_else(
    written: Written, monkeypatch: pytest.MonkeyPatch
):
    keyring = Keyring(monkeypatch)
    written(f'{WORK}keyring = ["password"]\n', 0o644)
    remote = load().remote("work")
    assert remote.keyring == ("password",)
    assert resolved(remote)["password"] == "from the keyring"
    assert keyring.asked == [("cloudfs", "work/password")]
    written(f"{WORK}keyring = []\n")
    assert "password" not in resolved(load().remote("work"))
    assert len(keyring.asked) == 1


@pytest.mark.parametrize(
    ("locked", "name", "reason"),
    [
        (True, "password", "which is locked or cannot be opened"),
        (False, "token", "which has no such entry"),
        (None, "password", "which needs one more package"),
    ],
)
def test_a_secret_that_the_keyring_must_have_and_has_not_is_named(
    *,
    locked: bool | None,
    name: str,
    reason: str,
    written: Written,
    monkeypatch: pytest.MonkeyPatch,
):
    if locked is None:
        monkeypatch.setitem(sys.modules, "keyring", None)
    else:
        Keyring(monkeypatch, locked=locked)
    written(f'{WORK}keyring = ["{name}"]\n')
    with pytest.raises(ConfigError) as caught:
        resolved(load().remote("work"))
    assert f"remote work: {name} should be in the keyring, {reason}" in str(caught.value)
    assert "run: cloudfs login work" in str(caught.value)


@pytest.mark.parametrize(
    ("value", "advice"),
    [
        ("true", 'keyring must be a list of secrets, like ["password"]'),
        ("[1]", "keyring must be a list of secrets"),
        ('["username"]', "keyring names 'username', which is no secret of this type"),
        ('["colour"]', "keyring names 'colour'"),
    ],
)
def test_what_the_keyring_must_have_are_secrets(value: str, advice: str, written: Written):
    written(f"{WORK}keyring = {value}\n")
    refused(f"[remotes.work] {advice}")
