import pytest

from graph.suggest import Suggester, nearest, said

NAMES = ("euler", "euler_ancestral", "heun", "CheckpointLoaderSimple", "SaveImage", "sd15.safetensors")


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("eular", "euler"),
        ("Euler Ancestral", "euler_ancestral"),
        ("CheckpointLoader", "CheckpointLoaderSimple"),
        ("SaveImages", "SaveImage"),
        ("sd15.ckpt", "sd15.safetensors"),
    ],
)
def test_a_mistyped_name_finds_what_was_meant(name: str, near: str) -> None:
    assert nearest(name, NAMES)[0] == near


@pytest.mark.parametrize("name", ["", "???", "zzzz", "x" * 1000, "other.safetensors"])
def test_a_name_that_is_like_nothing_finds_nothing(name: str) -> None:
    assert nearest(name, NAMES) == ()


def test_a_name_that_differs_only_in_writing_finds_only_that() -> None:
    assert nearest("Save image", NAMES) == ("SaveImage",)


def test_looking_for_near_names_ends() -> None:
    suggester = Suggester(budget=2 * len(NAMES))
    assert suggester.nearest("eular", NAMES)
    assert suggester.nearest("hein", NAMES)
    assert suggester.nearest("SaveImages", NAMES) == ()
    assert suggester.nearest("eular", NAMES), "what was found is remembered"


def test_names_are_said_as_people_say_them() -> None:
    assert said(["a"]) == '"a"'
    assert said(["a", "b", "c"]) == '"a", "b" or "c"'
    assert said(["a", "b", "c"], most=2) == '"a", "b" and 1 more'
    assert said([]) == ""
