"""Nodes that use what packs expect around them: hidden inputs, progress, folders, other nodes, models."""

import comfy.model_management
import comfy.sd
import comfy.utils
import folder_paths
import torch
from comfy.comfy_types import IO, ComfyNodeABC
from comfy.ldm.modules.attention import optimized_attention

import nodes
from nodes import MAX_RESOLUTION, SaveImage
from server import PromptServer


@PromptServer.instance.routes.get("/pack/hello")
async def hello(request):
    return None


class Hidden(ComfyNodeABC):
    @classmethod
    def INPUT_TYPES(cls):
        return {
            "required": {},
            "hidden": {
                "unique_id": "UNIQUE_ID",
                "prompt": "PROMPT",
                "info": "EXTRA_PNGINFO",
                "graph": "DYNPROMPT",
                "from_script": ("STRING", {"default": ""}),
            },
        }

    RETURN_TYPES = (IO.STRING,)
    FUNCTION = "tell"
    CATEGORY = "test pack"

    def tell(self, unique_id, prompt, info, graph, from_script="nothing"):
        kind = graph.get_node(unique_id)["class_type"]
        return (f"{unique_id} {prompt[unique_id]['class_type']} {kind} {info['workflow']} {from_script}",)


class Progress:
    @classmethod
    def INPUT_TYPES(cls):
        return {"required": {"steps": ("INT", {"default": 3, "max": MAX_RESOLUTION})}}

    RETURN_TYPES = ("INT",)
    FUNCTION = "work"
    CATEGORY = "test pack"

    def work(self, steps):
        bar = comfy.utils.ProgressBar(steps)
        for _ in range(steps):
            comfy.model_management.throw_exception_if_processing_interrupted()
            bar.update(1)
        PromptServer.instance.send_sync("pack.done", {"steps": steps})
        return (steps,)


class Files:
    @classmethod
    def INPUT_TYPES(cls):
        return {
            "required": {
                "lora": (["None"] + folder_paths.get_filename_list("loras"),),  # noqa: RUF005 - packs write it so
                "picture": (sorted([]), {"image_upload": True}),
            }
        }

    RETURN_TYPES = ("STRING",)
    FUNCTION = "tell"
    CATEGORY = "test pack"

    def tell(self, lora, picture):
        found = folder_paths.exists_annotated_filepath(picture)
        return (f"{lora} {folder_paths.get_full_path('loras', lora)} {found}",)


class Scale:
    """Leaves the work to nodes of the engine."""

    @classmethod
    def INPUT_TYPES(cls):
        return {"required": {"image": ("IMAGE",), "side": ("INT", {"default": 8})}}

    RETURN_TYPES = ("IMAGE",)
    FUNCTION = "scale"
    CATEGORY = "test pack"

    def scale(self, image, side):
        assert not torch.is_grad_enabled()
        (scaled,) = nodes.ImageScale().upscale(image, "bilinear", side, side, "disabled")
        planes = comfy.utils.common_upscale(image.movedim(-1, 1), side, side, "bilinear", "disabled")
        assert torch.equal(scaled, planes.movedim(1, -1))
        inverted = nodes.NODE_CLASS_MAPPINGS["ImageInvert"]
        return getattr(inverted(), inverted.FUNCTION)(image=scaled)


class Keep(SaveImage):
    """Extends a node of the engine."""

    FUNCTION = "keep"

    def keep(self, images, filename_prefix="kept", prompt=None, extra_pnginfo=None):
        return self.save_images(images, filename_prefix, prompt, extra_pnginfo)


class UsesAbsent:
    """Uses what only ComfyUI has."""

    @classmethod
    def INPUT_TYPES(cls):
        return {"required": {"what": (["attention", "checkpoint", "utility"],)}}

    RETURN_TYPES = ("STRING",)
    FUNCTION = "use"
    CATEGORY = "test pack"

    def use(self, what):
        if what == "attention":
            return (optimized_attention(1),)
        if what == "checkpoint":
            return (comfy.sd.load_checkpoint_guess_config("file"),)
        return (comfy.utils.something_new,)


class Encode:
    """Works with models: text in, picture out."""

    @classmethod
    def INPUT_TYPES(cls):
        return {"required": {"clip": ("CLIP",), "vae": ("VAE",), "text": ("STRING", {"default": "a red circle"})}}

    RETURN_TYPES = ("CONDITIONING", "IMAGE", "CLIP")
    FUNCTION = "encode"
    CATEGORY = "test pack"

    def encode(self, clip, vae, text):
        clip = clip.clone()
        conditioning = clip.encode_from_tokens_scheduled(clip.tokenize(text))
        conditioning = [[text, {**options, "strength": 0.5}] for text, options in conditioning]
        latent = vae.encode(torch.full((1, 32, 32, 3), 0.5))
        return (conditioning, vae.decode(latent), clip)


class Sample:
    """Leaves sampling to the engine."""

    @classmethod
    def INPUT_TYPES(cls):
        return {
            "required": {
                "model": ("MODEL",),
                "seed": ("INT", {"default": 0, "max": 2**64 - 1}),
                "steps": ("INT", {"default": 2}),
                "cfg": ("FLOAT", {"default": 1.0}),
                "positive": ("CONDITIONING",),
                "negative": ("CONDITIONING",),
                "latent": ("LATENT",),
            }
        }

    RETURN_TYPES = ("LATENT",)
    FUNCTION = "sample"
    CATEGORY = "test pack"

    def sample(self, model, seed, steps, cfg, positive, negative, latent):
        return nodes.common_ksampler(model, seed, steps, cfg, "euler", "normal", positive, negative, latent)


NODE_CLASS_MAPPINGS = {
    "PackSample": Sample,
    "PackHidden": Hidden,
    "PackProgress": Progress,
    "PackFiles": Files,
    "PackScale": Scale,
    "PackKeep": Keep,
    "PackUsesAbsent": UsesAbsent,
    "PackEncode": Encode,
}
