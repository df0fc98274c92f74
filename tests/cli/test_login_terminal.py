"""`cloudfs login` with somebody who types."""

from collections.abc import Callable

from tests.cli.service import Home, Service, Terminal

Serve = Callable[[str], Service]


def test_a_person_is_asked_for_what_the_type_needs(home: Home, serve: Serve):
    service = serve("cloudike").own_account()
    terminal = Terminal(home, "login", "work")
    terminal.answer("which service work is on (type; one of asuswebstorage", "ftp")
    terminal.answer("please answer one of these", "cloudike")
    terminal.answer("address of the API server", service.url)
    terminal.answer("(username", service.account["username"])
    terminal.secretly("(password; not shown)", service.account["password"])
    assert terminal.end() == 0, terminal.seen
    assert service.account["password"] not in terminal.seen
    assert home.table("work") == {"type": "cloudike", **service.account}


def test_a_default_is_shown_taken_by_enter_and_not_stored(home: Home, serve: Serve):
    terminal = Terminal(home, "login", "pod", "--type", "podspace")
    terminal.answer("Enter: https://podspace.pod.ir/api", "http://127.0.0.1:1/api")
    terminal.answer("telephone number", "")
    terminal.secretly("(token; not shown)", "some-token")
    terminal.secretly("(refresh_token; not shown)", "")
    assert terminal.end() == 1
    assert "pod is not stored" in terminal.seen
    assert not home.config.exists()


def test_a_code_is_asked_for(home: Home, serve: Serve):
    service = serve("podspace")
    terminal = Terminal(home, "login", "pod", "--type", "podspace", "--set", f"url={service.url}")
    terminal.answer("telephone number", "09120000000")
    terminal.answer("Code that was sent to 09120000000: ", "123456")
    assert terminal.end() == 0, terminal.seen
    assert home.table("pod")["token"]
    assert home.table("pod")["token"] not in terminal.seen


def test_what_is_refused_is_asked_for_again(home: Home, serve: Serve):
    service = serve("cloudike").own_account()
    home.remote("work", type="cloudike", **{**service.account, "password": "old"})
    terminal = Terminal(home, "login", "work")
    terminal.answer("the service does not accept", "")  # the name is right
    terminal.secretly("Enter: as before (password; not shown)", service.account["password"])
    assert terminal.end() == 0, terminal.seen
    assert home.table("work") == {"type": "cloudike", **service.account}


def test_what_was_refused_is_not_tried_again_as_it_is(home: Home, serve: Serve):
    service = serve("cloudike").own_account()
    home.remote("work", type="cloudike", **{**service.account, "password": "old"})
    terminal = Terminal(home, "login", "work")
    terminal.answer("the service does not accept", "")
    terminal.secretly("Enter: as before (password; not shown)", "")
    assert terminal.end() == 1
    assert "work is left as it was" in terminal.seen
    assert service.received("login") == 1


def test_who_types_the_same_again_means_it(home: Home, serve: Serve):
    service = serve("cloudike").own_account()
    service.fault(kind="status", route="login", status=401, count=1)
    home.remote("work", type="cloudike", **service.account)
    terminal = Terminal(home, "login", "work")
    terminal.answer("the service does not accept", "")
    terminal.secretly("(password; not shown)", service.account["password"])
    assert terminal.end() == 0, terminal.seen


def test_a_one_time_password_is_asked_for_when_sign_in_wants_it(home: Home, serve: Serve):
    service = serve("asuswebstorage")
    service.configure(otp="424242")
    home.remote("sky", type="asuswebstorage", **service.account)
    terminal = Terminal(home, "login", "sky")
    terminal.secretly("(otp; not shown)", "424242")
    assert terminal.end() == 0, terminal.seen
    assert "asks for a one-time password" in terminal.seen
    assert "(password" not in terminal.seen
    assert "(captcha" not in terminal.seen
    assert home.table("sky")["otp"] == "424242"


def test_a_command_that_tells_nothing_is_replaced_by_an_answer(home: Home, serve: Serve):
    service = serve("cloudike").own_account()
    account = {**service.account, "password_command": "false"}
    password = account.pop("password")
    home.remote("work", type="cloudike", **account)
    terminal = Terminal(home, "login", "work")
    terminal.secretly("(password; not shown)", password)
    assert terminal.end() == 0, terminal.seen
    assert "password_command gave no secret" in terminal.seen
    assert home.table("work") == {"type": "cloudike", **service.account}


def test_the_end_of_the_input_stores_nothing(home: Home, serve: Serve):
    terminal = Terminal(home, "login", "work", "--type", "cloudike")
    terminal.answer("address of the API server", "\x04\x04")
    assert terminal.end() == 2
    assert "the input ended; nothing is stored" in terminal.seen
    assert not home.config.exists()
