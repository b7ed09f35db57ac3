"""What ComfyUI's browser saves (LiteGraph 0.4 and 1.0), converted into workflows."""

from graph.formats.editor.converting import convert
from graph.formats.editor.merging import laid_out
from graph.formats.editor.report import Conversion, Note, Severity

__all__ = ["Conversion", "Note", "Severity", "convert", "laid_out"]
