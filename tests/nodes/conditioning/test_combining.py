"""The nodes for conditionings pass their inputs on to the workshop in the right order."""

import torch

from nodes.conditioning import combining
from nodes.diffusion.types import Conditioning


def one(value: float) -> Conditioning:
    return [(torch.full((1, 2, 3), value), {})]


def test_texts_are_combined_averaged_concatenated_and_zeroed() -> None:
    assert len(combining.conditioning_combine(one(1.0), one(2.0))) == 2
    assert float(combining.conditioning_average(one(1.0), one(5.0), 0.75)[0][0].mean()) == 2.0
    assert combining.conditioning_concat(one(1.0), one(2.0))[0][0][0, :, 0].tolist() == [1, 1, 2, 2]
    assert not combining.conditioning_zero_out(one(1.0))[0][0].any()


def test_places_and_times_are_written_where_sampling_looks_for_them() -> None:
    assert combining.conditioning_set_area(one(1.0), 64, 128, 8, 16, 0.5)[0][1]["area"] == (16, 8, 2, 1)
    shares = combining.conditioning_set_area_percentage(one(1.0), 0.1, 0.2, 0.3, 0.4, 0.5)[0][1]
    assert (shares["area"], shares["strength"]) == (("percentage", 0.2, 0.1, 0.4, 0.3), 0.5)
    masked = combining.conditioning_set_mask(one(1.0), torch.ones(1, 8, 8), 0.5, "mask bounds")[0][1]
    assert (masked["mask_strength"], masked["set_area_to_bounds"]) == (0.5, True)
    timed = combining.conditioning_set_timestep_range(one(1.0), 0.1, 0.9)[0][1]
    assert (timed["start_percent"], timed["end_percent"]) == (0.1, 0.9)


def test_strengths_and_factors_change() -> None:
    assert combining.conditioning_set_area_strength(one(1.0), 0.25)[0][1]["strength"] == 0.25
    pooled: Conditioning = [(torch.ones(1, 2, 3), {"pooled_output": torch.ones(1, 3)})]
    ((text, options),) = combining.conditioning_multiply(pooled, -2.0)
    assert text.unique().tolist() == options["pooled_output"].unique().tolist() == [-2.0]
    assert combining.conditioning_multiply(one(1.0), 3.0)[0][1] == {}


def test_references_are_put_one_after_the_other() -> None:
    first, second = ({"samples": torch.full((1, 4, 2, 2), value)} for value in (1.0, 2.0))
    both = combining.reference_latent(combining.reference_latent(one(1.0), first), second)
    assert [float(each.mean()) for each in both[0][1]["reference_latents"]] == [1.0, 2.0]
    bare = one(1.0)
    assert combining.reference_latent(bare) is bare
    named = combining.flux_kontext_multi_reference_latent_method(both, "uxo/uno")
    assert named[0][1]["reference_latents_method"] == "uxo"
