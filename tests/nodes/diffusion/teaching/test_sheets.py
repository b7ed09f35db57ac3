"""Contact sheets: every picture is there, where it belongs, with its label."""

import pytest
import torch

from nodes.diffusion.errors import DiffusionError
from nodes.diffusion.teaching import sheets
from nodes.diffusion.teaching.sheets import GAP, LINE, Sheet, contact_sheet


def pictures(count: int, side: int = 16) -> list[torch.Tensor]:
    return [torch.full((side, side, 3), (number + 1) / (count + 1)) for number in range(count)]


def test_pictures_stand_row_by_row() -> None:
    sheet = contact_sheet(pictures(4), Sheet(columns=2))[0]
    for number in range(4):
        y, x = (GAP + place * (16 + GAP) + 8 for place in divmod(number, 2))
        assert float(sheet[y, x, 0]) == pytest.approx((number + 1) / 5, abs=0.01)


def test_without_a_number_of_columns_the_sheet_is_about_square() -> None:
    sheet = contact_sheet(pictures(9), Sheet())
    assert sheet.shape[1] == sheet.shape[2]


def test_labels_take_the_room_they_need() -> None:
    bare = contact_sheet(pictures(2), Sheet(columns=2))
    labelled = contact_sheet(pictures(2), Sheet(columns=2, labels=["one\ntwo", "three"]))
    assert labelled.shape[1] == bare.shape[1] + 2 * LINE
    assert float(labelled[0, -2 * LINE - GAP :].min()) < 0.5  # ink


def test_pictures_are_brought_to_the_width_of_a_cell_without_smoothing_where_that_is_exact() -> None:
    checks = torch.tensor([[0.0, 1.0], [1.0, 0.0]]).unsqueeze(-1).expand(2, 2, 3)
    cell = contact_sheet([checks], Sheet(cell=8))[0, GAP : GAP + 8, GAP : GAP + 8, 0]
    assert torch.equal(cell, checks[..., 0].repeat_interleave(4, 0).repeat_interleave(4, 1))


def test_heads_and_titles_never_cover_a_picture() -> None:
    sheet = Sheet(columns=2, title="A title", column_heads=["a", "b"], row_heads=["long row head"])
    found = contact_sheet([torch.zeros(16, 16, 3)] * 2, sheet)[0]
    assert int((found[:, -16 - GAP : -GAP].amax(-1) == 0).all(1).sum()) == 16


def test_no_picture_and_too_large_a_sheet_are_errors() -> None:
    with pytest.raises(DiffusionError, match="at least one picture"):
        contact_sheet([], Sheet())
    with pytest.raises(DiffusionError, match="smaller with `cell`"):
        contact_sheet([torch.zeros(1, 1, 3)] * 1024, Sheet(cell=2000))


def test_pictures_that_may_keep_their_size_are_made_smaller_where_the_sheet_would_be_too_large(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sheets, "MOST_PIXELS", 400 * 400)
    found = contact_sheet([torch.zeros(256, 256, 3)] * 9, Sheet())[0]
    assert 300 < found.shape[0] == found.shape[1] <= 400
