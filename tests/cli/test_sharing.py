"""`cloudfs share`: links are made, listed and ended; invitations are answered."""

import json
import time
from collections.abc import Callable, Sequence

import pytest

from cloudfs.errors import Unsupported
from cloudfs.model import Entry, Invitation, Share
from cloudfs.providers.facets import Sharing
from cloudfs.providers.memory import MemoryProvider
from tests.cli.memory import Account, account_for
from tests.cli.service import Home, Said, Service

Cloudfs = Callable[..., Said]
Serve = Callable[[str], Service]

DAY = 24 * 60 * 60 * 1_000_000_000
SECRET = "geheim ü"


class FakeSharing(Sharing):
    """Remembers the shares; understands what its flags say."""

    def __init__(self) -> None:
        self.made: list[tuple[Share, str | None]] = []
        self.open = [Invitation(id="i1", name="Plans", owner="bob", edit=True)]
        self.answers: list[tuple[str, bool]] = []

    async def create(
        self,
        entry: Entry,
        *,
        password: str | None = None,
        expires_ns: int | None = None,
        edit: bool = False,
        members: Sequence[str] = (),
    ) -> Share:
        share = Share(
            id=f"s{len(self.made) + 1}",
            entry_id=entry.id,
            name=entry.name,
            url=None if members else f"https://share.test/{entry.name}",
            members=tuple(members),
            password=password is not None,
            expires_ns=expires_ns,
            edit=edit,
        )
        self.made.append((share, password))
        return share

    async def shares(self, entry: Entry | None = None) -> Sequence[Share]:
        return [s for s, _ in self.made if entry is None or s.entry_id == entry.id]

    async def remove(self, share: Share) -> None:
        self.made = [(s, p) for s, p in self.made if s.id != share.id]


class Inviting(FakeSharing):
    passwords = expiry = editing = members = True

    async def invitations(self) -> Sequence[Invitation]:
        return self.open

    async def answer(self, invitation: Invitation, *, accept: bool) -> None:
        self.answers.append((invitation.id, accept))


@pytest.fixture
def account(home: Home, monkeypatch: pytest.MonkeyPatch) -> Account:
    account = account_for(home, monkeypatch)
    account.write("/a/f.txt", b"f")
    return account


def with_sharing(account: Account, sharing: Sharing) -> None:
    def prepare(client: MemoryProvider) -> None:
        client.sharing = sharing

    account.prepare = prepare


@pytest.fixture
def sharing(account: Account) -> Inviting:
    sharing = Inviting()
    with_sharing(account, sharing)
    return sharing


def test_a_link_is_printed_and_nothing_else(sharing: Inviting, cloudfs: Cloudfs):
    said = cloudfs("share", "create", "work:a/f.txt")
    assert (said.status, said.out, said.err) == (0, "https://share.test/f.txt\n", "")


def test_all_wishes_reach_the_service(sharing: Inviting, cloudfs: Cloudfs):
    said = cloudfs(
        *("share", "create", "work:a", "--password-stdin", "--expires", "30d", "--edit"),
        *("--with", "bob", "eve", "--json"),
        stdin=f"{SECRET}\n",
    )
    told = json.loads(said.out)
    assert (told["members"], told["edit"], told["password"]) == (["bob", "eve"], True, True)
    assert abs(told["expires_ns"] - time.time_ns() - 30 * DAY) < DAY
    assert sharing.made[0][1] == SECRET
    assert SECRET not in said.out + said.err


def test_a_password_that_is_not_there_is_no_empty_password(sharing: Inviting, cloudfs: Cloudfs):
    said = cloudfs("share", "create", "work:a", "--password-stdin", stdin="")
    assert (said.status, sharing.made) == (2, [])


def test_shares_are_listed_for_all_or_for_one(sharing: Inviting, cloudfs: Cloudfs):
    cloudfs("share", "create", "work:a")
    cloudfs("share", "create", "work:a/f.txt", "--with", "bob", "--edit")
    assert cloudfs("share", "list", "work:").out.splitlines() == [
        "a  https://share.test/a  [s1]",
        "f.txt  with bob  may be changed  [s2]",
    ]
    found = json.loads(cloudfs("share", "list", "work:a", "--json").out)
    assert [share["id"] for share in found] == ["s1"]


def test_a_share_is_ended_by_its_id(sharing: Inviting, cloudfs: Cloudfs):
    cloudfs("share", "create", "work:a")
    cloudfs("share", "create", "work:a/f.txt")
    said = cloudfs("share", "remove", "work:", "s2", "s9")
    assert (said.status, len(sharing.made)) == (1, 2)
    assert "s9" in said.err
    said = cloudfs("share", "remove", "work:", "s2")
    assert (said.status, said.out) == (0, "not shared any more: f.txt\n")
    assert [share.id for share, _ in sharing.made] == ["s1"]


