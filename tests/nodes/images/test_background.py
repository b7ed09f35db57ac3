import pytest
import torch
from safetensors.torch import save_file

from nodes.diffusion.errors import UnsupportedModel
from nodes.diffusion.vision.background import MEAN, BackgroundFile
from nodes.images.background import load_background_removal, remove_background
from tests.nodes.diffusion.vision import backgrounds
from tests.nodes.house import House


@pytest.fixture(scope="module")
def house(tmp_path_factory) -> House:
    house = House(tmp_path_factory.mktemp("background"))
    backgrounds.write(house.folder / "background_removal" / "b.safetensors")
    return house


def test_a_file_is_loaded_bit_for_bit(house: House) -> None:
    file = BackgroundFile(house.folder / "background_removal" / "b.safetensors")
    assert file.sizes == backgrounds.TINY
    handle = load_background_removal("b.safetensors", folders=house.folders)
    with house.models.use_other("test", "b", file.parameters, file.load) as network:
        for key, wanted in backgrounds.network().state_dict().items():
            assert torch.equal(network.state_dict()[key], wanted), key
    assert handle.digest == house.folders.digest("background_removal", "b.safetensors")


@torch.no_grad()
def test_masks_are_what_the_network_says_in_the_size_of_the_pictures(house: House) -> None:
    handle = load_background_removal("b.safetensors", folders=house.folders)
    images = torch.rand(2, 64, 64, 4)
    found = remove_background(handle, images, models=house.models)
    deviation = torch.tensor([0.229, 0.224, 0.225])
    seen = ((images[..., :3] - torch.tensor(MEAN)) / deviation).movedim(-1, 1)
    torch.testing.assert_close(found, backgrounds.network()(seen).sigmoid()[:, 0], atol=1e-5, rtol=1e-4)
    assert found.std() > 1e-4
    assert remove_background(handle, torch.rand(1, 48, 80, 3), models=house.models).shape == (1, 48, 80)


def test_another_file_is_refused(house: House) -> None:
    path = house.folder / "background_removal" / "odd.safetensors"
    save_file({"something.weight": torch.zeros(2)}, path)
    with pytest.raises(UnsupportedModel, match="what removes backgrounds here are BiRefNet files"):
        load_background_removal("odd.safetensors", folders=house.folders)
