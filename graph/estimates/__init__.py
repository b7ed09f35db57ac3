"""Estimates: how much memory a graph takes and how long its nodes run, said before anything is allocated."""

from graph.estimates.estimator import Estimator
from graph.estimates.memory import Estimate, NodeEstimate

__all__ = ["Estimate", "Estimator", "NodeEstimate"]
