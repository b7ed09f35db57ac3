from pathlib import Path

import pytest

from web.tokens import TokenError, read_or_make_token


def test_a_token_is_made_once_and_only_its_owner_may_read_it(tmp_path: Path) -> None:
    file = tmp_path / "below" / "token"
    token = read_or_make_token(file)
    assert len(token) >= 40
    assert file.stat().st_mode & 0o777 == 0o600
    assert read_or_make_token(file) == token


def test_a_file_that_others_may_read_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "token"
    read_or_make_token(file)
    file.chmod(0o644)
    with pytest.raises(TokenError, match="chmod 600"):
        read_or_make_token(file)


@pytest.mark.parametrize("content", ["", "short\n", "\n"])
def test_a_token_that_can_be_guessed_is_refused(tmp_path: Path, content: str) -> None:
    file = tmp_path / "token"
    file.write_text(content)
    file.chmod(0o600)
    with pytest.raises(TokenError, match="fewer than 16"):
        read_or_make_token(file)
