"""A picture as ComfyUI's browser saves it: the graph that was drawn in the chunk `workflow`, what ran in `prompt`."""

import io
import json
from typing import Any

from PIL import Image
from PIL.PngImagePlugin import PngInfo

GROUP = "Drawn elsewhere"
_TYPES = {
    "CheckpointLoaderSimple": ["MODEL", "CLIP", "VAE"],
    "CLIPTextEncode": ["CONDITIONING"],
    "EmptyLatentImage": ["LATENT"],
    "KSampler": ["LATENT"],
    "VAEDecode": ["IMAGE"],
    "SaveImage": [],
}
# id, type, title, values of the widgets, and the links of the inputs: name, id and slot of the source.
_NODES: list[tuple[int, str, str | None, list[Any], dict[str, tuple[int, int]]]] = [
    (1, "CheckpointLoaderSimple", None, ["latentloom-tiny"], {}),
    (2, "CLIPTextEncode", "What to draw", ["a red circle on a blue background"], {"clip": (1, 1)}),
    (3, "CLIPTextEncode", None, [""], {"clip": (1, 1)}),
    (4, "EmptyLatentImage", None, [128, 128, 1], {}),
    (5, "KSampler", None, [11, "fixed", 3, 4.0, "euler", "normal", 1.0],
     {"model": (1, 0), "positive": (2, 0), "negative": (3, 0), "latent_image": (4, 0)}),
    (6, "VAEDecode", None, [], {"samples": (5, 0), "vae": (1, 2)}),
    (7, "SaveImage", None, ["from_elsewhere"], {"images": (6, 0)}),
]  # fmt: skip


def comfy_picture() -> bytes:
    """The PNG."""
    info = PngInfo()
    info.add_text("workflow", json.dumps(drawn_graph()))
    content = io.BytesIO()
    Image.new("RGB", (64, 64), (90, 60, 120)).save(content, "PNG", pnginfo=info)
    return content.getvalue()


def drawn_graph() -> dict[str, Any]:
    """The graph as the browser of ComfyUI keeps it."""
    links: list[list[Any]] = []
    nodes = []
    for at, (number, kind, title, values, sources) in enumerate(_NODES):
        inputs = []
        for slot, (name, (source, output)) in enumerate(sources.items()):
            wire = _TYPES[_NODES[source - 1][1]][output]
            links.append([len(links) + 1, source, output, number, slot, wire])
            inputs.append({"name": name, "type": wire, "link": len(links)})
        outputs = [{"name": each, "type": each, "links": []} for each in _TYPES[kind]]
        node = {"id": number, "type": kind, "pos": [340 * at, 60], "size": [300, 260], "flags": {}, "order": at}
        named = {} if title is None else {"title": title}
        nodes.append({**node, **named, "mode": 0, "inputs": inputs, "outputs": outputs, "widgets_values": values})
    for number, source, output, *_ in links:
        nodes[source - 1]["outputs"][output]["links"].append(number)
    group = {"title": GROUP, "bounding": [330, 0, 660, 400], "color": "#3f789e"}
    return {
        "last_node_id": len(nodes),
        "last_link_id": len(links),
        "nodes": nodes,
        "links": links,
        "groups": [group],
        "config": {},
        "extra": {},
        "version": 0.4,
    }
