"""Wan films with a camera that moves, and shows what pictures show."""

from typing import Any, get_args

import pytest
import torch

from nodes.diffusion.camera import MOVES, TURNS, Lens, camera_rays
from nodes.diffusion.errors import DiffusionError
from nodes.diffusion.shown_videos import VideoSize
from nodes.video.wan_camera import Pose, wan_camera_embedding, wan_camera_image_to_video
from nodes.video.wan_subjects import wan_phantom_subject_to_video
from tests.nodes.video.wan_house import WanHouse, pictures

SIZE = VideoSize(64, 32, 9)
PICTURE = pictures()


@pytest.fixture(scope="module", params=["camera", "2.1 camera"])
def house(request: Any, tmp_path_factory: Any) -> WanHouse:
    return WanHouse.furnished(tmp_path_factory.mktemp("wan"), request.param)


def rays(pose: str, speed: float = 1.0, lens: Lens | None = None) -> torch.Tensor:
    """(frames, 6, height, width), frame by frame."""
    found = camera_rays(pose, SIZE, speed, lens or Lens())
    assert found.shape == (1, 24, 3, 32, 64)
    return found[0].unflatten(0, (6, 4)).permute(2, 1, 0, 3, 4).flatten(0, 1)[3:]


def test_every_move_has_a_name() -> None:
    assert {*MOVES, *TURNS} == set(get_args(Pose))


def test_a_camera_that_rests_sees_the_same_in_every_frame() -> None:
    found = rays("Static")
    assert torch.equal(found, found[:1].expand_as(found))
    assert not found[:, :3].any()
    torch.testing.assert_close(found[:, 3:].norm(dim=1), torch.ones(9, 32, 64))
    assert found[0, 5].min() > 0, "it looks ahead"
    assert found[0, 3, 0, 0] < 0 < found[0, 3, 0, -1]
    assert found[0, 4, 0, 0] < 0 < found[0, 4, -1, 0]


@pytest.mark.parametrize("pose", sorted(MOVES.keys() - {"Static"}))
def test_moments_are_places_times_directions(pose: str) -> None:
    found = rays(pose, 2.0)
    for number in range(9):
        place = torch.tensor(MOVES[pose]) * 1.5 * 2.0 * number / 9
        wanted = torch.linalg.cross(place.view(3, 1, 1).expand(3, 32, 64), found[number, 3:], dim=0)
        torch.testing.assert_close(found[number, :3], wanted, atol=1e-5, rtol=1e-5)


def test_a_turning_camera_turns_what_it_sees() -> None:
    found, other = rays("ClockWise (CW)"), rays("Anti Clockwise (ACW)")
    assert not found[:, :3].any()
    torch.testing.assert_close(found[:, 5], found[:1, 5].expand(9, -1, -1))
    angle = torch.tensor(3 / 9 * torch.pi / 3)
    torch.testing.assert_close(found[3, 3], found[0, 3] * angle.cos() - found[0, 4] * angle.sin(), atol=1e-5, rtol=1e-5)
    assert not torch.allclose(found[3], other[3])


def test_a_longer_lens_sees_less() -> None:
    near, far = rays("Static"), rays("Static", lens=Lens(fx=1.0, fy=1.0))
    assert far[0, 3].abs().max() < near[0, 3].abs().max()
    assert far[0, 4].abs().max() < near[0, 4].abs().max()


def test_a_picture_is_filmed_with_a_moving_camera(house: WanHouse) -> None:
    seen = {"clip_vision_output": house.seen(PICTURE), "start_image": PICTURE}
    results = []
    for pose, image in (("Zoom In", PICTURE), ("Pan Left", PICTURE), ("Zoom In", 1 - PICTURE)):
        filmed = wan_camera_embedding(pose, 64, 64, 9)
        assert filmed[1:] == (64, 64, 9)
        found = house.begun(
            wan_camera_image_to_video, **{**seen, "start_image": image}, camera_conditions=filmed.camera_embedding
        )
        results.append(house.sampled(*found))
    still = house.sampled(*house.begun(wan_camera_image_to_video, **seen))
    assert all(result.isfinite().all() for result in (*results, still))
    assert not torch.allclose(results[0], results[1])
    assert not torch.allclose(results[0], results[2])
    assert not torch.allclose(results[0], still)


@torch.no_grad()
def test_what_a_camera_says_is_added_to_the_tokens(house: WanHouse) -> None:
    """Where it says nothing, the call is that of a network that knows no camera."""
    filmed = wan_camera_embedding("Pan Up", 64, 64, 9).camera_embedding
    inputs = {"clip_vision_output": house.seen(PICTURE), "start_image": PICTURE, "camera_conditions": filmed}
    conditioning = house.begun(wan_camera_image_to_video, **inputs).positive
    x = torch.randn(1, 16, 3, 8, 8)
    moved = house.predicted(conditioning, x)
    with house.house.models.use_model(house.model) as model:
        adapter = model.network.control_adapter
        kept = {name: value.clone() for name, value in adapter.state_dict().items()}
        adapter.load_state_dict({name: torch.zeros_like(value) for name, value in kept.items()})
        silent = house.predicted(conditioning, x)
        adapter.load_state_dict(kept)
    without = house.predicted([(conditioning[0][0], {**conditioning[0][1], "camera_conditions": None})], x)
    torch.testing.assert_close(silent, without, atol=1e-5, rtol=1e-5)
    assert not torch.allclose(moved, without, atol=1e-3)


def test_a_way_for_another_size_is_refused(house: WanHouse) -> None:
    filmed = wan_camera_embedding("Zoom In", 96, 64, 9).camera_embedding
    inputs = {"clip_vision_output": house.seen(PICTURE), "camera_conditions": filmed}
    found = house.begun(wan_camera_image_to_video, **inputs)
    with pytest.raises(DiffusionError, match="video of 96 by 64 pixels and 3 latent frames, the video has 64 by 64"):
        house.sampled(*found)


@torch.no_grad()
def test_subjects_are_frames_after_the_video(tmp_path_factory: Any) -> None:
    house = WanHouse.furnished(tmp_path_factory.mktemp("wan"), "text")
    images = pictures(2)
    found = house.begun(wan_phantom_subject_to_video, images=images)
    shown = found.positive[0][1]["time_dim_concat"]
    assert shown.shape == (1, 16, 2, 8, 8)
    x, time = torch.randn(1, 16, 3, 8, 8), torch.tensor([500.0])
    with house.house.models.use_model(house.model) as model:
        seen = torch.cat([x, model.latent_format.to_network(shown)], dim=2)
        wanted = model.network(seen, time, found.positive[0][0], return_dict=False)[0][:, :, :3]
    torch.testing.assert_close(house.predicted(found.positive, x), wanted, atol=1e-5, rtol=1e-5)
    assert torch.equal(found.negative_text[0][1]["time_dim_concat"], shown)
    nothing = house.told(found.negative_img_text, x)["subjects"]
    assert torch.allclose(nothing, torch.zeros_like(nothing), atol=1e-6)
    assert house.sampled(found.positive, found.negative_img_text, found.latent).shape == (1, 16, 3, 8, 8)
    alone = house.begun(wan_phantom_subject_to_video)
    assert "time_dim_concat" not in alone.positive[0][1]
