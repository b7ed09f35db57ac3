"""An example of each node type: the smallest graph that shows it at work. For the reference and for tests only."""
