"""Where a node type is declared: the file, the line and the text, found by reading and never by importing."""

import ast
from dataclasses import dataclass
from pathlib import Path

from graph.spec import NodeSpec

ROOT = Path(__file__).parents[1]


@dataclass(frozen=True, slots=True)
class Declaration:
    """The declaration of a node type, as it stands in a file."""

    file: str
    """Its path from the root of the program."""
    line: int
    """Its first line, counted from 1."""
    text: str


def declaration_of(spec: NodeSpec, root: Path = ROOT) -> Declaration | None:
    """The declaration of a node type that comes with the program; None for those of node packs.

    A type that is made by a call, not declared by a decorated function, gives the whole of its file.
    """
    file = _file_of(spec.source, root)
    if file is None:
        return None
    text = file.read_text("utf-8")
    first, last = _lines_of(spec.id, text)
    return Declaration(file.relative_to(root).as_posix(), first, "\n".join(text.splitlines()[first - 1 : last]) + "\n")


def _file_of(module: str, root: Path) -> Path | None:
    """The file of a module below the root."""
    parts = module.split(".")
    if not all(part.isidentifier() for part in parts):
        return None
    place = root.joinpath(*parts)
    return next((file for file in (place.with_suffix(".py"), place / "__init__.py") if file.is_file()), None)


def _lines_of(type_id: str, text: str) -> tuple[int, int]:
    """The first and the last line of the function whose decorator names a node type; else those of everything."""
    for found in ast.walk(ast.parse(text)):
        if isinstance(found, ast.FunctionDef | ast.AsyncFunctionDef):
            for decorator in found.decorator_list:
                if _names(decorator, type_id):
                    return decorator.lineno, found.end_lineno or decorator.lineno
    return 1, len(text.splitlines())


def _names(decorator: ast.expr, type_id: str) -> bool:
    if not isinstance(decorator, ast.Call) or not decorator.args:
        return False
    first = decorator.args[0]
    return isinstance(first, ast.Constant) and first.value == type_id
