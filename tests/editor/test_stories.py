"""Whole stories with the embedded model: what somebody comes for, from the first look to the picture."""

import io
from pathlib import Path

import pytest
from PIL import Image, ImageChops, ImageStat
from playwright.sync_api import Locator, Page, expect

from tests.editor.comfy_picture import comfy_picture
from tests.editor.graph_page import GraphPage
from tests.editor.keyboard_page import KeyboardPage
from tests.editor.running_page import RunningPage
from tests.web.serving import ServerProcess, graph

PICTURE_MS = 90_000
TEXT_TO_IMAGE = (
    *("CheckpointLoaderSimple", "CLIPTextEncode", "CLIPTextEncode", "EmptyLatentImage"),
    *("KSampler", "VAEDecode", "SaveImage"),
)


@pytest.fixture
def story(page: Page, editor_server: ServerProcess) -> RunningPage:
    """The editor of a server that draws."""
    shown = RunningPage(page, editor_server.url)
    shown.start()
    return shown


def shows_picture(node: Locator) -> None:
    """Wait until a node shows a picture that could be loaded."""
    image = node.locator("img")
    expect(image).to_be_visible(timeout=PICTURE_MS)
    expect(image).to_have_js_property("complete", True)
    assert image.evaluate("image => image.naturalWidth") > 0


def test_the_first_click_of_a_first_visit_makes_a_picture(page: Page, editor_server: ServerProcess) -> None:
    shown = GraphPage(page, editor_server.url)
    page.goto(editor_server.url)
    page.get_by_role("button", name="Run", exact=True).click()  # 42; waits until the button is there, and nothing else
    shows_picture(shown.node("Save"))
    assert shown.complaints == []


def test_a_graph_is_built_from_nothing_and_run_with_the_keyboard_alone(
    page: Page, editor_server: ServerProcess
) -> None:
    """Checklist 60: nothing here moves a mouse, and no element is told to click."""
    shown = KeyboardPage(page, editor_server.url)
    shown.open()
    shown.press("Control+Alt+n")
    expect(shown.nodes).to_have_count(0)
    for kind in TEXT_TO_IMAGE:
        shown.add(kind)
    shown.open_outline()
    expect(shown.tree.get_by_role("treeitem")).to_have_count(7)
    shown.connect("Encode prompt", "clip", "Load checkpoint: CLIP")
    shown.connect("Encode prompt", "clip", "Load checkpoint: CLIP", which=1)
    shown.connect("KSampler", "model", "Load checkpoint: MODEL")
    shown.connect("KSampler", "positive", "Encode prompt: CONDITIONING")
    shown.connect("KSampler", "negative", "Encode prompt: CONDITIONING", nth=1)
    shown.connect("KSampler", "latent image", "Empty latent: LATENT")
    shown.connect("Decode latent", "samples", "KSampler: LATENT")
    shown.connect("Decode latent", "vae", "Load checkpoint: VAE")
    shown.connect("Save image", "images", "Decode latent: IMAGE")
    shown.go_to("Encode prompt")
    shown.press("Enter")
    page.keyboard.type("a red circle on a white background")
    shown.press("Escape", "l")
    shown.open_outline()
    shown.go_to("Empty latent")
    shown.press("Enter", "Control+a")
    page.keyboard.type("128")
    shown.press("Tab", "Control+a")
    page.keyboard.type("128")
    shown.press("Enter", "Escape", "Control+Enter")
    shown.open_outline()
    shown.go_to("Save image")
    shows_picture(shown.node("Save image"))
    size = shown.node("Save image").locator("img").evaluate("image => [image.naturalWidth, image.naturalHeight]")
    assert size == [128, 128]
    assert shown.complaints == []


def test_a_picture_of_comfyui_opens_as_it_was_drawn_and_runs(story: RunningPage) -> None:
    """Checklist 53: the graph stands in the chunk `workflow`, as its browser saves it."""
    story.drop("from elsewhere.png", comfy_picture(), "image/png")
    expect(story.shown_tab).to_contain_text("from elsewhere")
    expect(story.nodes).to_have_count(7)
    expect(story.node("What to draw").get_by_role("textbox")).to_have_value("a red circle on a blue background")
    expect(story.node("KSampler").get_by_role("spinbutton", name="steps")).to_have_value("3")
    for name in ("model", "positive", "negative", "latent_image"):
        assert story.is_linked("KSampler", name)
    story.run()
    shows_picture(story.node("Save image"))
    assert story.complaints == []


SAMPLING = {"seed": 3, "steps": 4, "cfg": 1.0, "sampler_name": "euler", "scheduler": "normal", "denoise": 1.0}
INPAINTING = graph(
    c=("CheckpointLoaderSimple", {"ckpt_name": "latentloom-tiny"}),
    t=("CLIPTextEncode", {"clip": ["c", 1], "text": "a red circle"}),
    o=("LoadImage", {"image": ""}),
    e=("VAEEncode", {"pixels": ["o", 0], "vae": ["c", 2]}),
    m=("SetLatentNoiseMask", {"samples": ["e", 0], "mask": ["o", 1]}),
    k=(
        "KSampler",
        {"model": ["c", 0], "positive": ["t", 0], "negative": ["t", 0], "latent_image": ["m", 0], **SAMPLING},
    ),
    d=("VAEDecode", {"samples": ["k", 0], "vae": ["c", 2]}),
    s=("SaveImage", {"images": ["d", 0], "filename_prefix": "inpainted"}),
)


def test_what_a_drawn_mask_covers_is_made_anew_and_the_rest_stays(
    story: RunningPage, editor_server: ServerProcess, tmp_path: Path
) -> None:
    page = story.page
    grey = tmp_path / "grey.png"
    Image.new("RGB", (128, 128), (120, 120, 120)).save(grey)
    story.drop_document("inpainting", INPAINTING)
    loader = story.node("Load image")
    story.go_to_node("Load image")
    with page.expect_file_chooser() as chooser:
        loader.get_by_role("button", name="Upload a picture").click()
    chooser.value.set_files(grey)
    loader.get_by_role("button", name="Paint a mask").click()
    paint_right_half(story, page.get_by_role("img", name="The mask"))
    page.get_by_role("button", name="Use the mask").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    story.run()
    story.go_to_node("Save image")
    shows_picture(story.node("Save image"))
    source = story.node("Save image").locator("img").get_attribute("src")
    assert source is not None
    query = source.split("?", 1)[1].split("&preview")[0]
    status, content, _ = editor_server.ask("GET", f"/api/view?{query}")
    assert status == 200
    change = ImageChops.difference(Image.open(io.BytesIO(content)).convert("RGB"), Image.open(grey))
    kept, new = (sum(ImageStat.Stat(change.crop(box)).mean) for box in ((0, 0, 48, 128), (80, 0, 128, 128)))
    assert new > 3 * kept, (kept, new)


def paint_right_half(story: RunningPage, layer: Locator) -> None:
    """Paint over the right half of a picture, a broad stroke beside the other."""
    expect(layer).to_be_visible()
    story.page.get_by_role("slider", name="Size").fill("24")
    box = layer.bounding_box()
    assert box is not None
    for share in (0.62, 0.75, 0.88, 0.97):
        across = box["x"] + box["width"] * share
        story.drag((across, box["y"] + 4), (across, box["y"] + box["height"] - 4))
