"""The token of a server, in a file that only its owner reads."""

import os
import secrets
from collections.abc import Callable
from pathlib import Path

from graph.errors import LatentloomError

_LEAST_LENGTH = 16


class TokenError(LatentloomError):
    """A token file cannot be used."""


def new_token() -> str:
    """A new token."""
    return secrets.token_urlsafe(32)


def read_or_make_token(file: Path, make: Callable[[], str] = new_token) -> str:
    """The token in a file, which is made if it is not there.

    Raises:
        TokenError: it cannot be read or made, others may read it, or what it holds is too short.
    """
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return _read(file)
    except OSError as error:
        raise TokenError(f"The token file {file} cannot be made: {error.strerror}.") from error
    token = make()
    with os.fdopen(descriptor, "w") as opened:
        opened.write(f"{token}\n")
    return token


def _read(file: Path) -> str:
    try:
        token = file.read_text(encoding="utf-8").strip()
        is_shared = os.name == "posix" and file.stat().st_mode & 0o077 != 0
    except (OSError, UnicodeDecodeError) as error:
        raise TokenError(f"The token file {file} cannot be read: {error}.") from error
    if is_shared:
        raise TokenError(f"Others may read the token file {file}; close it to them: chmod 600 {file}")
    if len(token) < _LEAST_LENGTH:
        raise TokenError(
            f"The token in {file} has fewer than {_LEAST_LENGTH} characters; delete the file, and a good one is made."
        )
    return token
