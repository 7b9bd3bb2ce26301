"""Join codes, tokens and secrets: made here, and kept in the database only as hashes.

A join code is read from a wall and typed on a phone: no vowels (so no words), nothing that looks like
something else (no 0/O, 1/I/L, 2/Z, 5/S, 8/B, U/V), and never more than two letters together. It is a way in for
anyone in the hall, not a password. Tokens and facilitator secrets are: 192 random bits, compared by hash.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from typing import TypeGuard

LETTERS = "CDFGHJKMNPQRTVWX"
DIGITS = "34679"
_PATTERN = (LETTERS, LETTERS, DIGITS, LETTERS, LETTERS, DIGITS)
#: Two letters that a hall would read as something else.
_UNWANTED = frozenset({"WC", "KK", "FK", "FC", "FN", "CP", "NK", "GT", "DK", "VD", "TT", "HJ", "FQ", "FX", "CK", "WX"})

_CODE = re.compile(r"[A-Z0-9]{1,12}", re.ASCII)
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,38}", re.ASCII)
_TOKEN = re.compile(r"[A-Za-z0-9_-]{32,64}", re.ASCII)
_COMMAND_ID = re.compile(r"[A-Za-z0-9_-]{8,64}", re.ASCII)


def new_code() -> str:
    """Return a join code such as ``KM4PR7``; about 1.5 million exist. Uniqueness is the caller's business."""
    while True:
        code = "".join(secrets.choice(alphabet) for alphabet in _PATTERN)
        if code[:2] not in _UNWANTED and code[3:5] not in _UNWANTED:
            return code


def normal_code(typed: str) -> str:
    """Return a typed code as it is stored: capitals without spaces and dashes; blank when it cannot be one."""
    code = re.sub(r"[\s\-\u2010-\u2015.]+", "", typed[:64]).upper() if isinstance(typed, str) else ""
    return code if _CODE.fullmatch(code) else ""


def shown_code(code: str) -> str:
    """Return a code as it is shown: ``KM4-PR7``."""
    return f"{code[:3]}-{code[3:]}" if len(code) == len(_PATTERN) else code


def new_token() -> str:
    """Return a participant's token or a facilitator's secret: 32 characters, 192 random bits."""
    return secrets.token_urlsafe(24)


def new_command_id() -> str:
    """Return a fresh id for a command whose client makes none (a form rendered by the server)."""
    return secrets.token_urlsafe(12)


def is_token(text: object) -> bool:
    """Return whether a text has the form of a token; says nothing about whether it is one."""
    return isinstance(text, str) and _TOKEN.fullmatch(text) is not None


def is_command_id(text: object) -> bool:
    """Return whether a text may be a command id: 8 to 64 of ``A-Z a-z 0-9 _ -``."""
    return isinstance(text, str) and _COMMAND_ID.fullmatch(text) is not None


def is_name(value: object) -> TypeGuard[str]:
    """Return whether a value can name a question, an item or a cluster in addresses and files."""
    return isinstance(value, str) and _NAME.fullmatch(value) is not None


def hashed(token: str) -> str:
    """Return the hash under which a token is stored (SHA-256; a token has too many bits for a dictionary)."""
    return hashlib.sha256(token.encode()).hexdigest()


def matches(token: str, stored: str) -> bool:
    """Return whether a token has this stored hash, in constant time."""
    return hmac.compare_digest(hashed(token), stored)
