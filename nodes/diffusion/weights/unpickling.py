"""A program that opens one pickle of weights and writes them as safetensors; run by `convert-model`, isolated.

Only what torch knows as weights is unpickled (`weights_only=True`), and nothing else ever. Should that be got around,
the program still cannot start programs, reach the network, or write any file but its own.
"""

import sys
from typing import Any

import torch
from safetensors.torch import save_file

FORBIDDEN = (
    "ctypes.dlopen",
    "os.exec",
    "os.fork",
    "os.forkpty",
    "os.posix_spawn",
    "os.remove",
    "os.rename",
    "os.rmdir",
    "os.spawn",
    "os.system",
    "pty.spawn",
    "shutil.",
    "socket.",
    "subprocess.Popen",
)
"""Beginnings of the names of audit events that end the program."""
WRITING = ("w", "a", "x", "+")
CONTAINERS = ("state_dict", "params_ema", "params", "model")
"""Under what training programs keep the weights, among other things."""
NESTED = ("image_proj", "ip_adapter", "id_encoder", "lora_weights")
"""The two parts of IP-Adapters, and of PhotoMaker, whose keys follow those names in safetensors."""
EMBEDDING, EMBEDDING_KEY = "string_to_param", "emb_params"
"""What textual inversions keep their vectors under, and what they are called in safetensors."""


def main(source: str, target: str) -> int:
    """Convert a file; returns 0, or 1 after a line that says what is wrong."""
    sys.addaudithook(lambda event, details: _watch(event, details, target))
    try:
        loaded = torch.load(source, map_location="cpu", weights_only=True)
    except Exception as error:  # torch and zip raise many kinds; all of them mean that the file is not weights
        first = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        sys.stderr.write(f"it holds more than weights, or is damaged ({first})\n")
        return 1
    weights = weights_of(loaded)
    if not weights:
        sys.stderr.write("it holds no weights\n")
        return 1
    save_file(weights, target, metadata={"format": "pt"})
    return 0


def weights_of(loaded: Any) -> dict[str, torch.Tensor]:  # whatever was pickled
    """The tensors of what a file held, each with memory of its own."""
    if not isinstance(loaded, dict):
        return {}
    if isinstance(loaded.get(EMBEDDING), dict):
        loaded = dict.fromkeys([EMBEDDING_KEY], next(iter(loaded[EMBEDDING].values()), None))
    for name in CONTAINERS:
        if isinstance(loaded.get(name), dict):
            return weights_of(loaded[name])
    for name in NESTED:
        if isinstance(loaded.get(name), dict):
            loaded = {**loaded, **{f"{name}.{key}": value for key, value in loaded[name].items()}}
    return {
        str(key): value.detach().clone().contiguous()
        for key, value in loaded.items()
        if isinstance(value, torch.Tensor)
    }


def _watch(event: str, details: tuple[Any, ...], target: str) -> None:  # as audit hooks are called
    if event.startswith(FORBIDDEN):
        raise PermissionError(f"the file wanted {event}")
    writes = event == "open" and isinstance(details[1], str) and any(sign in details[1] for sign in WRITING)
    if writes and str(details[0]) != target:
        raise PermissionError(f"the file wanted to write {details[0]}")


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
