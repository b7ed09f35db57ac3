"""`nodes.SaveImage` and `comfy_api.latest.ui`: pictures that packs save and show."""

from collections.abc import Mapping, Sequence
from types import SimpleNamespace
from typing import Any

from torch import Tensor

from graph.artefact_names import Name
from graph.artefacts import Artefacts
from graph.formats import text_chunks
from nodes.diffusion.files.picture_files import encode_png

Description = Mapping[str, str]
"""`filename`, `subfolder` and `type` of a saved file."""


class SavedImages:
    """Pictures that were saved, as they are shown."""

    def __init__(self, results: Sequence[Description], is_animated: bool = False) -> None:
        self.results = list(results)
        self.is_animated = is_animated

    def as_dict(self) -> dict[str, Any]:
        """What a node shows."""
        animated = {"animated": (True,)} if self.is_animated else {}
        return {"images": self.results, **animated}


class PreviewText:
    """A text that is shown."""

    def __init__(self, value: str, **options: Any) -> None:
        self.value = value

    def as_dict(self) -> dict[str, Any]:
        """What a node shows."""
        return {"text": (self.value,)}


class Pictures:
    """Saves pictures of packs as our own nodes save theirs."""

    def __init__(self, artefacts: Artefacts) -> None:
        self._artefacts = artefacts

    def save(self, images: Tensor, name: Name, texts: Mapping[str, str], compress_level: int = 4) -> list[Description]:
        """Save pictures (batch, height, width, channels) with texts in them."""
        content = [encode_png(image, texts, compress_level) for image in images]
        return [self._artefacts.write(name, each, number).describe() for number, each in enumerate(content)]

    def save_image_class(self, folder: str) -> type:
        """`SaveImage` or `PreviewImage`, for packs to call or to derive from."""
        pictures = self

        class SaveImage:
            """Saves pictures as PNG files that carry their workflow."""

            RETURN_TYPES = ()
            FUNCTION = "save_images"
            OUTPUT_NODE = True
            CATEGORY = "image"

            def __init__(self) -> None:
                self.output_dir = ""
                self.type = folder
                self.prefix_append = "_temp" if folder == "temp" else ""
                self.compress_level = 1 if folder == "temp" else 4

            @classmethod
            def INPUT_TYPES(cls) -> dict[str, Any]:  # noqa: N802 - the protocol's name
                """What it takes."""
                prefix = {} if folder == "temp" else {"filename_prefix": ("STRING", {"default": "ComfyUI"})}
                return {
                    "required": {"images": ("IMAGE",), **prefix},
                    "hidden": {"prompt": "PROMPT", "extra_pnginfo": "EXTRA_PNGINFO"},
                }

            def save_images(
                self, images: Tensor, filename_prefix: str = "ComfyUI", prompt: Any = None, extra_pnginfo: Any = None
            ) -> dict[str, Any]:
                """Save pictures and show them."""
                where = "temp" if self.type == "temp" else "output"
                height, width = images.shape[1], images.shape[2]
                name = Name(filename_prefix + self.prefix_append, ".png", width, height, where)
                texts = text_chunks(prompt, None, extra_pnginfo) if prompt else {}
                return {"ui": {"images": pictures.save(images, name, texts, self.compress_level)}}

        SaveImage.__name__ = SaveImage.__qualname__ = "PreviewImage" if folder == "temp" else "SaveImage"
        return SaveImage

    def ui_names(self) -> SimpleNamespace:
        """What the module `ui` offers."""

        def preview(image: Tensor, animated: bool = False, cls: Any = None, **options: Any) -> SavedImages:
            return SavedImages(self.save(image, Name("ComfyUI_temp", ".png", folder="temp"), {}, 1), animated)

        def preview_mask(mask: Tensor, animated: bool = False, cls: Any = None, **options: Any) -> SavedImages:
            return preview(mask.reshape(-1, *mask.shape[-2:], 1).expand(-1, -1, -1, 3), animated)

        def save_images(
            images: Tensor, filename_prefix: str, folder_type: Any = "output", cls: Any = None, compress_level: int = 4
        ) -> list[Description]:
            hidden = getattr(cls, "hidden", None)
            texts = text_chunks(hidden.prompt, None, hidden.extra_pnginfo) if hidden and hidden.prompt else {}
            where = str(getattr(folder_type, "value", folder_type))
            name = Name(filename_prefix, ".png", images.shape[2], images.shape[1], where)
            return self.save(images, name, texts, compress_level)

        def saved_ui(images: Tensor, filename_prefix: str, cls: Any = None, compress_level: int = 4) -> SavedImages:
            return SavedImages(save_images(images, filename_prefix, "output", cls, compress_level))

        return SimpleNamespace(
            ImageSaveHelper=SimpleNamespace(save_images=save_images, get_save_images_ui=saved_ui),
            PreviewImage=preview,
            PreviewMask=preview_mask,
            PreviewText=PreviewText,
            SavedImages=SavedImages,
            SavedResult=_saved_result,
        )


def _saved_result(filename: str, subfolder: str, type: Any) -> Description:
    return {"filename": filename, "subfolder": subfolder, "type": str(getattr(type, "value", type))}
