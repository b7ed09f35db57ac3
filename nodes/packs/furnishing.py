"""Which module is made of what: the names that packs import, over the parts of one worker."""

from collections.abc import Callable, Mapping
from types import SimpleNamespace
from typing import Any

from graph.node import Node
from graph.validation.core_types import comfy_core_types
from graph.values import Blocker
from nodes.limits import MAX_RESOLUTION
from nodes.packs.asking import not_provided, refusal
from nodes.packs.handles import Border
from nodes.packs.hidden import DynamicPrompt
from nodes.packs.house import PackHouse
from nodes.packs.modules import PackModules, Sources
from nodes.packs.running import current
from nodes.packs.shims import (
    api,
    comfy_types,
    graph_utils,
    io_inputs,
    io_node,
    io_options,
    io_types,
    node_helpers,
    prompt_server,
    samplers,
    utils,
)
from nodes.packs.shims.core_classes import common_ksampler, core_class
from nodes.packs.shims.folder_paths import FolderPaths
from nodes.packs.shims.model_management import ModelManagement
from nodes.packs.shims.saving import Pictures

_VERSION = "0.27.0"
"""The version of ComfyUI whose interface this is."""
_LATEST = ("comfy_api.latest", "comfy_api.v0_0_1", "comfy_api.v0_0_2")


def furnish(house: PackHouse, border: Border, nodes: Mapping[str, Node]) -> tuple[PackModules, dict[str, type]]:
    """The modules for the packs of a worker, and the classes that they find in `nodes.NODE_CLASS_MAPPINGS`.

    Args:
        house: the parts of the worker.
        border: makes values theirs and ours.
        nodes: our own nodes, by type.
    """
    pictures = Pictures(house.artefacts)
    classes = {type_id: core_class(node, house, border) for type_id, node in nodes.items()}
    classes["SaveImage"] = pictures.save_image_class("output")
    classes["PreviewImage"] = pictures.save_image_class("temp")
    folder_paths = FolderPaths(house.folders, house.pack_folders)
    sources: dict[str, Sources] = {
        "comfy": (),
        "comfy.cli_args": (SimpleNamespace(args=_arguments(house), enables_dynamic_vram=lambda: False),),
        "comfy.comfy_types": (comfy_types,),
        "comfy.comfy_types.node_typing": (comfy_types,),
        "comfy.model_management": (ModelManagement(house.models),),
        "comfy.samplers": (samplers,),
        "comfy.utils": (utils,),
        "comfy_api": (),
        "comfy_execution": (),
        "comfy_execution.graph": (SimpleNamespace(ExecutionBlocker=Blocker, DynamicPrompt=DynamicPrompt),),
        "comfy_execution.graph_utils": (graph_utils,),
        "comfy_execution.utils": (SimpleNamespace(get_executing_context=_executing),),
        "comfyui_version": (SimpleNamespace(__version__=_VERSION),),
        "folder_paths": (folder_paths,),
        "node_helpers": (node_helpers,),
        "server": (SimpleNamespace(PromptServer=prompt_server.new_prompt_server()), prompt_server),
        **_newer(pictures),
    }
    return PackModules(sources, _house_names(classes), folder_paths.base_path), classes


def _newer(pictures: Pictures) -> dict[str, Sources]:
    """The modules of the newer protocol."""
    io = (SimpleNamespace(**io_types.NAMED), io_types, io_node, io_inputs, io_options)
    ui = (pictures.ui_names(),)
    modules: dict[str, Sources] = {}
    for name in _LATEST:
        latest = SimpleNamespace(ComfyExtension=io_node.ComfyExtension)
        modules |= {name: (latest, api), f"{name}.io": io, f"{name}.ui": ui, f"{name}._io": io}
        modules |= {f"{name}.{alias}": (_Named(name, alias),) for alias in ("Input", "InputImpl", "Types")}
    return modules | {"comfy_api.latest.IO": io, "comfy_api.latest.UI": ui}


class _Named:
    """Types of values that packs annotate with."""

    def __init__(self, module: str, name: str) -> None:
        self._name = f"{module}.{name}"

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return not_provided(f"{self._name}.{name}")


def _house_names(classes: Mapping[str, type]) -> Callable[[str], object]:
    """What packs find in the module `nodes`, besides what our own package of that name holds."""
    known: dict[str, object] = {
        "MAX_RESOLUTION": MAX_RESOLUTION,
        "NODE_CLASS_MAPPINGS": classes,
        "NODE_DISPLAY_NAME_MAPPINGS": {},
        "EXTENSION_WEB_DIRS": {},
        "LOADED_MODULE_DIRS": {},
        "common_ksampler": common_ksampler(classes),
        "interrupt_processing": lambda value=True: None,
        "before_node_execution": _stop_if_cancelled,
    }

    def get(name: str) -> object:
        if name in known:
            return known[name]
        if name in classes:
            return classes[name]
        if name in comfy_core_types():
            return not_provided(f"nodes.{name}")
        raise AttributeError(name if name.startswith("__") else refusal(f"nodes.{name}"))

    return get


def _stop_if_cancelled() -> None:
    run = current()
    if run is not None:
        run.ctx.check_cancelled()


def _executing() -> object:
    """The running node and its job."""
    run = current()
    return SimpleNamespace(node_id=run.ctx.node, prompt_id=run.ctx.job, list_index=None) if run is not None else None


def _arguments(house: PackHouse) -> SimpleNamespace:
    """The flags of ComfyUI's command line that packs look at."""
    return SimpleNamespace(
        base_directory=None,
        cpu=house.models.device.type == "cpu",
        disable_metadata=False,
        front_end_version="",
        listen="127.0.0.1",
        lowvram=False,
        multi_user=False,
        novram=False,
        output_directory=None,
        port=8188,
        preview_method=None,
        preview_size=512,
        reserve_vram=None,
        temp_directory=None,
        verbose="INFO",
    )
