"""What nodes of packs are asked before they run: change tokens, checks, lazy inputs."""

import pytest

from graph.errors import Problem
from tests.nodes.packs.worlds import World, short, showing


@pytest.mark.parametrize("kind", ["PackToken", "PackAsyncToken"])
def test_a_node_runs_again_when_its_token_changes_and_only_then(
    packs: World, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    prompt = {"1": short(kind, value=5), "2": showing("1")}
    packs.succeed({"1": short("PackSum", a=5, b=0), "2": showing("1")})  # what shows a 5 is known by now
    monkeypatch.setenv("PACK_TOKEN", f"{kind} one")
    assert packs.succeed(prompt).outcome.executed == ("1",)
    assert packs.succeed(prompt).outcome.executed == ()
    monkeypatch.setenv("PACK_TOKEN", f"{kind} two")
    assert packs.succeed(prompt).outcome.executed == ("1",)  # what follows is found by content
    assert packs.succeed(prompt).outcome.executed == ()


def test_a_token_that_is_not_a_number_is_never_cached(packs: World) -> None:
    prompt = {"1": short("PackCount", start=40), "2": showing("1")}
    assert packs.succeed(prompt, job="a").texts == {"2": ["41"]}
    assert packs.succeed(prompt, job="b").texts == {"2": ["42"]}


def test_two_equal_nodes_that_ask_for_their_id_are_two(packs: World) -> None:
    prompt = {
        "1": short("PackToken", value=77),
        "2": short("PackToken", value=77),
        "3": showing("1"),
        "4": showing("2"),
    }
    assert {"1", "2"} <= set(packs.succeed(prompt).outcome.executed)


def problems(world: World, node: dict[str, object]) -> list[Problem]:
    return list(world.validate({"1": node, "2": showing("1")}).problems)


def test_a_check_replaces_the_limits_of_the_inputs_it_takes(packs: World) -> None:
    (odd,) = problems(packs, short("PackChecked", even=3, word="a", plain=1))
    assert (odd.code, odd.message.endswith("3 is odd")) == ("custom_validation_failed", True)
    assert problems(packs, short("PackChecked", even=100, word="elsewhere", plain=1)) == []
    (refused,) = problems(packs, short("PackChecked", even=2, word="forbidden", plain=1))
    assert refused.code == "custom_validation_failed"


def test_the_limits_of_all_other_inputs_hold(packs: World) -> None:
    (problem,) = problems(packs, short("PackChecked", even=2, word="a", plain=11))
    assert problem.code == "value_bigger_than_max"


def test_a_check_sees_none_where_something_is_linked(packs: World) -> None:
    node = short("PackChecked", even=["0", 0], word="a", plain=1)
    validated = packs.validate({"0": short("PackSum", a=1, b=2), "1": node, "2": showing("1")})
    assert validated.problems == ()


def test_a_check_that_takes_any_name_answers_for_all_and_may_be_a_coroutine(packs: World) -> None:
    assert problems(packs, short("PackCheckedByCoroutine", even=3, word="z", plain=99)) == []
    (problem,) = problems(packs, short("PackCheckedByCoroutine", even=3, word="z", plain=13))
    assert problem.message.endswith(": no")


def test_a_check_of_types_decides_what_may_be_linked(packs: World) -> None:
    def linked(source: dict[str, object]) -> list[str]:
        prompt = {"0": source, "1": short("PackChecksTypes", thing=["0", 0]), "2": showing("1")}
        return [problem.message for problem in packs.validate(prompt).problems]

    assert linked(short("PackSum", a=1, b=2)) == []
    assert linked(short("EmptyImage", width=8, height=8, batch_size=1, color=0)) == []
    (message,) = linked(short("EmptyLatentImage", width=16, height=16, batch_size=1))
    assert message.endswith("a LATENT is no picture and no number")


def test_an_output_that_a_check_refuses_is_left_out_and_the_others_run(packs: World) -> None:
    prompt = {
        "bad": short("PackChecked", even=1, word="a", plain=1),
        "out": showing("bad"),
        "good": short("PackSum", a=1, b=1),
        "shown": showing("good"),
    }
    validated = packs.validate(prompt)
    assert validated.graph is not None
    assert validated.graph.targets == ("shown",)


@pytest.mark.parametrize("kind", ["PackSwitch", "PackAsyncSwitch"])
def test_only_the_lazy_input_that_is_asked_for_is_evaluated(packs: World, kind: str) -> None:
    prompt = {
        "1": short("PackSum", a=10, b=1, scale=1.0 if kind == "PackSwitch" else 2.0),
        "2": short("PackFails", message="must not run"),
        "3": short(kind, second=False, first_value=["1", 0], second_value=["2", 0]),
        "4": showing("3"),
    }
    run = packs.succeed(prompt)
    assert run.outcome.executed == ("1", "3", "4")
