"""Draws the pictures of the templates and writes `docs/gallery.md`: `python -m nodes.gallery`.

Each template of `workflows/` is run as it stands, and what its output node shows becomes the thumbnail
`workflows/thumbnails/NAME.webp`. A thumbnail holds the digest of the graph that made it: those that are up to date are
not made again. In a template, `about` says where it stands, and which output node shows what it makes:

    "about": {"title": "…", "description": "…", "chapter": "Making pictures", "place": 3, "picture": "Save"}
"""

import argparse
import asyncio
import hashlib
import json
import logging
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from io import BytesIO
from itertools import groupby
from pathlib import Path
from typing import Any

from PIL import Image

from graph.canonical import canonical
from graph.events import JobFailed, NodeFinished
from graph.library.chapters import place_of
from graph.runners import InlineRunner, JobRequest
from graph.settings import Settings
from nodes.application import create

logger = logging.getLogger(__name__)

ROOT = Path(__file__).parents[1]
WORKFLOWS = ROOT / "workflows"
PAGE = ROOT / "docs" / "gallery.md"
LONGEST = 640
"""Pixels of the longer side of a thumbnail, at most."""
LARGEST_BYTES = 40_000
_DIGEST = 0x010E
"""Where in the EXIF of a picture its digest stands: the tag ImageDescription."""

INTRODUCTION = """\
<!-- Written by `python -m nodes.gallery` from the workflows. Change those, not this page. -->

# Gallery

Templates to start from, each with the picture that it really made with the embedded model. Open one in the editor's
template gallery, or run it: `python server.py run workflows/NAME.json`. A note inside each workflow explains it.

The embedded model is small and draws plain figures and simple scenes; larger models take its place by choosing another
checkpoint. Workflows for models of your own are in `workflows/families`.
"""


@dataclass(frozen=True)
class Template:
    """A workflow to start from, and what the gallery says about it."""

    path: Path
    document: dict[str, Any]  # JSON

    @property
    def name(self) -> str:
        """Its file's name without the ending."""
        return self.path.stem

    @property
    def title(self) -> str:
        """What people call it."""
        return str(self.document["about"]["title"])

    @property
    def description(self) -> str:
        """What it does, in one sentence."""
        return str(self.document["about"]["description"])

    @property
    def chapter(self) -> str:
        """Under which heading it stands."""
        return str(self.document["about"]["chapter"])

    @property
    def order(self) -> tuple[int, int, str]:
        """What the gallery is sorted by."""
        return place_of(self.document["about"])

    @property
    def picture(self) -> str:
        """The title of the output node whose picture is shown."""
        return str(self.document["about"].get("picture", "Save"))

    @property
    def thumbnail(self) -> Path:
        """Where its picture is."""
        return self.path.parent / "thumbnails" / f"{self.name}.webp"

    @property
    def digest(self) -> str:
        """Of all that decides the picture: the graph, the subgraphs, and which output is shown."""
        parts = {"graph": self.document["graph"], "subgraphs": self.document.get("subgraphs", {}), "of": self.picture}
        return hashlib.sha256(canonical(parts).encode()).hexdigest()


def templates(folder: Path = WORKFLOWS) -> list[Template]:
    """All templates of a folder, in the order of the gallery."""
    found = (Template(path, json.loads(path.read_text(encoding="utf-8"))) for path in folder.glob("*.json"))
    return sorted(found, key=lambda each: each.order)


def drawn_digest(thumbnail: Path) -> str | None:
    """The digest of the graph that made a thumbnail; None if there is no thumbnail, or none that says so."""
    if not thumbnail.is_file():
        return None
    with Image.open(thumbnail) as picture:
        return picture.getexif().get(_DIGEST)


def write_thumbnail(picture: Path, template: Template) -> None:
    """Make the thumbnail of a template from the picture that it saved; of an animation, from the last frame."""
    with Image.open(picture) as opened:
        opened.seek(getattr(opened, "n_frames", 1) - 1)
        small = opened.convert("RGBA" if "A" in opened.getbands() else "RGB")
    small.thumbnail((LONGEST, LONGEST), Image.Resampling.LANCZOS)
    exif = Image.Exif()
    exif[_DIGEST] = template.digest
    template.thumbnail.parent.mkdir(exist_ok=True)
    template.thumbnail.write_bytes(_small_enough(small, exif))


def page(all_templates: Iterable[Template]) -> str:
    """The text of `docs/gallery.md`."""
    chapters = groupby(all_templates, key=lambda each: each.chapter)
    return INTRODUCTION + "".join(f"\n## {name}\n" + "".join(map(_section, some)) for name, some in chapters)


async def run_template(template: Template, data: Path) -> Path:
    """Run a template with the shipped models; return the file that its output node saved.

    Raises:
        RuntimeError: it failed, or has no output node of that title.
    """
    settings = Settings(data=str(data), models=(str(ROOT / "models"),))
    runner = InlineRunner(create(settings.to_data()))
    await runner.start()
    found: Path | None = None
    async for event in runner.run(JobRequest(id=template.name, document=template.document)):
        if isinstance(event, JobFailed):
            raise RuntimeError(f"{template.path}: {event}")
        if isinstance(event, NodeFinished) and event.ui and _title(template, event.node.id) == template.picture:
            shown = event.ui["images"][0]
            found = data / shown["type"] / shown["subfolder"] / shown["filename"]
    await runner.stop()
    if found is None:
        raise RuntimeError(f'{template.path}: no output node is called "{template.picture}".')
    return found


def main(arguments: list[str] | None = None) -> None:
    """Draw what is missing or out of date, then write the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", help="templates whose pictures are made anew, whether or not they are old")
    parser.add_argument("--all", action="store_true", help="make all pictures anew")
    options = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    found = templates()
    for each in found:
        if options.all or each.name in options.names or drawn_digest(each.thumbnail) != each.digest:
            logger.info("drawing %s", each.name)
            with tempfile.TemporaryDirectory() as data:
                write_thumbnail(asyncio.run(run_template(each, Path(data))), each)
    PAGE.write_text(page(found), encoding="utf-8")


def _section(template: Template) -> str:
    return (
        f"\n### {template.title}\n\n{template.description} (`workflows/{template.path.name}`)\n\n"
        f"![{template.title}](../workflows/thumbnails/{template.thumbnail.name})\n"
    )


def _title(template: Template, node: str) -> str | None:
    return template.document["graph"].get(node, {}).get("_meta", {}).get("title")


def _small_enough(picture: Image.Image, exif: Image.Exif) -> bytes:
    """The picture as WebP of the best quality that is small enough; where none is, in a smaller size."""
    for quality in range(92, 28, -8):
        file = BytesIO()
        picture.save(file, "WEBP", quality=quality, method=6, exif=exif)
        if file.tell() < LARGEST_BYTES:
            return file.getvalue()
    return _small_enough(picture.resize((picture.width * 4 // 5, picture.height * 4 // 5)), exif)


if __name__ == "__main__":
    main()
