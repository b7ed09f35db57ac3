"""Subjects cut out along their masks and brought to one size, as models that look at single things want them."""

import torch
from torch import Tensor
from torch.nn import functional

from nodes.diffusion.errors import DiffusionError
from nodes.diffusion.pictures import masking
from nodes.diffusion.pictures.resizing import resize

LEAST, SOLID = 0.05, 0.8
"""Mask values below the first count as nothing; above the second they belong to the subject for sure."""


def cut_out(
    images: Tensor, masks: Tensor, width: int, height: int, margin: float, grow: int, background: Tensor
) -> Tensor:
    """Each subject in the middle of a picture of its own.

    Args:
        images: (batch, height, width, channels) in 0..1.
        masks: (batch or 1, height, width): 1 is the subject; one that is 1 at the border and 0 in the middle, or empty,
            is turned round.
        width: of the results.
        height: of the results.
        margin: how many times as large as the subject a result is, at least.
        grow: pixels by which masks grow, or shrink below 0.
        background: (3,): the colour behind the subject.

    Raises:
        DiffusionError: there are neither one mask nor as many as pictures.
    """
    count = len(images)
    if len(masks) not in (1, count):
        raise DiffusionError(f"There are {count} pictures but {len(masks)} masks; give one mask, or one for each.")
    planes = images[..., :3].movedim(-1, 1).float().clamp(0, 1)
    alphas = masks.reshape(len(masks), 1, *masks.shape[-2:]).float().clamp(0, 1).expand(count, -1, -1, -1)
    alphas = resize(alphas, planes.shape[-1], planes.shape[-2], "bilinear")
    found = [
        _cut_out(each, alpha, width, height, margin, grow, background)
        for each, alpha in zip(planes.split(1), alphas.split(1), strict=True)
    ]
    return torch.cat(found).movedim(1, -1)


def _cut_out(
    plane: Tensor, alpha: Tensor, width: int, height: int, margin: float, grow: int, background: Tensor
) -> Tensor:
    alpha = masking.grow(_upright(alpha), grow, tapered_corners=False).unsqueeze(1)
    alpha = torch.where(alpha < LEAST, 0.0, alpha)
    if not (alpha > SOLID).any() and (alpha < 1 - SOLID).any():
        alpha = 1 - alpha
    longest = max(plane.shape[-2:])
    if longest > max(width, height):
        size = [int(side * max(width, height) / longest) for side in plane.shape[-2:]]
        plane, alpha = (resize(each, size[1], size[0], "lanczos") for each in (plane, alpha))
    left, top, right, bottom = _frame(alpha[0, 0] > SOLID, width / height, margin)
    beyond = (-left, right - plane.shape[-1], -top, bottom - plane.shape[-2])  # where negative, it is cut
    plane, alpha = (functional.pad(each, beyond) for each in (plane, alpha))
    seen = plane * alpha + background.view(1, 3, 1, 1) * (1 - alpha)
    return resize(seen.clamp(0, 1), width, height, "lanczos")


def _upright(alpha: Tensor) -> Tensor:
    """The mask, turned round if it is bright at the border and dark in the middle."""
    height, width = alpha.shape[-2:]
    border = torch.cat([alpha[..., 0, :], alpha[..., -1, :], alpha[..., 0], alpha[..., -1]], dim=-1)
    middle = alpha[..., height // 4 : height - height // 4, width // 4 : width - width // 4]
    return 1 - alpha if border.mean() > 0.5 and middle.mean() < 0.5 else alpha


def _frame(is_subject: Tensor, aspect: float, margin: float) -> tuple[int, int, int, int]:
    """Left, top, right and bottom of what is cut out, which may reach beyond the picture; all of it without subject."""
    if not is_subject.any():
        return 0, 0, is_subject.shape[1], is_subject.shape[0]
    rows, columns = is_subject.nonzero().unbind(1)
    top, bottom, left, right = (float(each) for each in (rows.min(), rows.max(), columns.min(), columns.max()))
    wide, high = right - left + 1, bottom - top + 1
    if wide / high >= aspect:
        size = int(wide * margin), int(wide / aspect * margin)
    else:
        size = int(high * aspect * margin), int(high * margin)
    half_width, half_height = (-(-side // 2) for side in size)
    x, y = int((left + right) / 2 - half_width), int((top + bottom) / 2 - half_height)
    return x, y, x + 2 * half_width, y + 2 * half_height
