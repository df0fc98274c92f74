"""The two forms in which a password travels (reference 1.12, 2.4)."""

import base64
import hashlib
import importlib

from cloudfs.errors import ConfigError

DES_KEY = 24  # bytes
DES_BLOCK = 8


def digest_form(password: str) -> str:
    """The MD5 form. The service ignores case in passwords, so it is lowered first."""
    lowered = password.lower().encode("utf-8", "surrogatepass")
    return hashlib.md5(lowered, usedforsecurity=False).hexdigest()


def encrypted_form(password: str, progkey: str) -> str:
    """The 3DES form: EDE in ECB mode, PKCS#5 padding, the key from the ProgKey's text.

    Raises ConfigError if that cannot be made here.
    """
    key = progkey.encode()[:DES_KEY]
    if len(key) < DES_KEY:
        raise ConfigError("password_scheme 3des needs a progkey of at least 24 characters")
    try:
        ciphers = importlib.import_module("cryptography.hazmat.primitives.ciphers")
        algorithms = importlib.import_module(
            "cryptography.hazmat.decrepit.ciphers.algorithms"
        )  # an extra, which hardly anybody needs
    except ImportError as error:
        raise ConfigError(
            "password_scheme 3des needs the cryptography package: pip install cryptography"
        ) from error
    plain = password.encode("utf-8", "surrogatepass")
    padding = DES_BLOCK - len(plain) % DES_BLOCK
    cipher = ciphers.Cipher(algorithms.TripleDES(key), ciphers.modes.ECB()).encryptor()
    encrypted = cipher.update(plain + bytes([padding]) * padding) + cipher.finalize()
    return base64.b64encode(encrypted).decode("ascii")
