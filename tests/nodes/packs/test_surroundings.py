"""What packs find around them: hidden inputs, progress, folders, our own nodes, models."""

import json
import threading
from pathlib import Path

import pytest
import torch
from PIL import Image

from graph.events import NodeProgress
from tests.nodes.diffusion import tiny
from tests.nodes.packs.worlds import CLASSIC, World, short, showing, world

PICTURE = short("EmptyImage", width=16, height=16, batch_size=1, color=0xFF0000)


def test_hidden_inputs_are_given(packs: World) -> None:
    run = packs.succeed({"7": short("PackHidden"), "8": showing("7")}, extra={"extra_pnginfo": {"workflow": "drawn"}})
    assert run.texts == {"8": ["7 PackHidden PackHidden drawn nothing"]}


def test_hidden_inputs_that_scripts_give_come_from_the_document(packs: World) -> None:
    prompt = {"7": short("PackHidden", from_script="here"), "8": showing("7")}
    assert packs.succeed(prompt, extra={"extra_pnginfo": {"workflow": 1}}).texts["8"][0].endswith(" here")


def test_progress_is_told(packs: World) -> None:
    run = packs.succeed({"1": short("PackProgress", steps=4), "2": showing("1")})
    told = [(event.value, event.maximum) for event in run.of(NodeProgress)]
    assert told[0] == (1, 4)
    assert told[-1] == (4, 4)


def test_a_cancelled_job_stops_where_the_pack_looks(packs: World) -> None:
    cancel = threading.Event()
    cancel.set()
    outcome = packs.run({"1": short("PackProgress", steps=5), "2": showing("1")}, cancel=cancel).outcome
    assert outcome.status == "cancelled"


def test_file_choices_follow_the_folder(tmp_path: Path) -> None:
    (tmp_path / "models" / "loras").mkdir(parents=True)
    (tmp_path / "models" / "loras" / "first.safetensors").write_bytes(b"1")
    with world(tmp_path, CLASSIC) as opened:
        lora, picture = opened.registry.get("PackFiles").spec.inputs
        assert (lora.files, lora.extra_choices) == ("loras", ("None",))
        assert (picture.files, picture.options["image_upload"]) == ("input", True)
        (tmp_path / "models" / "loras" / "second.safetensors").write_bytes(b"2")
        Image.new("RGB", (4, 4)).save(tmp_path / "input" / "new.png")
        node = short("PackFiles", lora="second.safetensors", picture="new.png")
        text = opened.succeed({"1": node, "2": showing("1")}).texts["2"][0]
        assert text.startswith("second.safetensors /")
        assert text.endswith("second.safetensors True")
        escape = short("PackFiles", lora="../first.safetensors", picture="new.png")
        assert opened.validate({"1": escape, "2": showing("1")}).problems[0].code == "value_not_in_list"


def test_our_nodes_do_the_work_of_packs(packs: World) -> None:
    prompt = {"1": PICTURE, "2": short("PackScale", image=["1", 0], side=4), "3": showing("2")}
    picture = packs.succeed(prompt).outcome.outputs["3"][0][0]
    assert picture.shape == (1, 4, 4, 3)
    assert torch.allclose(picture[0, 0, 0], torch.tensor([0.0, 1.0, 1.0]))


def test_a_class_that_extends_ours_saves_pictures_with_their_workflow(packs: World) -> None:
    run = packs.succeed({"1": PICTURE, "2": short("PackKeep", images=["1", 0])})
    (shown,) = run.outcome.ui["2"]["images"]
    assert shown["filename"].startswith("ComfyUI_0000")
    with Image.open(packs.folders.path("output", shown["filename"])) as picture:
        assert json.loads(picture.text["prompt"])["2"]["class_type"] == "PackKeep"


@pytest.mark.parametrize(
    ("what", "name"),
    [
        ("attention", "comfy.ldm.modules.attention.optimized_attention"),
        ("checkpoint", "comfy.sd.load_checkpoint_guess_config"),
        ("utility", "comfy.utils.something_new"),
    ],
)
def test_what_is_not_here_says_which_pack_asked_for_it(packs: World, what: str, name: str) -> None:
    failure = packs.run({"1": short("PackUsesAbsent", what=what), "2": showing("1")}).outcome.failure
    assert failure is not None
    assert f'The node pack "classic_pack" asks for {name}, which Latentloom does not provide' in failure.message


def test_packs_encode_texts_decode_latents_and_sample(tmp_path: Path) -> None:
    tiny.write_folder(tmp_path / "models" / "checkpoints" / "tiny")
    sampled = {"seed": 3, "steps": 2, "cfg": 2.0, "positive": ["5", 0], "negative": ["5", 0], "model": ["1", 0]}
    with world(tmp_path, CLASSIC) as opened:
        prompt = {
            "1": short("CheckpointLoaderSimple", ckpt_name="tiny"),
            "2": short("PackEncode", clip=["1", 1], vae=["1", 2], text="a red circle"),
            "3": showing("2"),
            "4": showing("2", 1),
            "5": short("CLIPTextEncode", text="a red circle", clip=["2", 2]),
            "6": showing("5"),
            "7": short("EmptyLatentImage", width=32, height=32, batch_size=1),
            "8": short("PackSample", latent=["7", 0], **sampled),
            "9": short("KSampler", latent_image=["7", 0], sampler_name="euler", scheduler="normal", **sampled),
            "10": showing("8"),
            "11": showing("9"),
        }
        outputs = opened.succeed(prompt).outcome.outputs
        ((text, options),) = outputs["3"][0][0]
        assert options["strength"] == 0.5
        assert torch.equal(text, outputs["6"][0][0][0][0])
        assert outputs["4"][0][0].shape == (1, 32, 32, 3)
        assert torch.equal(outputs["10"][0][0]["samples"], outputs["11"][0][0]["samples"])
