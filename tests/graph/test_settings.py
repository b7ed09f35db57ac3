"""Settings as data."""

from pathlib import Path

from graph.settings import Settings


def test_settings_survive_the_wire() -> None:
    settings = Settings(data="d", models=("a", "b"), device="cpu", cache="none")
    assert Settings.from_data(settings.to_data()) == settings


def test_relative_places_become_absolute_and_absent_ones_stay_absent() -> None:
    settings = Settings(data="d", models=("a",), output="out").absolute()
    assert settings.data == str(Path.cwd() / "d")
    assert settings.models == (str(Path.cwd() / "a"),)
    assert settings.input is None
    assert settings.folders.directories("output")[0].is_absolute()
