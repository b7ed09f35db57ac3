import subprocess
import sys

LOOK = "import sys, nodes.catalogue; print(sorted({'diffusers', 'transformers', 'accelerate'} & set(sys.modules)))"


def test_the_list_of_nodes_needs_neither_diffusers_nor_transformers():
    ended = subprocess.run([sys.executable, "-c", LOOK], capture_output=True, text=True, check=True)
    assert ended.stdout.strip() == "[]"


def test_a_worker_can_import_everything_beforehand():
    look = f"from nodes.diffusion.weights.libraries import import_all; import_all(); {LOOK}"
    ended = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, check=True)
    assert "diffusers" in ended.stdout
    assert "transformers" in ended.stdout
