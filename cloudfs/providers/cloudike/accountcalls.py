"""What an account keeps for its programs: permanent tokens, and small values (2.4, 3.22)."""

from collections.abc import Sequence

from cloudfs.errors import InvalidRequest, NotFound
from cloudfs.http.retry import Repeat
from cloudfs.providers.cloudike import particulars, values
from cloudfs.providers.cloudike.connection import Connection
from cloudfs.providers.cloudike.particulars import PermanentToken


class PermanentTokens:
    """Tokens that programs and devices sign in with, without end. The tokens are not told."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def all(self) -> Sequence[PermanentToken]:
        """What they are called."""
        reply = await self._connection.get("accounts/permanent_tokens/", {}, call="tokens")
        return particulars.permanent_tokens(values.decoded(reply.body))

    async def remove(self, token: PermanentToken) -> None:
        """End a token; one that is gone already is no error."""
        try:
            await self._connection.post(
                "accounts/remove_permanent_token/", {"token_id": token.id}, call="remove_token"
            )
        except NotFound:
            return


class AccountValues:
    """Texts by keys, the same for all programs of the account."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def get(self, key: str) -> str | None:
        """The text under *key*; None if there is none."""
        reply = await self._connection.get(
            "accounts/get_value/", {"key": _some(key)}, call="get_value"
        )
        value = values.record(values.decoded(reply.body)).get(key)
        return None if value is None else str(value)

    async def set(self, key: str, value: str) -> None:
        """Keep a text under *key*."""
        await self._connection.post(
            "accounts/set_value/",
            {"key": _some(key), "value": value},
            call="set_value",
            repeat=Repeat.SAFELY,
        )


def _some(key: str) -> str:
    if not key:
        raise InvalidRequest("a value needs a key")
    return key
