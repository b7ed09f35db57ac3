"""A node's specification in the forms that others read: JSON Schema, `object_info`, Markdown."""

from graph.reference import node_page
from graph.schema.json_schema import input_schema, json_schema
from graph.schema.object_info import object_info, object_info_of

__all__ = ["input_schema", "json_schema", "node_page", "object_info", "object_info_of"]
