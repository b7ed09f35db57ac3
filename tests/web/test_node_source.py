from pathlib import Path

from graph.spec import NodeSpec
from web.node_source import declaration_of

TEXT = '''"""Nodes."""


@node("Blur", title="Blur")
def blur(image):
    """Blur."""
    return image


SHARPEN = make("Sharpen")
'''


def spec(type_id: str, source: str) -> NodeSpec:
    return NodeSpec(id=type_id, title=type_id, category="test", source=source)


def test_a_declaration_is_found_without_importing_it(tmp_path: Path) -> None:
    (tmp_path / "filters.py").write_text(TEXT)
    found = declaration_of(spec("Blur", "filters"), tmp_path)
    assert found is not None
    assert (found.file, found.line) == ("filters.py", 4)
    assert found.text == "\n".join(TEXT.splitlines()[3:7]) + "\n"


def test_a_type_that_is_made_by_a_call_gives_its_whole_file(tmp_path: Path) -> None:
    (tmp_path / "filters.py").write_text(TEXT)
    found = declaration_of(spec("Sharpen", "filters"), tmp_path)
    assert found is not None
    assert (found.line, found.text) == (1, TEXT)


def test_what_is_not_below_the_root_is_not_shown(tmp_path: Path) -> None:
    (tmp_path.parent / "secret.py").write_text("KEY = 1")
    for source in ("custom_nodes.pack", "..secret", "/etc/passwd", "../secret"):
        assert declaration_of(spec("Blur", source), tmp_path) is None


def test_our_own_nodes_are_found() -> None:
    found = declaration_of(spec("PreviewImage", "nodes.images.saving"))
    assert found is not None
    assert found.file == "nodes/images/saving.py"
    assert found.text.startswith('@node("PreviewImage"')
