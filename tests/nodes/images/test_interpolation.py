import pytest
import torch
from safetensors.torch import save_file

from graph.context import Context
from nodes.diffusion.errors import UnsupportedModel
from nodes.diffusion.families.building import parameter_count, skeleton, state_shapes
from nodes.diffusion.vision.film import Film, Sizes, moved
from nodes.diffusion.vision.interpolation import InterpolationFile
from nodes.diffusion.vision.rife import Rife, RifeSizes
from nodes.images.interpolation import interpolate_frames, load_interpolation
from tests.nodes.diffusion.vision import films, rifes
from tests.nodes.house import House

IMAGES = torch.rand(3, 70, 100, 3, generator=torch.Generator().manual_seed(1))


@pytest.fixture(scope="module")
def house(tmp_path_factory) -> House:
    house = House(tmp_path_factory.mktemp("film"))
    films.write(house.folder / "frame_interpolation" / "f.safetensors")
    films.write(house.folder / "frame_interpolation" / "plain.safetensors", is_plain=True)
    rifes.write(house.folder / "frame_interpolation" / "r.safetensors")
    rifes.write(house.folder / "frame_interpolation" / "trained.safetensors", is_trained=True)
    return house


def drawn(house: House, name: str, multiplier: int):
    net = load_interpolation(f"{name}.safetensors", folders=house.folders)
    return interpolate_frames(net, IMAGES, multiplier, ctx=Context(), models=house.models)


@pytest.mark.parametrize(("name", "same"), [("f", "plain"), ("r", "trained")])
def test_pictures_stay_and_others_come_between(house: House, name: str, same: str) -> None:
    found = drawn(house, name, 3)
    assert found.shape == (7, 70, 100, 3)
    assert torch.equal(found[::3], IMAGES)
    assert 0 <= found.min() <= found.max() <= 1
    assert not torch.equal(found[1], found[2])
    assert torch.equal(found, drawn(house, same, 3))


@torch.no_grad()
def test_each_moment_has_a_picture_of_its_own() -> None:
    network = films.network()
    one, other = (network.look(torch.rand(1, 3, 64, 64)) for _ in range(2))
    early, late = network.between(one, other, [0.25, 0.75])
    assert not torch.allclose(early, late)


def test_what_moves_is_found_where_it_was() -> None:
    x = torch.rand(1, 2, 8, 10)
    motion = torch.zeros(1, 2, 8, 10)
    motion[:, 0], motion[:, 1] = 2.0, -1.0
    found = moved(x, motion)
    torch.testing.assert_close(found[..., 1:, :8], x[..., :7, 2:], atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(found[..., 1:, 9], x[..., :7, 9], atol=1e-5, rtol=1e-5)


def test_the_size_is_read_from_shapes(house: House) -> None:
    for name in ("f", "plain"):
        assert InterpolationFile(house.folder / "frame_interpolation" / f"{name}.safetensors").sizes == films.TINY
    published = skeleton(lambda: Film(Sizes()))
    shapes = state_shapes(published)
    assert shapes["extract.extract_sublevels.convs.3.1.conv.weight"] == (512, 512, 3, 3)
    assert shapes["predict_flow._predictor._convs.0.conv.weight"] == (256, 1920, 3, 3)
    assert shapes["predict_flow._predictors.2._convs.0.conv.weight"] == (32, 128, 3, 3)
    assert shapes["fuse.convs.0.0.conv.weight"] == (512, 1930, 2, 2)
    assert shapes["fuse.convs.3.1.conv.weight"] == (64, 202, 3, 3)
    assert 3.3e7 < parameter_count(published) < 3.6e7


@torch.no_grad()
def test_rife_computes_what_its_authors_compute() -> None:
    network = rifes.network()
    one, other = torch.rand(2, 1, 3, 64, 128, generator=torch.Generator().manual_seed(2))
    (found,) = network.between(network.look(one), network.look(other), [0.3])
    expected = rifes.drawn(network.state_dict(), one, other, 0.3)
    torch.testing.assert_close(found, expected, atol=2e-5, rtol=1e-4)
    assert (found - one.lerp(other, 0.7)).abs().max() > 0.1


def test_the_size_of_rife_is_read_from_shapes(house: House) -> None:
    for name in ("r", "trained"):
        assert InterpolationFile(house.folder / "frame_interpolation" / f"{name}.safetensors").sizes == rifes.TINY
    shapes = state_shapes(skeleton(lambda: Rife(RifeSizes())))
    assert shapes["encode.cnn3.weight"] == (16, 4, 4, 4)
    assert shapes["blocks.0.conv0.0.0.weight"] == (96, 15, 3, 3)
    assert shapes["blocks.4.conv0.0.0.weight"] == (16, 28, 3, 3)
    assert shapes["blocks.0.convblock.7.beta"] == (1, 192, 1, 1)
    assert shapes["blocks.1.lastconv.0.weight"] == (128, 52, 4, 4)
    assert RifeSizes().steps == (16, 8, 4, 2, 1)
    assert RifeSizes(32, 8, (256, 192, 96, 48)).steps == (8, 4, 2, 1)
    assert RifeSizes(widths=(192, 128, 96, 64, 24)).steps == (32, 16, 8, 4, 1)


def test_another_file_is_refused(house: House) -> None:
    save_file({"something.weight": torch.zeros(2)}, house.folder / "frame_interpolation" / "odd.safetensors")
    with pytest.raises(UnsupportedModel, match="of FILM and of RIFE"):
        load_interpolation("odd.safetensors", folders=house.folders)
