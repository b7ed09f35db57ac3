"""What can be prepared for speed when a network is loaded: compiled blocks, and recorded calls.

`compile` compiles one block of each repeated kind (torch.compile, regional), for all sizes; the first run takes minutes
less than compiling the whole would, and steps are as fast. `graphs` records each call of a fixed shape on a graphics
card as a CUDA graph, and plays it back: nothing is launched one by one any more, which is most of the time of small
networks. Both compute with the weights in their place, so patches, which are written there, hold for them.
"""

from collections import OrderedDict
from collections.abc import Callable, Collection, Hashable, Mapping
from typing import Any, Literal, Protocol, get_args

import torch
from torch import Tensor

from nodes.diffusion.errors import ModelError
from nodes.diffusion.memory.placing import Placement
from nodes.diffusion.patches.networks import networks_of
from nodes.diffusion.types import DiffusionModel

Acceleration = Literal["compile", "graphs"]
RECORDINGS = 4
"""How many shapes of one network stay recorded: each takes the memory of its activations."""
_WARMING = 2
"""Calls before a recording, in which libraries choose their kernels."""

Inputs = Mapping[str, Tensor]
Recording = Callable[[Inputs], Tensor]
"""Plays a call back with other inputs of the same shapes; the result is good until it is played again."""


class Recorder(Protocol):
    """Records calls on a device."""

    def record(self, call: Callable[[Inputs], Tensor], inputs: Inputs) -> Recording:
        """Record one call."""
        ...


class CudaRecorder:
    """Records calls as CUDA graphs."""

    def record(self, call: Callable[[Inputs], Tensor], inputs: Inputs) -> Recording:
        """Warm up on a stream of its own, as recording demands, then record."""
        fixed = {name: value.clone() for name, value in inputs.items()}
        stream = torch.cuda.Stream()
        stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(stream):
            for _ in range(_WARMING):
                call(fixed)
        torch.cuda.current_stream().wait_stream(stream)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            output = call(fixed)

        def play(inputs: Inputs) -> Tensor:
            for name, value in inputs.items():
                fixed[name].copy_(value, non_blocking=True)
            graph.replay()
            return output

        return play


class RecordedModel:
    """A diffusion network whose calls are recorded, one for each shape; otherwise as it was.

    Effects and controls reach into the network call by call; they use it `unrecorded`.

    Args:
        network: on its device, where it stays.
        recorder: records its calls.
    """

    def __init__(self, network: DiffusionModel, recorder: Recorder) -> None:
        self.unrecorded = network
        self._recorder = recorder
        self._recordings: OrderedDict[Hashable, Recording] = OrderedDict()

    def __getattr__(self, name: str) -> Any:  # whatever the network has
        return getattr(self.unrecorded, name)

    def predict(self, x: Tensor, timestep: Tensor, context: Tensor, extra: Mapping[str, Any]) -> Tensor:
        """The network's output, played back where its shape is known."""
        told = {name: value for name, value in extra.items() if isinstance(value, Tensor)}
        others = {name: value for name, value in extra.items() if not isinstance(value, Tensor | float)}
        inputs = {"x": x, "timestep": timestep, "context": context, **told}
        if others or any(value.device.type != self.unrecorded.device.type for value in inputs.values()):
            return self.unrecorded.predict(x, timestep, context, extra)
        key = tuple((name, value.shape, value.dtype) for name, value in inputs.items())
        if key not in self._recordings:
            self._recordings[key] = self._record(inputs)
            if len(self._recordings) > RECORDINGS:
                self._recordings.popitem(last=False)
        self._recordings.move_to_end(key)
        return self._recordings[key](inputs).clone()

    def _record(self, inputs: Inputs) -> Recording:
        network = self.unrecorded

        def call(inputs: Inputs) -> Tensor:
            told = {name: value for name, value in inputs.items() if name not in ("x", "timestep", "context")}
            return network.predict(inputs["x"], inputs["timestep"], inputs["context"], told)

        return self._recorder.record(call, inputs)


def accelerations_of(names: Collection[str]) -> frozenset[Acceleration]:
    """What a setting names.

    Raises:
        ModelError: it names something else.
    """
    for name in names:
        if name not in get_args(Acceleration):
            raise ModelError(f'Nothing is known about the acceleration "{name}"; there are compile and graphs.')
    return frozenset(known for known in get_args(Acceleration) if known in names)


def unrecorded(network: DiffusionModel) -> DiffusionModel:
    """A network as it is without recordings, for those who reach into it."""
    return network.unrecorded if isinstance(network, RecordedModel) else network


def accelerated(loaded: Any, placement: Placement, acceleration: Collection[Acceleration]) -> Any:
    """A loaded part of a model, prepared; what cannot be prepared stays as it is.

    Args:
        loaded: the part.
        placement: where it is. Streamed networks are not prepared: their weights have no place of their own.
        acceleration: what to prepare.
    """
    if placement.is_streamed or not hasattr(loaded, "predict"):
        return loaded
    if "compile" in acceleration:
        for part in networks_of(loaded).values():
            if getattr(part.network, "_repeated_blocks", None):  # what diffusers knows of its own networks
                part.network.compile_repeated_blocks(dynamic=True)  # type: ignore[operator]  # a method of diffusers
    if "graphs" in acceleration and placement.device.type == "cuda":
        return RecordedModel(loaded, CudaRecorder())
    return loaded
