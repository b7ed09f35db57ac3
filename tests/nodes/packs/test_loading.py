"""Which packs are loaded, and what is told of each."""

import importlib
import logging
import os
import subprocess
import sys
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from graph.errors import FolderError
from graph.registry import Catalogue
from graph.settings import Settings
from nodes.packs.finding import find_packs
from tests.nodes.packs.worlds import CLASSIC, NEWER, short, world

ROOT = Path(__file__).parents[3]
NODE = """
class {name}:
    @classmethod
    def INPUT_TYPES(cls):
        return {{"required": {{"value": ("INT", {{"default": 1}})}}}}
    RETURN_TYPES = ("INT",)
    FUNCTION = "give"
    CATEGORY = "{category}"
    def give(self, value):
        return (value,)

NODE_CLASS_MAPPINGS = {{"{type_id}": {name}}}
"""
NATIVE = '''
"""A pack that declares its nodes as ours do."""
from typing import Annotated
from pydantic import Field
from graph.node import node

@node("Halve", title="Halve", category="native")
def halve(number: Annotated[int, Field(ge=0)] = 4) -> int:
    """Half of a number."""
    return number // 2
'''


def write(folder: Path, name: str, code: str) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(code, encoding="utf-8")
    return path


def pack(type_id: str, category: str = "test", name: str = "Some") -> str:
    return NODE.format(type_id=type_id, category=category, name=name)


def test_a_folder_of_packs_holds_folders_and_files(tmp_path: Path) -> None:
    write(tmp_path, "one/__init__.py", "")
    write(tmp_path, "two.py", "")
    write(tmp_path, "with.dots/__init__.py", "")
    write(tmp_path, "off.disabled/__init__.py", "")
    write(tmp_path, "no_pack/readme.md", "")
    write(tmp_path, ".hidden/__init__.py", "")
    write(tmp_path, "__pycache__/__init__.py", "")
    write(tmp_path, "notes.txt", "")
    names = ["custom_nodes.one", "custom_nodes.two", "custom_nodes.with_dots"]
    assert [each.name for each in find_packs([tmp_path])] == names
    assert [each.name for each in find_packs([tmp_path / "one", tmp_path])] == names
    assert [each.name for each in find_packs([tmp_path / "two.py"])] == ["custom_nodes.two"]


def test_packs_of_one_name_in_two_folders_have_modules_of_their_own(tmp_path: Path) -> None:
    write(tmp_path, "a/pack.py", pack("A"))
    write(tmp_path, "b/pack.py", pack("B"))
    with world(tmp_path / "data", tmp_path / "a", tmp_path / "b") as opened:
        assert [each.nodes for each in opened.packs] == [("A",), ("B",)]
        assert opened.registry.get("B").spec.source == "custom_nodes.pack_2"


@pytest.mark.parametrize("place", ["absent", "a file.txt"])
def test_a_place_without_packs_is_refused(tmp_path: Path, place: str) -> None:
    write(tmp_path, "a file.txt", "")
    with pytest.raises(FolderError, match="node pack"):
        find_packs([tmp_path / place])


def test_nothing_is_loaded_that_nobody_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    code = "import pathlib\npathlib.Path(__file__).with_suffix('.ran').touch()\n" + pack("Uninvited")
    for place in (tmp_path / "custom_nodes", tmp_path / "data" / "custom_nodes", tmp_path / "data" / "input"):
        write(place, "intruder/__init__.py", code)
        write(place, "intruder.py", code)
    monkeypatch.chdir(tmp_path)
    named = write(tmp_path / "named", "pack.py", pack("Invited"))
    with world(tmp_path / "data", named.parent) as opened:
        assert [each.nodes for each in opened.packs] == [("Invited",)]
    assert not [*tmp_path.rglob("*.ran")]


