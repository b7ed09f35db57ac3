"""Where Flux places the pictures that it looks at."""

import pytest
import torch

from nodes.diffusion.families.references import Place, places_of, references_of
from nodes.diffusion.types import LatentFormat

SIZES = [(8, 12), (16, 4), (6, 6)]


@pytest.mark.parametrize(
    ("method", "wanted"),
    [
        # beside what is there when that is lower than it is wide, below it otherwise
        ("offset", [Place(1, 0, 0), Place(1, 0, 12), Place(1, 16, 0)]),
        ("index", [Place(1, 0, 0), Place(2, 0, 0), Place(3, 0, 0)]),
        ("index_timestep_zero", [Place(1, 0, 0), Place(2, 0, 0), Place(3, 0, 0)]),
        ("uxo", [Place(0, 10, 20), Place(0, 18, 32), Place(0, 34, 36)]),
    ],
)
def test_several_pictures_are_told_apart_by_a_method(method: str, wanted: list[Place]) -> None:
    assert places_of({"reference_latents_method": method}, SIZES, (10, 20)) == wanted
    assert places_of({}, SIZES, (10, 20))[0] == Place(1, 0, 0)


def test_pictures_are_in_the_scale_of_the_network_one_of_each_batch() -> None:
    latents = [torch.ones(2, 4, 6, 8), torch.zeros(1, 4, 3, 2, 2)]
    told = references_of({"reference_latents": latents}, LatentFormat(scale=2.0, shift=0.5))
    assert [tuple(value.shape) for value in told.values()] == [(1, 4, 6, 8), (1, 4, 2, 2)]
    assert float(told["reference_0"].mean()) == 1.0
