"""Validation: from a workflow to a graph that can run, or to everything that is wrong with it, at once."""

from graph.validation.validating import Check, Validated, reject, validate
from graph.validation.values import Choices

__all__ = ["Check", "Choices", "Validated", "reject", "validate"]
