"""Pickles become safetensors, and whatever else is in them is never run."""

import os
import pickle
from collections import OrderedDict
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

import server
from nodes.diffusion.errors import PickleRefused
from nodes.diffusion.weights.statefile import StateFile
from nodes.diffusion.weights.unpickling import weights_of


def test_a_pickle_becomes_safetensors(tmp_path: Path) -> None:
    shared = torch.randn(2, 3)
    torch.save({"state_dict": OrderedDict(a=shared, b=shared, c=torch.ones(1).half()), "epoch": 3}, tmp_path / "x.ckpt")
    with pytest.raises(PickleRefused, match=r"python server\.py convert-model .*x\.ckpt"):
        StateFile(tmp_path / "x.ckpt")
    assert server.main(["convert-model", str(tmp_path / "x.ckpt")]) == 0
    found = load_file(tmp_path / "x.safetensors")
    assert torch.equal(found["a"], shared)
    assert torch.equal(found["b"], shared)
    assert found["c"].dtype == torch.float16
    assert server.main(["convert-model", str(tmp_path / "x.ckpt")]) == 2  # it is there


class Malicious:
    def __init__(self, proof: Path) -> None:
        self.proof = proof

    def __reduce__(self) -> tuple[Any, ...]:
        return os.system, (f"touch {self.proof}",)


def test_code_in_a_pickle_is_refused_and_not_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("zip.ckpt", "plain.pt"):
        if name == "zip.ckpt":
            torch.save({"a": Malicious(tmp_path / "proof")}, tmp_path / name)
        else:
            (tmp_path / name).write_bytes(pickle.dumps({"a": Malicious(tmp_path / "proof")}))
        assert server.main(["convert-model", str(tmp_path / name)]) == 2
        assert "more than weights" in capsys.readouterr().err
    assert sorted(each.name for each in tmp_path.iterdir()) == ["plain.pt", "zip.ckpt"]


def test_what_is_no_pickle_of_weights_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert server.main(["convert-model", str(tmp_path / "none.ckpt")]) == 2
    assert "is not there" in capsys.readouterr().err
    (tmp_path / "x.safetensors").touch()
    assert server.main(["convert-model", str(tmp_path / "x.safetensors")]) == 2
    assert "no pickle" in capsys.readouterr().err


def test_weights_are_found_where_training_programs_keep_them() -> None:
    one = torch.ones(1)
    assert weights_of({"params_ema": {"a": one}, "step": 1}).keys() == {"a"}
    assert weights_of({"string_to_token": {"*": 265}, "string_to_param": {"*": one}}).keys() == {"emb_params"}
    assert weights_of([one]) == weights_of({"a": 1}) == {}
