import pytest
import torch
from safetensors.torch import save_file
from torch.nn import functional
from transformers import Wav2Vec2FeatureExtractor, WhisperFeatureExtractor

from nodes.diffusion.errors import UnsupportedModel
from nodes.diffusion.hearing import RATE, Heard, log_tones
from nodes.diffusion.weights.libraries import mel_filters
from nodes.models.sound_encoders import encode_for_speech, load_sound_encoder
from tests.nodes.diffusion import hearings
from tests.nodes.house import House

SOUND = torch.randn(1, 1, RATE, generator=torch.Generator().manual_seed(3)) * 0.1 + 0.02


@pytest.fixture(scope="module")
def house(tmp_path_factory) -> House:
    house = House(tmp_path_factory.mktemp("hearing"))
    for kind in hearings.CONFIGS:
        hearings.write(house.folder / "audio_encoders" / f"{kind}.safetensors", kind)
    return house


def heard(house: House, kind: str, waveform: torch.Tensor = SOUND, rate: int = RATE) -> Heard:
    encoder = load_sound_encoder(f"{kind}.safetensors", folders=house.folders)
    return encode_for_speech(encoder, {"waveform": waveform, "sample_rate": rate}, models=house.models)


@torch.no_grad()
@pytest.mark.parametrize("kind", ["large", "base"])
def test_wav2vec2_hears_as_transformers_has_it(house: House, kind: hearings.Kind) -> None:
    found = heard(house, kind)
    prepare = Wav2Vec2FeatureExtractor(do_normalize=kind == "large")
    given = prepare(SOUND[0, 0].numpy(), sampling_rate=RATE, return_tensors="pt").input_values
    expected = hearings.network(kind)(given, output_hidden_states=True)
    torch.testing.assert_close(found["encoded_audio"], expected.last_hidden_state, atol=1e-4, rtol=1e-3)
    layers = found["encoded_audio_all_layers"]
    assert len(layers) == 3
    assert layers[-1] is found["encoded_audio"]
    for own, theirs in zip(layers[:-1], expected.hidden_states, strict=False):
        torch.testing.assert_close(own, theirs, atol=1e-4, rtol=1e-3)
    assert found["audio_samples"] == RATE
    assert found["encoded_audio"].shape == (1, 49, 64)


@torch.no_grad()
def test_whisper_hears_as_transformers_has_it(house: House) -> None:
    prepare = WhisperFeatureExtractor(feature_size=16, chunk_length=2)
    given = prepare(SOUND[0, 0].numpy(), sampling_rate=RATE, return_tensors="pt").input_features
    own = log_tones(functional.pad(SOUND[:, 0], (0, RATE)), mel_filters(201, 16, RATE))
    torch.testing.assert_close(own, given, atol=1e-4, rtol=1e-3)
    expected = hearings.network("whisper")(given).last_hidden_state
    torch.testing.assert_close(heard(house, "whisper")["encoded_audio"], expected, atol=1e-3, rtol=1e-3)


def test_long_sound_is_heard_in_pieces(house: House) -> None:
    whole = heard(house, "whisper", SOUND.repeat(1, 1, 4))["encoded_audio"]
    first = heard(house, "whisper", SOUND.repeat(1, 1, 2))["encoded_audio"]
    assert whole.shape == (1, 200, 64)
    torch.testing.assert_close(whole[:, :100], first)


def test_channels_and_rate_are_brought_to_what_is_heard(house: House) -> None:
    found = heard(house, "base", SOUND.expand(1, 2, RATE), 2 * RATE)
    assert found["audio_samples"] == RATE // 2


def test_another_file_is_refused(house: House) -> None:
    save_file({"something.weight": torch.zeros(2)}, house.folder / "audio_encoders" / "odd.safetensors")
    with pytest.raises(UnsupportedModel, match="Wav2Vec2 and Whisper"):
        load_sound_encoder("odd.safetensors", folders=house.folders)
