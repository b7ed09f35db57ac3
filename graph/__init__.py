"""The engine: documents, validation, planning, execution, caching. Knows nothing of torch, images or HTTP."""
