from web.rates import Rate


def test_a_burst_is_allowed_and_then_a_steady_rate() -> None:
    now = 0.0
    rate = Rate(per_second=2, burst=3, clock=lambda: now)
    assert [rate.wait_seconds("a") for _ in range(4)] == [0, 0, 0, 0.5]
    assert rate.wait_seconds("b") == 0
    now = 0.5
    assert [rate.wait_seconds("a") for _ in range(2)] == [0, 0.5]
    now = 100.0
    assert [rate.wait_seconds("a") for _ in range(4)] == [0, 0, 0, 0.5]


def test_callers_do_not_pile_up() -> None:
    rate = Rate(per_second=1, burst=1, clock=lambda: 0.0)
    assert all(rate.wait_seconds(str(number)) == 0 for number in range(20_000))
    assert rate.wait_seconds("19999") > 0
    assert rate.wait_seconds("0") == 0  # forgotten meanwhile