def test_a_pack_that_fails_is_told_and_the_others_go_on(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    write(tmp_path, "a_needs/__init__.py", "from . import inner\n")
    write(tmp_path, "a_needs/inner.py", "import a_package_that_nobody_has\n")
    write(tmp_path, "a_needs/requirements.txt", "a-package\n")
    write(tmp_path, "b_wrong.py", "def f(:\n")
    write(tmp_path, "c_exits.py", "import sys\nsys.exit(3)\n")
    write(tmp_path, "d_asks.py", "from comfy.utils import brand_new\n")
    write(tmp_path, "e_works.py", pack("Works"))
    with caplog.at_level(logging.WARNING), world(tmp_path / "data", tmp_path) as opened:
        needs, wrong, exits, asks, works = [each for each in opened.packs if each.name != "custom_nodes.data"]
        assert needs.problem == (
            "ModuleNotFoundError: No module named 'a_package_that_nobody_has'\n"
            'It needs the Python package "a_package_that_nobody_has", which is not installed; '
            "see its requirements.txt.\n"
            "  __init__.py:1: from . import inner\n"
            "  inner.py:1: import a_package_that_nobody_has"
        )
        assert (wrong.problem or "").startswith("SyntaxError")
        assert (exits.problem or "").startswith("SystemExit: 3")
        assert 'The node pack "d_asks" asks for comfy.utils.brand_new' in (asks.problem or "")
        assert (works.problem, works.nodes) == (None, ("Works",))
        assert "custom_nodes.a_needs" not in sys.modules
    assert "Node pack custom_nodes.a_needs cannot be loaded" in caplog.text


def test_a_class_that_cannot_be_understood_is_left_out(tmp_path: Path) -> None:
    code = pack("Good") + "class Bad:\n    INPUT_TYPES = None\n\nNODE_CLASS_MAPPINGS['Bad'] = Bad\n"
    write(
        tmp_path,
        "pack.py",
        code + "import comfy.sd\nclass Worse(comfy.sd.VAE):\n    pass\nNODE_CLASS_MAPPINGS['Worse'] = Worse\n",
    )
    with world(tmp_path / "data", tmp_path / "pack.py") as opened:
        (told,) = opened.packs
        assert told.nodes == ("Good",)
        assert told.warnings[0].startswith('Node type "Bad" is left out: TypeError')
        assert told.warnings[1] == (
            'Node type "Worse" is left out: it builds on comfy.sd.VAE, which is not provided here.'
        )


def test_our_nodes_stay_unless_the_settings_allow_otherwise(tmp_path: Path) -> None:
    path = write(tmp_path, "pack.py", pack("ImageInvert", category="theirs"))
    with world(tmp_path / "data", path) as opened:
        assert opened.registry.get("ImageInvert").spec.category != "theirs"
        (warning,) = [each for each in opened.packs[0].warnings if "ImageInvert" in each]
        assert "Name it in `packs_override`" in warning
    with world(tmp_path / "data", path, override=["ImageInvert"]) as opened:
        assert opened.registry.get("ImageInvert").spec.category == "theirs"


def test_of_two_packs_with_one_name_for_a_node_the_first_has_it(tmp_path: Path) -> None:
    write(tmp_path, "a.py", pack("Twin", category="a"))
    write(tmp_path, "b.py", pack("Twin", category="b"))
    with world(tmp_path / "data", tmp_path / "a.py", tmp_path / "b.py") as opened:
        assert opened.registry.get("Twin").spec.category == "a"
        assert opened.packs[1].warnings[0] == 'Node type "Twin" is left out: custom_nodes.a has one of this name.'


def test_native_packs_load_from_folders_and_from_installed_packages(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, "folder/native/__init__.py", "from . import inner\n")
    write(tmp_path, "folder/native/inner.py", NATIVE)
    write(tmp_path, "site/installed_pack.py", NATIVE.replace("Halve", "Third").replace("// 2", "// 3"))
    monkeypatch.syspath_prepend(tmp_path / "site")
    entry = EntryPoint("thirds", "installed_pack", "latentloom.nodes")
    broken = EntryPoint("broken", "absent_pack", "latentloom.nodes")
    with world(tmp_path / "data", tmp_path / "folder", installed=[entry, broken]) as opened:
        assert [(each.name, each.nodes) for each in opened.packs] == [
            ("custom_nodes.native", ("Halve",)),
            ("thirds", ("Third",)),
            ("broken", ()),
        ]
        assert (opened.packs[2].problem or "").startswith("ModuleNotFoundError")
        prompt = {"1": short("Third", number=12), "2": short("PreviewAny", source=["1", 0])}
        assert opened.succeed(prompt).texts == {"2": ["4"]}
        assert opened.validate({"1": short("Halve", number=-1), "2": prompt["2"]}).problems


def test_scripts_for_the_browser_must_be_inside_the_pack(tmp_path: Path) -> None:
    write(tmp_path, "inside/__init__.py", 'WEB_DIRECTORY = "./js"\n' + pack("A"))
    write(tmp_path, "inside/js/a.js", "")
    write(tmp_path, "outside/__init__.py", 'WEB_DIRECTORY = "../.."\n' + pack("B"))
    with world(tmp_path / "data", tmp_path / "inside", tmp_path / "outside") as opened:
        inside, outside = opened.packs
        assert inside.web_directory == str(tmp_path / "inside" / "js")
        assert outside.web_directory is None
        assert 'WEB_DIRECTORY "../.."' in outside.warnings[0]


def test_the_catalogue_tells_what_became_of_packs(tmp_path: Path) -> None:
    write(tmp_path, "bad.py", "raise ValueError('no')\n")
    with world(tmp_path / "data", CLASSIC, tmp_path / "bad.py") as opened:
        catalogue = Catalogue.from_data(opened.registry.catalogue.to_data())
        assert [each.name for each in catalogue.packs] == ["custom_nodes.classic_pack", "custom_nodes.bad"]
        assert catalogue.packs[1].problem == "ValueError: no\n  bad.py:1: raise ValueError('no')"


def test_a_pack_whose_code_changed_computes_anew(tmp_path: Path) -> None:
    write(tmp_path, "pack/__init__.py", "from .inner import NODE_CLASS_MAPPINGS\n")
    write(tmp_path, "pack/inner.py", pack("Changing"))

    def version() -> int:
        with world(tmp_path / "data", tmp_path / "pack") as opened:
            return opened.registry.get("Changing").spec.version

    before = version()
    write(tmp_path, "pack/readme.md", "not code")
    assert version() == before
    write(tmp_path, "pack/inner.py", pack("Changing") + "# changed\n")
    assert version() != before


def test_packs_install_nothing(tmp_path: Path) -> None:
    write(tmp_path, "inside.py", "import pip\npip.main(['install', 'a-package'])\n")
    write(tmp_path, "outside.py", "import os\nassert os.environ['PIP_NO_INDEX'] == '1'\n" + pack("Fine"))
    with world(tmp_path / "data", tmp_path / "inside.py", tmp_path / "outside.py") as opened:
        assert 'The node pack "inside" wants to install Python packages' in (opened.packs[0].problem or "")
        assert opened.packs[1].nodes == ("Fine",)


def test_settings_name_packs_and_travel(tmp_path: Path) -> None:
    settings = Settings(data=str(tmp_path), packs=("some/packs",), packs_override=("KSampler",))
    there = Settings.from_data(settings.absolute().to_data())
    assert there.packs == (os.path.abspath("some/packs"),)  # noqa: PTH100 - as settings make it
    assert there.packs_override == ("KSampler",)


def test_a_worker_loads_the_packs_that_its_settings_name(tmp_path: Path) -> None:
    code = (
        "from graph.settings import Settings\nfrom nodes.application import create\n"
        f"packs = ({str(CLASSIC)!r}, {str(NEWER)!r})\n"
        f"app = create(Settings(data={str(tmp_path)!r}, device='cpu', packs=packs).to_data())\n"
        "print(sum(len(each.nodes) for each in app.catalogue.packs), 'NewerSay' in app.catalogue.specs)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["44", "True"]


def test_the_modules_are_there_while_packs_are_and_gone_afterwards(tmp_path: Path) -> None:
    with world(tmp_path, CLASSIC):
        assert importlib.import_module("folder_paths").get_output_directory() == str(tmp_path / "output")
        assert importlib.import_module("nodes").MAX_RESOLUTION == 16384
        assert importlib.import_module("server").PromptServer.instance.routes.paths == ["/pack/hello"]
        assert os.environ["PIP_NO_INDEX"] == "1"
        with pytest.raises(ImportError, match=r"comfy\.utils\.nonsense, which Latentloom does not provide"):
            importlib.import_module("comfy.utils.nonsense")
        with pytest.raises(ModuleNotFoundError):
            importlib.import_module("comfy_nonsense")
    assert not hasattr(importlib.import_module("nodes"), "MAX_RESOLUTION")
    with pytest.raises(ModuleNotFoundError):
        importlib.import_module("folder_paths")
