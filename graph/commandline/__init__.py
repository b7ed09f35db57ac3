"""The command line: one command per module, each with `configure(parser)` and `answer(options, nodes) -> exit code`."""
