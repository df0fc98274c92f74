"""The check that no secret is told is itself checked: what is planted must be found."""

import logging

import httpx
import pytest

from cloudfs.errors import NotFound
from cloudfs.http.client import Http
from cloudfs.http.retry import Repeat
from tests.witness import Witness, credentials

pytest_plugins = ["pytester"]

log = logging.getLogger("cloudfs.providers.planted")

SECRET = "correct horse/battery"


def in_a_message() -> None:
    log.debug("signed in with %s", SECRET)


def quoted() -> None:
    log.info("asked for x, pw=%s", "correct%20horse%2Fbattery")


def in_a_traceback() -> None:
    try:
        int(SECRET)
    except ValueError:
        log.warning("it did not work", exc_info=True)


def in_the_cause_of_an_error() -> None:
    try:
        try:
            {}[SECRET]
        except KeyError as error:
            raise ValueError("no") from error
    except ValueError:
        log.debug("it did not work", exc_info=True)


def in_the_text_of_an_error() -> None:
    NotFound(f"there is no {SECRET}")


def by_the_library_below() -> None:
    logging.getLogger("httpcore.http11").warning("header %r", SECRET)


def as_an_address() -> None:
    log.debug("fetching %s", "https://store.test/object?expires=1&who=anybody")


PLANTS = [
    in_a_message, quoted, in_a_traceback, in_the_cause_of_an_error, in_the_text_of_an_error,
    by_the_library_below, as_an_address,
]  # fmt: skip


@pytest.mark.parametrize("plant", PLANTS)
def test_a_planted_secret_is_found(plant, witness: Witness, announce):
    announce("")
    witness.learn(SECRET)
    log.debug("GET https://service.test:443")
    assert witness.leaks() == []
    plant()
    assert len(witness.leaks()) == 1


async def test_what_a_request_carries_is_a_secret(witness: Witness):
    def answered(_: httpx.Request) -> httpx.Response:
        return httpx.Response(200)

    witness.divert = answered
    http = Http()
    http.trust("https://service.test")
    sent = {"Authorization": "Bearer 0123456789abcdef0123456789"}
    url = "https://service.test/x?signature=fedcba9876543210"
    await http.request("GET", url, label="x", repeat=Repeat.SAFELY, credentials=sent)
    await http.aclose()
    assert witness.leaks() == []
    log.debug("0123456789abcdef0123456789")
    log.debug("fedcba9876543210")
    assert len(witness.leaks()) == 2


def test_the_password_of_a_basic_sign_in_is_a_secret():
    assert "open sesame" in credentials("Basic YWxpOm9wZW4gc2VzYW1l")


def test_a_test_that_tells_a_secret_fails(pytester: pytest.Pytester):
    pytester.makeconftest("from tests.conftest import *")
    pytester.makepyfile(
        """
        import logging

        import pytest

        from cloudfs.emulators.clock import Clock
        from cloudfs.emulators.podspace.emulator import PodSpaceEmulator

        pytestmark = pytest.mark.usefixtures("nothing_secret_is_said")

        @pytest.mark.parametrize("telling", [False, True])
        def test_token(tmp_path, telling):
            emulator = PodSpaceEmulator(tmp_path)
            account = emulator.store.accounts.all()[0].id
            with emulator.store.transaction():
                token = emulator.store.tokens.issue(account, ttl=None)
            if telling:
                logging.getLogger("cloudfs.providers").debug("the token is %s", token.token)
            emulator.close()
        """
    )
    result = pytester.runpytest("-p", "no:cacheprovider", "--log-level=DEBUG")
    result.assert_outcomes(passed=2, errors=1)
    result.stdout.fnmatch_lines(["*secrets were told*"])
