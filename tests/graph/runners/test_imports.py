"""What the server imports."""

import subprocess
import sys
import textwrap


def test_the_server_side_of_the_engine_imports_no_torch():
    code = """
        import importlib, pkgutil, sys
        import graph
        for module in pkgutil.walk_packages(graph.__path__, "graph."):
            if not module.name.endswith("__main__") and ".migrations" not in module.name:
                importlib.import_module(module.name)
        print(*sorted({"torch", "diffusers", "transformers", "PIL", "aiohttp"} & set(sys.modules)))
    """
    imported = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, check=False
    )
    assert imported.stderr == ""
    assert imported.stdout.split() == []
