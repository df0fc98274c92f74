"""Who knows what: the secrets of the accounts under test, and what was written or sent.

The secrets are learnt where they come from: settings, tokens that an emulator issues, and what
the requests themselves carry as credentials or signatures, for services not written here.
"""

import dataclasses
import hashlib
import logging
import re
from base64 import b64decode
from binascii import Error as NotBase64
from collections.abc import Callable
from contextlib import suppress
from typing import Any
from urllib.parse import parse_qsl, quote, unquote

import httpx
import pytest

from cloudfs.emulators.signing import Signer
from cloudfs.emulators.store.accounts import Token, Tokens
from cloudfs.errors import CloudError
from cloudfs.providers.registry import SERVICES, service

SHORTEST = 6  # characters; what is shorter is found everywhere
WORDS = {"password", "secret"}  # of our messages, which some tests have for a password

CREDENTIALS = {"authorization", "cookie", "mountbit-auth", "x-amz-security-token"}
SIGNATURES = {"signature", "sig", "x-amz-signature", "x-amz-security-token", "token", "ticket"}
CREDENTIAL = re.compile(r"[A-Za-z0-9_+/%.-]{20,}={0,2}")
WHOLE_ADDRESS = re.compile(r"https?://[^\s\"'<>?]+\?[^\s\"'<>]+=")
NO_SECRETS = ("AWS4-HMAC-SHA256", "x-amz-content-sha256", "aws4_request")

Divert = Callable[[httpx.Request], httpx.Response | None]


class Witness(logging.Handler):
    """Sees every request and reads every log, and tells where one is in the other."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.setFormatter(logging.Formatter("%(name)s %(levelname)s: %(message)s"))
        self.secrets: set[str] = set()  # of the account
        self.links: set[str] = set()  # what signs the addresses of contents
        self.said: list[str] = []  # in logs, tracebacks included, and in the texts of errors
        self.divert: Divert = lambda _request: None  # answers some requests in place of the server

    def emit(self, record: logging.LogRecord) -> None:
        self.said.append(self.format(record))

    def learn(self, *secrets: str | None) -> None:
        """These must be told to nobody, in whatever spelling."""
        for secret in secrets:
            if secret is not None and len(secret) >= SHORTEST and secret not in WORDS:
                self.secrets.update({secret, quote(secret, safe=""), repr(secret)[1:-1]})

    def learn_settings(self, settings: Any) -> None:
        """The secrets in the settings of an account; some services are sent a hash instead."""
        for field in dataclasses.fields(settings):
            value = getattr(settings, field.name)
            about = field.metadata.get("about")
            if about is None or not about.secret or not value:
                continue
            self.learn(value)
            for algorithm in ("md5", "sha1", "sha256", "sha512"):
                digest = hashlib.new(algorithm, value.encode()).hexdigest()
                self.learn(digest, digest.upper())

    def saw(self, request: httpx.Request) -> None:
        """What tells a request from those of strangers is a secret."""
        for name, value in request.headers.items():
            if name in CREDENTIALS:
                self.learn(*credentials(value))
        for name, value in parse_qsl(request.url.query.decode()):
            if name.lower() in SIGNATURES:
                self.links.update({value, quote(value, safe="")})

    def leaks(self) -> list[str]:
        """What was said and must not be."""
        everything = "\n".join(self.said)
        secrets = self.secrets | {link for link in self.links if len(link) >= SHORTEST}
        if not WHOLE_ADDRESS.search(everything) and not any(s in everything for s in secrets):
            return []
        return [
            text
            for text in self.said
            if WHOLE_ADDRESS.search(text) or any(secret in text for secret in secrets)
        ]

    def install(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Witness everything until *monkeypatch* is undone; the handler is the caller's to add."""
        send, issue, url = (
            httpx.AsyncHTTPTransport.handle_async_request, Tokens.issue, Signer.url,
        )  # fmt: skip
        fail = CloudError.__init__

        async def sent(
            transport: httpx.AsyncHTTPTransport, request: httpx.Request
        ) -> httpx.Response:
            self.saw(request)
            answer = self.divert(request)
            if answer is None:
                return await send(transport, request)
            await request.aread()
            return answer

        def issued(tokens: Tokens, *args: Any, **how: Any) -> Token:
            token = issue(tokens, *args, **how)
            self.learn(token.token)
            return token

        def signed(signer: Signer, *args: Any, **how: Any) -> str:
            made = url(signer, *args, **how)
            self.links.update(value for name, value in parse_qsl(made) if name in SIGNATURES)
            return made

        def failed(error: CloudError, *args: Any, **how: Any) -> None:
            self.said.append(f"{type(error).__name__}: {' '.join(map(str, args))}")
            fail(error, *args, **how)

        monkeypatch.setattr(httpx.AsyncHTTPTransport, "handle_async_request", sent)
        monkeypatch.setattr(Tokens, "issue", issued)
        monkeypatch.setattr(Signer, "url", signed)
        monkeypatch.setattr(CloudError, "__init__", failed)
        for settings_type in {service(type_, remote="").settings_type for type_ in SERVICES}:
            self._learn_from(settings_type, monkeypatch)

    def _learn_from(self, settings_type: type, monkeypatch: pytest.MonkeyPatch) -> None:
        begin = settings_type.__init__

        def made(settings: Any, *args: Any, **how: Any) -> None:
            begin(settings, *args, **how)
            self.learn_settings(settings)

        monkeypatch.setattr(settings_type, "__init__", made)


def credentials(header: str) -> list[str]:
    """What may be secret in a header: its long words, and the password of a Basic sign-in."""
    words = [word for word in CREDENTIAL.findall(header) if word not in NO_SECRETS]
    scheme, _, rest = header.partition(" ")
    if scheme.lower() == "basic":
        with suppress(NotBase64, UnicodeDecodeError):
            words.append(b64decode(rest).decode().partition(":")[2])
    return words + [unquote(word) for word in words]
