"""`comfy.model_management`: where things are computed, and whether the job was cancelled."""

import enum
import os
from typing import Any

import torch

from graph.errors import Cancelled
from nodes.diffusion.memory.placing import available_bytes
from nodes.diffusion.models import ModelRegistry
from nodes.packs.running import current


class VRAMState(enum.Enum):
    """How much memory a device has."""

    DISABLED = 0
    NO_VRAM = 1
    LOW_VRAM = 2
    NORMAL_VRAM = 3
    HIGH_VRAM = 4
    SHARED = 5


class CPUState(enum.Enum):
    """What kind of device there is."""

    GPU = 0
    CPU = 1
    MPS = 2


class ModelManagement:
    """The module's functions. Weights are looked after by the model registry, so most of them have nothing to do."""

    InterruptProcessingException = Cancelled
    OOM_EXCEPTION = torch.OutOfMemoryError
    VRAMState = VRAMState
    CPUState = CPUState
    XFORMERS_IS_AVAILABLE = False

    def __init__(self, models: ModelRegistry) -> None:
        self._models = models
        is_cpu = models.device.type == "cpu"
        self.vram_state = VRAMState.DISABLED if is_cpu else VRAMState.NORMAL_VRAM
        self.cpu_state = CPUState.CPU if is_cpu else CPUState.GPU
        self.total_ram = _all_bytes() / 2**20
        self.total_vram = self.get_total_memory() / 2**20
        self.current_loaded_models: list[Any] = []

    def get_torch_device(self) -> torch.device:
        """The device that computes."""
        return self._models.device

    def get_torch_device_name(self, device: torch.device) -> str:
        """What the device is called."""
        return torch.cuda.get_device_name(device) if device.type == "cuda" else str(device)

    def intermediate_device(self) -> torch.device:
        """Where results lie between nodes."""
        return torch.device("cpu")

    unet_offload_device = unet_inital_load_device = intermediate_device
    vae_offload_device = text_encoder_offload_device = intermediate_device

    def vae_device(self) -> torch.device:
        """The device that computes."""
        return self._models.device

    text_encoder_device = get_autocast_device = vae_device

    def intermediate_dtype(self) -> torch.dtype:
        """What results are made of between nodes."""
        return torch.float32

    def vae_dtype(self, device: Any = None, allowed_dtypes: Any = ()) -> torch.dtype:
        """What autoencoders of packs should compute in."""
        return torch.float32

    unet_dtype = text_encoder_dtype = vae_dtype

    def get_free_memory(self, dev: torch.device | None = None, torch_free_too: bool = False) -> Any:
        """How many bytes are free on a device."""
        free = available_bytes(dev or self._models.device)
        return (free, free) if torch_free_too else free

    def get_total_memory(self, dev: torch.device | None = None, torch_total_too: bool = False) -> Any:
        """How many bytes a device has."""
        device = dev or self._models.device
        total = torch.cuda.mem_get_info(device)[1] if device.type == "cuda" else _all_bytes()
        return (total, total) if torch_total_too else total

    def throw_exception_if_processing_interrupted(self) -> None:
        """Stop here if the job was asked to stop.

        Raises:
            Cancelled: it was.
        """
        run = current()
        if run is not None:
            run.ctx.check_cancelled()

    def processing_interrupted(self) -> bool:
        """Whether the job was asked to stop."""
        run = current()
        return run is not None and run.ctx.is_cancelled()

    def interrupt_current_processing(self, value: bool = True) -> None:
        """Nothing: a node that wants to stop raises."""

    def unload_all_models(self) -> None:
        """Let go of all weights that are not in use."""
        self._models.unload()

    def soft_empty_cache(self, force: bool = False) -> None:
        """Give memory that nobody uses back to the device."""
        if self._models.device.type == "cuda":
            torch.cuda.empty_cache()

    def load_models_gpu(self, models: Any = (), *others: Any, **options: Any) -> None:
        """Nothing: models are put on their device when they are used."""

    load_model_gpu = free_memory = cleanup_models = load_models_gpu

    def should_use_fp16(self, device: Any = None, *others: Any, **options: Any) -> bool:
        """Whether models of packs should compute in half precision."""
        return False

    should_use_bf16 = xformers_enabled = is_directml_enabled = is_intel_xpu = in_training = should_use_fp16

    def is_device_cpu(self, device: Any) -> bool:
        """Whether this is the processor."""
        return torch.device(device).type == "cpu"

    def is_device_mps(self, device: Any) -> bool:
        """Whether this is Apple's."""
        return torch.device(device).type == "mps"

    def is_device_cuda(self, device: Any) -> bool:
        """Whether this is NVIDIA's."""
        return torch.device(device).type == "cuda"

    def is_nvidia(self) -> bool:
        """Whether an NVIDIA device computes."""
        return self._models.device.type == "cuda"

    def cpu_mode(self) -> bool:
        """Whether the processor computes."""
        return self._models.device.type == "cpu"

    def module_size(self, module: torch.nn.Module) -> int:
        """How many bytes a module has."""
        return sum(tensor.nelement() * tensor.element_size() for tensor in module.state_dict().values())

    def dtype_size(self, dtype: torch.dtype) -> int:
        """How many bytes a number has."""
        return dtype.itemsize

    def cast_to(self, weight: torch.Tensor, dtype: Any = None, device: Any = None, **options: Any) -> torch.Tensor:
        """A tensor on another device, of other numbers."""
        return weight.to(device=device, dtype=dtype)

    cast_to_device = cast_to

    def raise_non_oom(self, error: BaseException) -> None:
        """Raise an error again, unless it says that memory is short."""
        if not isinstance(error, torch.OutOfMemoryError):
            raise error


def _all_bytes() -> int:
    """The memory of this machine; unknown on systems that do not tell."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") if hasattr(os, "sysconf") else 0
