"""The modules that packs import, and the finder that provides them under their names.

Installed in workers only, and only where there are packs. A module is made of sources, whose attributes it offers:
modules of `nodes.packs.shims`, or objects built around the parts of a worker. Three kinds of names are not there:

- what a provided module lacks raises, and says which pack asked for it;
- modules that reach into ComfyUI's own models can be imported, but what they give raises when it is used;
- modules that ComfyUI does not have either are not found, as usual.

Programs that install Python packages are kept from it: what is installed is up to the operator.
"""

import importlib
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType
from typing import Any

from nodes.packs.asking import asking_pack, not_provided, refusal

Sources = Sequence[object]
_INSTALLERS = frozenset({"ensurepip", "pip", "uv"})
_NO_INSTALLATION = {"PIP_NO_INDEX": "1", "UV_NO_INDEX": "1", "UV_OFFLINE": "1"}
"""What keeps installers from finding anything, in processes that packs start."""
_PARTLY_HOLLOW = frozenset({"comfy.samplers"})
_HOUSE = "nodes"
_NAMES = """
    comfy.cldm comfy.clip_model comfy.clip_vision comfy.conds comfy.context_windows comfy.controlnet
    comfy.diffusers_convert comfy.diffusers_load comfy.extra_samplers comfy.float comfy.gligen comfy.hooks
    comfy.k_diffusion comfy.latent_formats comfy.ldm comfy.lora comfy.lora_convert comfy.model_base
    comfy.model_detection comfy.model_patcher comfy.model_sampling comfy.ops comfy.options comfy.patcher_extension
    comfy.quant_ops comfy.rmsnorm comfy.sample comfy.sampler_helpers comfy.sd comfy.sd1_clip comfy.sdxl_clip
    comfy.supported_models comfy.supported_models_base comfy.t2i_adapter comfy.taesd comfy.text_encoders
    comfy.weight_adapter comfy_api.feature_flags comfy_api.input comfy_api.input_impl comfy_api.torch_helpers
    comfy_api.util comfy_execution.caching comfy_execution.progress comfy_execution.validation comfy_extras execution
    latent_preview
    """
_HOLLOW = frozenset(_NAMES.split())
"""Modules of ComfyUI that can be imported, but give nothing that works."""
_HOLLOW_BELOW = ("comfy.k_diffusion.", "comfy.ldm.", "comfy.taesd.", "comfy.text_encoders.", "comfy_extras.")


class PackModule(ModuleType):
    """A module that offers the attributes of its sources."""

    def __init__(self, name: str, sources: Sources, is_hollow: bool, modules: "PackModules") -> None:
        super().__init__(name, "A module that node packs import; provided by Latentloom.")
        self.__path__: list[str] = []  # so that `from comfy.utils import name` is asked of the finder too
        self.__file__ = f"{modules.base_path}/{name.replace('.', '/')}.py"
        self._sources = sources
        self._is_hollow = is_hollow
        self._modules = modules

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        for source in self._sources:
            if hasattr(source, name):
                return getattr(source, name)
        full_name = f"{self.__name__}.{name}"
        if self._modules.names(full_name):
            return importlib.import_module(full_name)
        if self._is_hollow:
            return not_provided(full_name)
        raise AttributeError(refusal(full_name))


class PackModules(MetaPathFinder, Loader):
    """Finds and makes the modules of one worker.

    Args:
        sources: module name -> what it is made of.
        house_names: gives what packs want of the module `nodes`, by name; raises AttributeError.
        base_path: where those modules say that they are.
    """

    def __init__(
        self, sources: Mapping[str, Sources], house_names: Callable[[str], object], base_path: str = "."
    ) -> None:
        self.base_path = base_path
        self._sources = sources
        self._house_names = house_names
        self._replaced: dict[str, ModuleType] = {}
        self._environment: dict[str, str | None] = {}
        self._other_names: Callable[[str], object] | None = None

    def install(self) -> None:
        """Make the modules importable in this process."""
        for name in [*sys.modules]:
            if self.knows(name):
                self._replaced[name] = sys.modules.pop(name)
        sys.meta_path.insert(0, self)
        self._environment = {name: os.environ.get(name) for name in _NO_INSTALLATION}
        os.environ.update(_NO_INSTALLATION)
        house = vars(sys.modules[_HOUSE])
        self._other_names = house.get("__getattr__")
        house["__getattr__"] = self._house_names

    def remove(self) -> None:
        """Undo `install`."""
        sys.meta_path.remove(self)
        for name in [*sys.modules]:
            if self.knows(name):
                del sys.modules[name]
        sys.modules.update(self._replaced)
        self._replaced = {}
        for name, value in self._environment.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value
        house = vars(sys.modules[_HOUSE])
        del house["__getattr__"]
        if self._other_names is not None:
            house["__getattr__"] = self._other_names

    def knows(self, name: str) -> bool:
        """Whether packs can import a module of this name from here."""
        return self.names(name) or self._is_hollow(name)

    def names(self, name: str) -> bool:
        """Whether a name is certainly that of a module; below hollow ones it may also be that of a function."""
        return name in self._sources or name in _HOLLOW

    def find_spec(self, fullname: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        """How to make a module; None if it is not one of these.

        Raises:
            ImportError: a pack asks for a part of one that is not there, or for a program that installs packages.
        """
        if fullname in _INSTALLERS and (pack := asking_pack()) is not None:
            message = f'The node pack "{pack}" wants to install Python packages. Nothing installs itself here: do it.'
            raise ImportError(message, name=fullname)
        if self.knows(fullname):
            return ModuleSpec(fullname, self, is_package=True)
        parent = fullname.rpartition(".")[0]
        is_ours = parent == _HOUSE and asking_pack() is not None and PathFinder.find_spec(fullname, path) is None
        if is_ours or self.knows(parent):
            raise ImportError(refusal(fullname), name=fullname)
        return None

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        """Make a module."""
        is_hollow = self._is_hollow(spec.name) or spec.name in _PARTLY_HOLLOW
        return PackModule(spec.name, self._sources.get(spec.name, ()), is_hollow, self)

    def exec_module(self, module: ModuleType) -> None:
        """Nothing: the module is complete when it is made."""

    def _is_hollow(self, name: str) -> bool:
        return name not in self._sources and (name in _HOLLOW or name.startswith(_HOLLOW_BELOW))
