"""The upscaler of the embedded model: better than bicubic on pictures that it was not trained with."""

from pathlib import Path

import torch

from nodes.diffusion.memory.placing import Placement
from nodes.diffusion.training.super_resolution import (
    HELD_OUT_SEED,
    TARGET,
    compact_shapes,
    compare,
    draw_pictures,
    main,
)
from nodes.diffusion.upscaling.compact import Compact
from nodes.diffusion.upscaling.loading import load_upscaler, open_upscaler

ROOT = Path(__file__).parents[4]


def test_the_shipped_upscaler_beats_bicubic_on_pictures_it_has_not_seen() -> None:
    upscaler = load_upscaler(open_upscaler(ROOT / TARGET), Placement(torch.device("cpu"), torch.float32))
    assert upscaler.scale == 2
    found = compare(upscaler.enlarge, draw_pictures(range(HELD_OUT_SEED + 100, HELD_OUT_SEED + 106)))
    assert found["network"] > found["bicubic"] + 1.0, found
    assert (ROOT / TARGET).stat().st_size < 1_000_000


def test_a_training_writes_a_file_that_loads_and_goes_on_from_its_checkpoint(tmp_path: Path) -> None:
    target = tmp_path / "u.safetensors"
    options = ["--folder", str(tmp_path), "--target", str(target), "--pictures", "2", "--width", "8", "--layers", "1"]
    threads = torch.get_num_threads()
    for steps in ("2", "3"):
        main([*options, "--steps", steps, "--batch", "2", "--crop", "32", "--threads", str(threads)])
    assert open_upscaler(target).path == target


def test_shapes_are_those_of_the_network() -> None:
    shapes = compact_shapes(8, 2)
    assert {key: tuple(each.shape) for key, each in Compact(shapes).state_dict().items()} == shapes
