"""Every form in which a workflow comes: documents, API graphs, what browsers save, and pictures with any of these."""

from graph.formats.embedding import text_chunks, with_lock
from graph.formats.reading import read_any, read_file, read_lock

__all__ = ["read_any", "read_file", "read_lock", "text_chunks", "with_lock"]
