import pytest
import trio
from trio.testing import wait_all_tasks_blocked

from cloudfs.errors import CloudError, LoginFailed, NotFound, Unreachable
from cloudfs.http.session import MOST_TOKENS, Session, Token, TokenRejected


class SignIn:
    """Issues token 1, 2, 3, ... or fails as scripted; a gate holds the answer back."""

    def __init__(self, *failures: CloudError, lifetime: float | None = None) -> None:
        self.failures = list(failures)
        self.times = 0
        self.gate: trio.Event | None = None
        self._lifetime = lifetime

    async def __call__(self) -> Token:
        self.times += 1
        number = self.times
        if self.gate is not None:
            await self.gate.wait()
        await trio.lowlevel.checkpoint()
        if self.failures:
            raise self.failures.pop(0)
        until = None if self._lifetime is None else trio.current_time() + self._lifetime
        return Token(str(number), until)


class Service:
    """Answers with the token it was asked with, unless it rejects that."""

    def __init__(self, *rejected: str) -> None:
        self.rejected = set(rejected)
        self.asked: list[str] = []

    async def __call__(self, token: Token) -> str:
        self.asked.append(token.value)
        await trio.lowlevel.checkpoint()
        if token.value in self.rejected:
            raise TokenRejected("no")
        return token.value


async def test_one_sign_in_serves_all_requests():
    sign_in = SignIn()
    session = Session(sign_in)
    assert [await session.call(Service()) for _ in range(3)] == ["1", "1", "1"]
    assert sign_in.times == 1


async def test_a_token_from_before_is_used_first():
    sign_in = SignIn()
    session = Session(sign_in, token=Token("old"))
    assert await session.call(Service()) == "old"
    assert sign_in.times == 0


async def test_many_who_need_a_token_wait_for_one_sign_in(nursery: trio.Nursery):
    sign_in = SignIn()
    sign_in.gate = trio.Event()
    session = Session(sign_in)
    answers = []

    async def ask() -> None:
        answers.append(await session.call(Service()))

    for _ in range(5):
        nursery.start_soon(ask)
    await wait_all_tasks_blocked()
    assert answers == []
    sign_in.gate.set()
    await wait_all_tasks_blocked()
    assert answers == ["1"] * 5
    assert sign_in.times == 1


async def test_many_whose_token_is_rejected_wait_for_one_renewal(nursery: trio.Nursery):
    sign_in = SignIn()
    session = Session(sign_in, token=Token("old"))
    service = Service("old")
    answers = []

    async def ask() -> None:
        answers.append(await session.call(service))

    for _ in range(5):
        nursery.start_soon(ask)
    await wait_all_tasks_blocked()
    assert answers == ["1"] * 5
    assert sign_in.times == 1


async def test_a_late_rejection_of_an_older_token_renews_nothing():
    sign_in = SignIn()
    session = Session(sign_in)
    first = await session.token()
    second = await session.token(instead_of=first)
    assert await session.token(instead_of=first) == second
    assert sign_in.times == 2


async def test_a_token_is_renewed_when_its_time_is_over(autojump_clock):
    sign_in = SignIn(lifetime=60)
    session = Session(sign_in)
    await session.token()
    await trio.sleep(59)
    assert (await session.token()).value == "1"
    await trio.sleep(1)
    assert (await session.token()).value == "2"


async def test_a_token_without_an_end_is_used_until_it_is_rejected(autojump_clock):
    session = Session(SignIn())
    await session.token()
    await trio.sleep(10**9)
    assert (await session.token()).value == "1"


async def test_a_rejected_token_is_renewed_and_the_request_repeated_once():
    sign_in = SignIn()
    session = Session(sign_in, token=Token("old"))
    service = Service("old")
    assert await session.call(service) == "1"
    assert service.asked == ["old", "1"]


async def test_a_new_token_that_is_rejected_too_is_a_failed_login():
    sign_in = SignIn()
    session = Session(sign_in)
    service = Service("1", "2", "3")
    with pytest.raises(LoginFailed, match="just issued"):
        await session.call(service)
    assert service.asked == ["1", "2"]
    assert sign_in.times == 2


async def test_refused_credentials_are_not_tried_again():
    sign_in = SignIn(LoginFailed("wrong password"))
    session = Session(sign_in)
    for _ in range(3):
        with pytest.raises(LoginFailed, match="wrong password"):
            await session.call(Service())
    assert sign_in.times == 1


