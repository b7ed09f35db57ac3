"""Options that several commands share become settings."""

import argparse
from pathlib import Path

import pytest

from graph.commandline.options import add_device, add_places, settings_from
from graph.settings import Settings


def settings_of(*words: str) -> Settings:
    parser = argparse.ArgumentParser()
    add_device(parser)
    add_places(parser)
    return settings_from(parser.parse_args(words))


def test_models_compute_in_the_precision_that_is_named() -> None:
    assert settings_of().precision == "auto"
    assert settings_of("--precision", "fp32").precision == "fp32"
    assert settings_of("--precision", "model=bf16,vae=fp32").precision == "model=bf16,vae=fp32"


def test_an_unknown_precision_is_refused_with_those_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        settings_of("--precision", "fp64")
    assert '"fp64" is no precision: it is auto, fp32, bf16 or fp16' in capsys.readouterr().err


def test_models_are_found_where_the_file_of_other_tools_says(tmp_path: Path) -> None:
    file = tmp_path / "extra_model_paths.yaml"
    file.write_text(f"theirs:\n  base_path: {tmp_path}\n  checkpoints: sd\n  custom_nodes: packs\n")
    settings = settings_of("--extra-model-paths-config", str(file))
    assert settings.extra_models["checkpoints"] == (str(tmp_path / "sd"),)
    assert settings.packs == (str(tmp_path / "packs"),)


def test_a_file_of_paths_that_is_missing_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        settings_of("--extra-model-paths-config", str(tmp_path / "none.yaml"))
    assert "none.yaml" in capsys.readouterr().err
