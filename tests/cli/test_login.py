"""`cloudfs login` for programs: what is not on the command line comes on standard input."""

import logging
import shlex
import stat
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from cloudfs.cli.main import main
from cloudfs.config import load, resolved
from tests.cli.service import Home, Said, Service

Cloudfs = Callable[..., Said]
Serve = Callable[[str], Service]


class Keyring:
    """A keyring of the desktop."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *, priority: float = 5) -> None:
        self.kept: dict[tuple[str, str], str] = {}
        self.locked = False
        self.priority = priority
        self._errors = ModuleType("keyring.errors")
        self._errors.KeyringError = type("KeyringError", (Exception,), {})  # type: ignore[attr-defined]  # a made-up module
        module = ModuleType("keyring")
        for function in (self.get_keyring, self.get_password, self.set_password):
            setattr(module, function.__name__, function)
        monkeypatch.setitem(sys.modules, "keyring", module)
        monkeypatch.setitem(sys.modules, "keyring.errors", self._errors)

    def get_keyring(self) -> "Keyring":
        return self

    def get_password(self, service: str, name: str) -> str | None:
        self._check()
        return self.kept.get((service, name))

    def set_password(self, service: str, name: str, secret: str) -> None:
        self._check()
        self.kept[service, name] = secret

    def _check(self) -> None:
        if self.locked:
            raise self._errors.KeyringError("locked")


@pytest.fixture
def cloudike(serve: Serve) -> Service:
    return serve("cloudike").own_account()


def options(service: Service, *names: str) -> list[str]:
    words = ["--type", service.type]
    for name in names:
        words += ["--set", f"{name}={service.account[name]}"]
    return words


def new(cloudfs: Cloudfs, service: Service, *more: str, password: str | None = None) -> Said:
    words = options(service, "url", "username")
    given = service.account["password"] if password is None else password
    return cloudfs("login", "work", *words, "--password-stdin", *more, stdin=f"{given}\n")


# A new remote -----------------------------------------------------------------------------------


def test_a_login_that_works_is_stored_in_a_private_file(
    home: Home, cloudfs: Cloudfs, cloudike: Service
):
    said = new(cloudfs, cloudike)
    assert (said.status, said.err) == (0, "")
    assert said.out == f"work: the service accepts the login; it is in {home.config}\n"
    assert home.table("work") == {"type": "cloudike", **cloudike.account}
    assert stat.S_IMODE(home.config.stat().st_mode) == 0o600
    assert stat.S_IMODE(home.config.parent.stat().st_mode) == 0o700
    assert cloudfs("ls", "work:").status == 0


def test_what_the_sign_in_brought_is_kept_for_the_mount(
    home: Home, cloudfs: Cloudfs, cloudike: Service
):
    new(cloudfs, cloudike)
    assert home.notes("work")["token"]
    logins = cloudike.received("login")
    cloudfs("ls", "work:")
    assert cloudike.received("login") == logins


def test_a_login_that_is_refused_is_not_stored(home: Home, cloudfs: Cloudfs, cloudike: Service):
    said = new(cloudfs, cloudike, password="wrong")
    assert (said.status, said.out) == (1, "")
    assert said.err.startswith("cloudfs: work is not stored: the service does not accept")
    assert said.err.count("\n") == 1
    assert not home.config.exists()
    assert home.notes("work") == {}


def test_a_service_that_is_not_there_is_not_stored(home: Home, cloudfs: Cloudfs):
    said = cloudfs("login", "w", "--type", "webdav", "--set", "url=http://127.0.0.1:1/")
    assert said.status == 1
    assert said.err.startswith("cloudfs: w is not stored: ")
    assert not home.config.exists()


def test_plain_http_is_refused_unless_it_is_allowed(home: Home, cloudfs: Cloudfs):
    words = ["login", "w", "--type", "webdav", "--set", "url=http://dav.invalid/"]
    said = cloudfs(*words)
    assert said.status == 2
    assert "allow_insecure" in said.err
    said = cloudfs(*words, "--set", "allow_insecure=true")
    assert said.status == 1  # it was tried
    assert not home.config.exists()


def test_a_secret_on_the_command_line_is_refused(home: Home, cloudfs: Cloudfs):
    said = cloudfs("login", "work", "--type", "webdav", "--set", "password=hunter2")
    assert said.status == 2
    assert "--stdin password" in said.err
    assert "hunter2" not in said.err


@pytest.mark.parametrize(
    ("words", "stdin", "advice"),
    [
        ([], "", "type is missing"),
        (["--type", "ftp"], "", "unknown type 'ftp'"),
        (["--type", "webdav"], "", "url is missing (address of the collection"),
        (["--type", "webdav"], "", "--set url=..."),
        (["--type", "cloud689", "--set", "username=ann"], "", "--stdin password"),
        (["--type", "podspace"], "", "--phone NUMBER"),
        (["--type", "webdav", "--set", "url"], "", "--set wants KEY=VALUE, not 'url'"),
        (["--type", "webdav", "--set", "colour=red"], "", "no setting 'colour'; it knows url"),
        (["--type", "webdav", "--set", "chunk_size=big"], "", "chunk_size cannot be 'big'"),
        (["--type", "webdav", "--set", "locks=maybe"], "", "locks must be true or false"),
        (["--type", "webdav", "--stdin", "colour"], "red\n", "no setting 'colour'"),
        (["--type", "webdav", "--stdin", "password"], "", "password should be a line of standard"),
        (["--type", "webdav", "--phone", "09"], "", "--phone is for accounts of type podspace"),
    ],
)
def test_what_is_missing_or_wrong_is_told_with_what_to_do(
    words: list[str], stdin: str, advice: str, home: Home, cloudfs: Cloudfs
):
    said = cloudfs("login", "work", *words, stdin=stdin)
    assert said.status == 2
    assert advice in said.err
    assert said.err.count("\n") == 1
    assert not home.config.exists()


@pytest.mark.parametrize("name", ["../x", "a/b", ".hidden", "-"])
def test_a_name_that_could_be_a_path_is_refused(name: str, home: Home, cloudfs: Cloudfs):
    said = cloudfs("login", "--type", "memory", "--", name)
    assert said.status == 2
    assert "cannot be the name of a remote" in said.err


def test_settings_are_stored_as_what_they_are(home: Home, cloudfs: Cloudfs, cloudike: Service):
    more = ["page_limit=100", "logout=true", "task_poll=2", "password_command=echo x"]
    said = new(cloudfs, cloudike, *(word for one in more for word in ("--set", one)))
    assert said.status == 0
    table = home.table("work")
    assert (table["page_limit"], table["logout"], table["task_poll"]) == (100, True, 2.0)
    assert table["password"] == cloudike.account["password"]  # given later than the command
    assert "password_command" not in table


def test_the_session_of_the_trial_is_left_for_the_mount(
    home: Home, cloudfs: Cloudfs, cloudike: Service
):
    new(cloudfs, cloudike, "--set", "logout=true")
    assert home.notes("work")["token"]
    assert cloudike.received("logout") == 0


def test_a_command_that_tells_the_password_is_stored_instead_of_it(
    home: Home, cloudfs: Cloudfs, cloudike: Service
):
    command = f"password_command=printf %s {shlex.quote(cloudike.account['password'])}"
    words = options(cloudike, "url", "username")
    said = cloudfs("login", "work", *words, "--set", command)
    assert said.status == 0
    assert "password" not in home.table("work")
    assert cloudfs("ls", "work:").status == 0


def test_a_remote_without_a_login_is_only_stored(home: Home, cloudfs: Cloudfs):
    assert cloudfs("login", "m:", "--type", "memory").status == 0
    assert home.table("m") == {"type": "memory"}


# The file ---------------------------------------------------------------------------------------


def test_the_rest_of_the_file_stays(home: Home, cloudfs: Cloudfs, cloudike: Service):
    before = '# mine\n[mount]\nmetadata_ttl = 5 # short\n\n[remotes.play]\ntype = "memory"\n'
    home.write(before, 0o644)
    assert new(cloudfs, cloudike).status == 0
    text = home.config.read_text()
    assert text.startswith(f"{before}\n[remotes.work]\n")
    assert stat.S_IMODE(home.config.stat().st_mode) == 0o600


def test_a_file_that_is_a_link_stays_one(home: Home, cloudfs: Cloudfs, tmp_path: Path):
    kept = tmp_path / "dotfiles.toml"
    kept.write_text("# mine\n")
    home.config.parent.mkdir()
    home.config.symlink_to(kept)
    assert cloudfs("login", "m", "--type", "memory").status == 0
    assert home.config.is_symlink()
    assert kept.read_text().startswith("# mine\n")
    assert sorted(p.name for p in tmp_path.glob("*.new")) == []


def test_a_table_that_cannot_be_changed_is_left_with_a_word(
    home: Home, cloudfs: Cloudfs, cloudike: Service
):
    home.write('[remotes]\nwork = {type = "cloudike", url = "http://127.0.0.1:1"}\n')
    before = home.config.read_text()
    said = new(cloudfs, cloudike)
    assert said.status == 2
    assert "cannot be changed: [remotes.work] is not written as a table" in said.err
    assert home.config.read_text() == before


# A remote that is there -------------------------------------------------------------------------


def test_a_login_that_works_already_needs_nothing(home: Home, cloudfs: Cloudfs, cloudike: Service):
    home.remote("work", type="cloudike", **cloudike.account)
    before = home.config.read_text()
    assert cloudfs("login", "work").status == 0
    assert home.config.read_text() == before


def test_a_new_password_takes_the_place_of_the_old_one(
    home: Home, cloudfs: Cloudfs, cloudike: Service
):
    home.remote("work", type="cloudike", **{**cloudike.account, "password": "old"})
    assert cloudfs("login", "work").status == 1
    said = cloudfs("login", "work", "--password-stdin", stdin=f"{cloudike.account['password']}\n")
    assert said.status == 0
    assert home.table("work") == {"type": "cloudike", **cloudike.account}


def test_a_wrong_new_password_is_noticed_although_a_token_is_left(
    home: Home, cloudfs: Cloudfs, cloudike: Service
):
    new(cloudfs, cloudike)
    notes, table = home.notes("work"), home.table("work")
    said = cloudfs("login", "work", "--password-stdin", stdin="wrong\n")
    assert said.status == 1
    assert said.err.startswith("cloudfs: work is left as it was: ")
    assert (home.notes("work"), home.table("work")) == (notes, table)


def test_a_password_beside_a_command_is_refused_unless_one_is_given(
    home: Home, cloudfs: Cloudfs, cloudike: Service
):
    home.remote("work", type="cloudike", password_command="false", **cloudike.account)
    for words in (["login", "work"], ["ls", "work:"]):
        said = cloudfs(*words)
        assert said.status == 2
        assert "has both password and password_command: remove one of them" in said.err
    password = cloudike.account["password"]
    assert cloudfs("login", "work", "--password-stdin", stdin=f"{password}\n").status == 0
    assert home.table("work") == {"type": "cloudike", **cloudike.account}


def test_a_password_takes_the_place_of_a_command(home: Home, cloudfs: Cloudfs, cloudike: Service):
    account = {**cloudike.account, "password_command": "false"}
    del account["password"]
    home.remote("work", type="cloudike", **account)
    said = cloudfs("login", "work")
    assert said.status == 2
    assert "password_command gave no secret" in said.err
    said = cloudfs("login", "work", "--password-stdin", stdin=f"{cloudike.account['password']}\n")
    assert said.status == 0
    assert home.table("work") == {"type": "cloudike", **cloudike.account}


def test_the_type_of_a_remote_cannot_be_changed(home: Home, cloudfs: Cloudfs):
    home.remote("work", type="memory")
    said = cloudfs("login", "work", "--type", "webdav")
    assert said.status == 2
    assert "take another name" in said.err
    assert cloudfs("login", "work", "--type", "memory").status == 0


# The keyring ------------------------------------------------------------------------------------


def test_secrets_go_into_the_keyring_if_there_is_one(
    home: Home, cloudfs: Cloudfs, cloudike: Service, monkeypatch: pytest.MonkeyPatch
):
    keyring = Keyring(monkeypatch)
    said = new(cloudfs, cloudike)
    assert said.out.endswith("in the keyring: password\n")
    assert keyring.kept == {("cloudfs", "work/password"): cloudike.account["password"]}
    table = home.table("work")
    assert (table["keyring"], "password" in table) == (["password"], False)
    assert resolved(load().remote("work"))["password"] == cloudike.account["password"]
    assert cloudfs("ls", "work:").status == 0


def test_a_password_leaves_the_file_for_the_keyring(
    home: Home, cloudfs: Cloudfs, cloudike: Service, monkeypatch: pytest.MonkeyPatch
):
    Keyring(monkeypatch)
    home.remote("work", type="cloudike", **{**cloudike.account, "password": "old"})
    cloudfs("login", "work", "--password-stdin", stdin=f"{cloudike.account['password']}\n")
    assert home.table("work")["keyring"] == ["password"]
    assert "password" not in home.table("work")


def test_the_keyring_need_not_be_used(
    home: Home, cloudfs: Cloudfs, cloudike: Service, monkeypatch: pytest.MonkeyPatch
):
    keyring = Keyring(monkeypatch)
    new(cloudfs, cloudike)
    given = f"{cloudike.account['password']}\n"
    said = cloudfs("login", "work", "--password-stdin", "--no-keyring", stdin=given)
    assert said.status == 0
    assert home.table("work") == {"type": "cloudike", **cloudike.account}
    keyring.locked = True
    assert cloudfs("ls", "work:").status == 0


@pytest.mark.parametrize("priority", [0, 0.5])
def test_a_keyring_that_is_none_is_not_used(
    priority: float,
    home: Home,
    cloudfs: Cloudfs,
    cloudike: Service,
    monkeypatch: pytest.MonkeyPatch,
):
    keyring = Keyring(monkeypatch, priority=priority)
    assert new(cloudfs, cloudike).status == 0
    assert keyring.kept == {}
    assert home.table("work")["password"] == cloudike.account["password"]


def test_a_locked_keyring_is_told_of_and_the_file_used(
    home: Home, cloudfs: Cloudfs, cloudike: Service, monkeypatch: pytest.MonkeyPatch
):
    Keyring(monkeypatch).locked = True
    said = new(cloudfs, cloudike)
    assert said.status == 0
    assert "the keyring cannot be used (KeyringError): using the file instead" in said.err
    assert home.table("work")["password"] == cloudike.account["password"]


# A code by telephone ----------------------------------------------------------------------------

PHONE = "09120000000"


def test_a_code_from_the_telephone_becomes_tokens(home: Home, cloudfs: Cloudfs, serve: Serve):
    service = serve("podspace")
    words = ["--type", "podspace", "--set", f"url={service.url}", "--phone", PHONE]
    said = cloudfs("login", "pod", *words, stdin="123456\n")
    assert (said.status, f"sent to {PHONE}" in said.err) == (0, True)
    assert set(home.table("pod")) == {"type", "url", "token", "refresh_token", "device_uid"}
    assert cloudfs("ls", "pod:").status == 0


def test_a_wrong_code_stores_nothing(home: Home, cloudfs: Cloudfs, serve: Serve):
    service = serve("podspace")
    words = ["--type", "podspace", "--set", f"url={service.url}", "--phone", PHONE]
    said = cloudfs("login", "pod", *words, stdin="654321\n")
    assert said.status == 1
    assert "pod is not stored: the service does not accept the number or the code" in said.err
    assert not home.config.exists()


def test_a_token_may_be_given_instead(home: Home, cloudfs: Cloudfs, serve: Serve):
    service = serve("podspace")
    words = ["--type", "podspace", "--set", f"url={service.url}", "--stdin", "token"]
    said = cloudfs("login", "pod", *words, stdin=f"{service.account['token']}\n")
    assert said.status == 0
    assert home.table("pod")["token"] == service.account["token"]


def test_a_lost_login_is_repaired_by_another_code(home: Home, cloudfs: Cloudfs, serve: Serve):
    service = serve("podspace")
    home.remote("pod", type="podspace", url=service.url, token="gone", refresh_token="gone", x=1)
    home.write(home.config.read_text().replace("x = 1\n", "# mine\n"))
    said = cloudfs("login", "pod")
    assert said.status == 1
    assert "--phone NUMBER" in said.err
    assert cloudfs("login", "pod", "--phone", PHONE, stdin="123456\n").status == 0
    assert "gone" not in home.config.read_text()
    assert "# mine\n" in home.config.read_text()
    assert cloudfs("ls", "pod:").status == 0


# A second factor --------------------------------------------------------------------------------


def asus(service: Service) -> list[str]:
    words = options(service, "url", "username", "sid")
    return ["login", "sky", *words, "--password-stdin", "--stdin", "progkey"]


def test_a_one_time_password_is_asked_for_and_taken(home: Home, cloudfs: Cloudfs, serve: Serve):
    service = serve("asuswebstorage")
    service.configure(otp="424242")
    stdin = f"{service.account['password']}\n{service.account['progkey']}\n"
    said = cloudfs(*asus(service), stdin=stdin)
    assert said.status == 1
    assert "one-time password" in said.err
    assert "--stdin otp" in said.err
    assert "captcha" not in said.err
    assert not home.config.exists()
    said = cloudfs(*asus(service), "--stdin", "otp", stdin=f"{stdin}424242\n")
    assert said.status == 0
    assert cloudfs("ls", "sky:").status == 0  # with the token: the password is used up


def test_the_text_of_a_picture_is_asked_for_and_taken(home: Home, cloudfs: Cloudfs, serve: Serve):
    service = serve("asuswebstorage")
    service.configure(captcha="xyzzy")
    stdin = f"{service.account['password']}\n{service.account['progkey']}\n"
    said = cloudfs(*asus(service), stdin=stdin)
    assert said.status == 1
    assert "captcha.jpg" in said.err
    assert "--set captcha=TEXT" in said.err
    assert "otp" not in said.err
    wrong = cloudfs(*asus(service), stdin=f"wrong{stdin}")
    assert "--stdin" not in wrong.err
    assert cloudfs(*asus(service), "--set", "captcha=xyzzy", stdin=stdin).status == 0


# Secrets ----------------------------------------------------------------------------------------


def test_secrets_are_neither_shown_nor_logged(
    home: Home, cloudfs: Cloudfs, cloudike: Service, caplog: pytest.LogCaptureFixture
):
    caplog.set_level(logging.DEBUG)
    secret = cloudike.account["password"]
    said = [
        new(cloudfs, cloudike, "--verbose"),
        new(cloudfs, cloudike, "--verbose", password="hunter2"),
    ]
    for text in (*(one.out + one.err for one in said), caplog.text):
        assert secret not in text
        assert "hunter2" not in text


def test_the_help_says_what_there_is(capsys: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit):
        main(["login", "--help"])
    assert "--password-stdin" in capsys.readouterr().out