async def test_those_who_waited_for_a_refused_sign_in_do_not_try_their_own(nursery: trio.Nursery):
    sign_in = SignIn(LoginFailed("wrong password"))
    sign_in.gate = trio.Event()
    session = Session(sign_in)
    failures = []

    async def ask() -> None:
        try:
            await session.token()
        except LoginFailed as error:
            failures.append(error)

    for _ in range(4):
        nursery.start_soon(ask)
    await wait_all_tasks_blocked()
    sign_in.gate.set()
    await wait_all_tasks_blocked()
    assert len(failures) == 4
    assert len(set(map(id, failures))) == 4, "each caller needs an error of its own"
    assert sign_in.times == 1


async def test_once_forgotten_the_credentials_are_tried_anew():
    sign_in = SignIn(LoginFailed("wrong password"))
    session = Session(sign_in)
    with pytest.raises(LoginFailed):
        await session.token()
    session.forget()
    assert (await session.token()).value == "2"
    session.forget()
    assert (await session.token()).value == "3"


async def test_a_sign_in_that_got_no_answer_is_tried_by_the_next_request():
    sign_in = SignIn(Unreachable("no way"))
    session = Session(sign_in, token=Token("old"))
    service = Service("old")
    with pytest.raises(Unreachable):
        await session.call(service)
    assert await session.call(service) == "2"


async def test_who_signs_in_may_be_cancelled_and_the_next_one_takes_over(nursery: trio.Nursery):
    sign_in = SignIn()
    sign_in.gate = trio.Event()
    session = Session(sign_in)
    answers = []

    async def ask() -> None:
        answers.append(await session.call(Service()))

    with trio.CancelScope() as scope:
        async with trio.open_nursery() as first:
            first.start_soon(ask)
            await wait_all_tasks_blocked()
            nursery.start_soon(ask)
            await wait_all_tasks_blocked()
            scope.cancel()
    sign_in.gate.set()
    await wait_all_tasks_blocked()
    assert answers == ["2"]


async def test_what_the_service_answers_otherwise_reaches_the_caller():
    async def missing(_: Token) -> str:
        raise NotFound("no such thing")

    sign_in = SignIn()
    with pytest.raises(NotFound):
        await Session(sign_in).call(missing)
    assert sign_in.times == 1


def test_a_token_does_not_show_its_value():
    assert "secret" not in repr(Token("secret")) + str([Token("secret", 1.0)])


class Scarce:
    """Answers *uses* requests with each token, of which the newest alone is good."""

    def __init__(self, sign_in: SignIn, uses: int) -> None:
        self._sign_in = sign_in
        self._uses = uses
        self._used: dict[str, int] = {}

    async def __call__(self, token: Token) -> str:
        await trio.lowlevel.checkpoint()
        self._used[token.value] = self._used.get(token.value, 0) + 1
        if token.value != str(self._sign_in.times) or self._used[token.value] > self._uses:
            raise TokenRejected("no longer")
        return token.value


async def test_a_token_that_others_have_used_up_meanwhile_is_no_lost_login():
    sign_in = SignIn()
    session = Session(sign_in)
    service = Scarce(sign_in, uses=5)
    async with trio.open_nursery() as nursery:
        for _ in range(32):
            nursery.start_soon(session.call, service)
    assert 7 <= sign_in.times <= 9


async def test_one_request_does_not_sign_in_for_ever():
    async def never(token: Token) -> str:
        await session.call(Service())  # to everybody else the token is good
        raise TokenRejected("not for this")

    sign_in = SignIn()
    session = Session(sign_in)
    with pytest.raises(LoginFailed):
        await session.call(never)
    assert sign_in.times == MOST_TOKENS


async def test_a_token_that_another_process_left_may_have_ended_too():
    found = [Token("theirs", issued=False), Token("new"), Token("newer")]

    async def renew() -> Token:
        return found.pop(0)

    session = Session(renew, token=Token("old"))
    service = Service("old", "theirs")
    assert await session.call(service) == "new"
    assert service.asked == ["old", "theirs", "new"]
    service.rejected = {"new", "newer"}
    with pytest.raises(LoginFailed, match="just issued"):
        await session.call(service)


async def test_a_refusal_is_remembered_with_the_setting_that_is_wanted():
    session = Session(SignIn(LoginFailed("a code, please", wanted="otp")))
    for _ in range(2):
        with pytest.raises(LoginFailed, match="a code") as caught:
            await session.token()
        assert caught.value.wanted == "otp"