@pytest.mark.parametrize(
    ("options", "missing"),
    [
        (["--password-stdin"], "passwords on shares"),
        (["--expires", "2d"], "end of shares"),
        (["--edit"], "shares that may be changed"),
        (["--with", "bob"], "shares with people"),
    ],
)
def test_a_wish_that_the_service_cannot_fulfil_is_refused_before_anything_is_shared(
    options: list[str], missing: str, account: Account, cloudfs: Cloudfs
):
    sharing = FakeSharing()
    with_sharing(account, sharing)
    said = cloudfs("share", "create", "work:a", *options, stdin="x\n")
    assert said.err == f"cloudfs: An account in memory has no {missing} that cloudfs can use\n"
    assert (said.status, sharing.made) == (1, [])


def test_members_only_means_no_link(account: Account, cloudfs: Cloudfs):
    sharing = Inviting()
    sharing.links = False
    with_sharing(account, sharing)
    assert "no public links" in cloudfs("share", "create", "work:a").err
    assert cloudfs("share", "create", "work:a", "--with", "bob").status == 0


@pytest.mark.parametrize("date", ["2020-01-01", "soon", "9999999d", "2030-13-01", "0d"])
def test_a_date_that_cannot_be_is_refused(date: str, sharing: Inviting, cloudfs: Cloudfs):
    said = cloudfs("share", "create", "work:a", "--expires", date)
    assert (said.status, sharing.made) == (2, [])


def test_invitations_are_listed_and_answered(sharing: Inviting, cloudfs: Cloudfs):
    said = cloudfs("share", "invitations", "work:")
    assert said.out == "Plans  from bob  may be changed  [i1]\n"
    assert cloudfs("share", "accept", "work:", "i1").out == "accepted: Plans\n"
    assert json.loads(cloudfs("share", "decline", "work:", "i1", "--json").out)["accepted"] is False
    assert sharing.answers == [("i1", True), ("i1", False)]
    assert cloudfs("share", "accept", "work:", "i2").status == 1


def test_a_service_without_invitations_is_named(account: Account, cloudfs: Cloudfs):
    with_sharing(account, FakeSharing())
    for words in (["invitations", "work:"], ["accept", "work:", "i1"]):
        said = cloudfs("share", *words)
        assert said.err == "cloudfs: An account in memory has no invitations that cloudfs can use\n"
        assert said.status == 1


def test_what_a_facet_refuses_names_the_service(account: Account, cloudfs: Cloudfs):
    class Refusing(FakeSharing):
        async def shares(self, *_: object) -> Sequence[Share]:
            raise Unsupported("one at a time")

    with_sharing(account, Refusing())
    said = cloudfs("share", "list", "work:")
    assert said.err == "cloudfs: An account in memory: one at a time: name one, work:PATH\n"


@pytest.mark.parametrize("type_", ["asuswebstorage", "cloudike", "podspace"])
def test_a_link_on_a_service_is_made_and_ended(
    type_: str, home: Home, cloudfs: Cloudfs, serve: Serve
):
    service = serve(type_)
    more = {"public_link_base": "http://share.test"} if type_ == "cloudike" else {}
    home.remote("work", type=type_, **service.account, **more)
    service.do(lambda: service.emulator.write("/f.txt", b"f"))
    said = cloudfs(
        *("share", "create", "work:f.txt", "--password-stdin", "--expires", "30d"),
        stdin=f"{SECRET}\n",
    )
    assert (said.status, said.out[:4]) == (0, "http"), said.err
    (share,) = json.loads(cloudfs("share", "list", "work:f.txt", "--json").out)
    assert (share["url"], share["password"]) == (said.out.strip(), True)
    assert abs(share["expires_ns"] - time.time_ns() - 30 * DAY) < 2 * DAY
    assert cloudfs("share", "remove", "work:f.txt", share["id"]).status == 0
    assert json.loads(cloudfs("share", "list", "work:f.txt", "--json").out) == []


@pytest.mark.parametrize("accepted", [True, False])
def test_an_invitation_of_a_service_is_answered(
    accepted: bool, home: Home, cloudfs: Cloudfs, serve: Serve
):
    service = serve("cloudike")
    account = {"type": "cloudike", **service.account}
    service.do(lambda: service.emulator.add_account("bob@example.com", "pa55word!"))
    service.do(lambda: service.emulator.write("/plans/f", b"f", "bob@example.com"))
    home.remote("work", **account | {"username": "bob@example.com", "password": "pa55word!"})
    said = cloudfs("share", "create", "work:plans", "--with", account["username"], "--edit")
    assert (said.status, said.err) == (0, "")
    home.remote("work", **account)
    for path in home.folder.glob("state/*/notes.json"):
        path.unlink()  # that was bob's
    (invitation,) = json.loads(cloudfs("share", "invitations", "work:", "--json").out)
    assert (invitation["name"], invitation["edit"]) == ("plans", True)
    said = cloudfs("share", "accept" if accepted else "decline", "work:", invitation["id"])
    assert said.out == f"{'accepted' if accepted else 'declined'}: plans\n"
    assert cloudfs("share", "invitations", "work:").out == ""
    assert ("plans/" in cloudfs("ls", "work:").out) is accepted
