"""Every form in which a workflow comes: documents, API graphs, and pictures that carry either."""

from graph.formats.embedding import text_chunks
from graph.formats.reading import read_any

__all__ = ["read_any", "text_chunks"]
