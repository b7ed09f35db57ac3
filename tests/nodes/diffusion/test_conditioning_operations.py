"""Operations on conditionings: new texts or options, the old ones untouched."""

import pytest
import torch
from torch import Tensor

from nodes.diffusion import conditioning_operations as operations
from nodes.diffusion.types import Conditioning

MASK = torch.rand(16, 16, generator=torch.Generator().manual_seed(0))


def one(value: float, tokens: int = 3, width: int = 2, pooled: float | None = None) -> Conditioning:
    options: dict[str, object] = {"note": value}
    if pooled is not None:
        options["pooled_output"] = torch.full((1, 4), pooled)
    return [(torch.full((1, tokens, width), value), options)]


def values(conditioning: Conditioning) -> list[float]:
    return [float(text.mean()) for text, _ in conditioning]


def test_combining_keeps_both() -> None:
    assert values(operations.combine(one(1.0), [*one(2.0), *one(3.0)])) == [1, 2, 3]


def test_averaging_mixes_each_text_with_the_first_of_the_other() -> None:
    found = operations.average([*one(1.0), *one(2.0)], [*one(5.0), *one(99.0)], 0.75)
    assert values(found) == [2.0, 2.75]
    assert [options["note"] for _, options in found] == [1.0, 2.0]


@pytest.mark.parametrize(("tokens", "wanted"), [(2, [3.0, 3.0, 0.5]), (3, [3.0] * 3), (5, [3.0] * 3)])
def test_averaging_cuts_or_fills_up_the_other_text(tokens: int, wanted: list[float]) -> None:
    ((text, _),) = operations.average(one(1.0), one(5.0, tokens), 0.5)
    assert text[0, :, 0].tolist() == wanted


@pytest.mark.parametrize(
    ("mine", "theirs", "wanted"), [(1.0, 5.0, 2.0), (None, 5.0, 5.0), (1.0, None, 1.0), (None, None, None)]
)
def test_averaging_mixes_the_pooled_texts(mine: float | None, theirs: float | None, wanted: float | None) -> None:
    ((_, options),) = operations.average(one(1.0, pooled=mine), one(2.0, pooled=theirs), 0.75)
    pooled: Tensor | None = options.get("pooled_output")
    assert (None if pooled is None else float(pooled.mean())) == wanted


def test_concatenating_makes_one_longer_text() -> None:
    found = operations.concatenate([*one(1.0, 2), *one(2.0, 4)], one(3.0, 3))
    assert [text[0, :, 0].tolist() for text, _ in found] == [[1, 1, 3, 3, 3], [2, 2, 2, 2, 3, 3, 3]]
    assert found[0][1]["note"] == 1.0


@pytest.mark.parametrize("operation", [operations.concatenate, lambda to, source: operations.average(to, source, 0.5)])
def test_texts_of_different_encoders_do_not_mix(operation: object) -> None:
    assert callable(operation)
    with pytest.raises(ValueError, match=r"different text encoders \(one is 2 numbers wide, the other 3\)"):
        operation(one(1.0), one(1.0, width=3))


def test_areas_are_kept_in_latent_cells_or_fractions() -> None:
    ((_, cells),) = operations.with_area(one(1.0), 64, 128, 16, 24, 0.5)
    assert (cells["area"], cells["strength"]) == ((8, 16, 2, 3), 0.5)
    ((_, shares),) = operations.with_area_share(one(1.0), 0.5, 0.25, 0.1, 0.2, 2.0)
    assert (shares["area"], shares["strength"]) == (("percentage", 0.5, 0.25, 0.1, 0.2), 2.0)


def test_masks_get_a_batch_and_may_bound_the_area() -> None:
    ((_, options),) = operations.with_mask(one(1.0), MASK, 0.5, "mask bounds")
    assert torch.equal(options["mask"], MASK[None])
    assert (options["mask_strength"], options["set_area_to_bounds"]) == (0.5, True)
    ((_, options),) = operations.with_mask(one(1.0), MASK, 0.5, "default")
    assert not options["set_area_to_bounds"]


def test_zeroing_leaves_neither_text_nor_pooled_text() -> None:
    ((text, options),) = operations.zeroed(one(1.0, pooled=2.0))
    assert not text.any()
    assert not options["pooled_output"].any()
    assert options["note"] == 1.0
    assert "pooled_output" not in operations.zeroed(one(1.0))[0][1]


def test_no_operation_changes_its_inputs() -> None:
    given = one(1.0, pooled=1.0)
    operations.average(given, one(2.0, pooled=2.0), 0.5)
    operations.with_area(given, 64, 64, 0, 0, 1.0)
    operations.zeroed(given)
    assert values(given) == [1.0]
    assert set(given[0][1]) == {"note", "pooled_output"}
    assert float(given[0][1]["pooled_output"].mean()) == 1.0
