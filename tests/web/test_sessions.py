from web.sessions import Sessions


def test_only_the_token_is_the_token() -> None:
    sessions = Sessions("right")
    assert sessions.is_needed
    assert sessions.is_token("right")
    assert not sessions.is_token("wrong")
    assert not sessions.is_token("")


def test_a_session_is_open_until_it_ends_or_is_ended() -> None:
    now = 0.0
    sessions = Sessions("right", clock=lambda: now)
    first, second = sessions.open(), sessions.open()
    assert first != second
    assert not sessions.is_open("right")
    sessions.end(first)
    assert (sessions.is_open(first), sessions.is_open(second)) == (False, True)
    now = 31 * 24 * 3600.0
    assert not sessions.is_open(second)


def test_sessions_do_not_pile_up() -> None:
    sessions = Sessions("right")
    opened = [sessions.open() for _ in range(1001)]
    assert (sessions.is_open(opened[0]), sessions.is_open(opened[1])) == (False, True)


def test_without_a_token_nothing_is_asked_for() -> None:
    sessions = Sessions(None)
    assert not sessions.is_needed
    assert not sessions.is_token("")
