"""When two wire types fit."""

import pytest

from graph.datatypes import accepts


@pytest.mark.parametrize(
    ("wanted", "received", "fits"),
    [
        ("IMAGE", "IMAGE", True),
        ("IMAGE", "MASK", False),
        ("IMAGE,MASK", "MASK", True),
        ("MASK", "IMAGE,MASK", True),
        ("IMAGE, MASK", "MASK", True),
        ("INT", "FLOAT", False),
        ("*", "ANYTHING", True),
        ("MODEL", "*", True),
        ("IMAGE,MASK", "LATENT,MODEL", False),
    ],
)
def test_types_fit_when_they_overlap(wanted: str, received: str, fits: bool) -> None:
    assert accepts(wanted, received) is fits


class FitsAll(str):
    """What node packs do to fit every type."""

    def __ne__(self, other: object) -> bool:
        return False

    __hash__ = str.__hash__


def test_a_pack_type_that_denies_being_different_fits_either_way() -> None:
    assert accepts(FitsAll("ANY"), "IMAGE")
    assert accepts("IMAGE", FitsAll("ANY"))
