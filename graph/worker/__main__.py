"""The entry of a worker process: `python -m graph.worker`, started by its supervisor only."""

import argparse
import os
import sys

from graph.worker.connection import connect
from graph.worker.limits import die_with, prefer_when_memory_is_short, write_no_core_files
from graph.worker.session import Session


def main() -> None:
    """Become a worker; never returns."""
    parser = argparse.ArgumentParser(prog="graph.worker", description="A worker process; started by its supervisor.")
    parser.add_argument("--parent", type=int, required=True, help="process id of the supervisor")
    parser.add_argument("--descriptor", type=int, help="file descriptor of an inherited socket")
    parser.add_argument("--port", type=int, help="port of the supervisor on the loopback interface")
    arguments = parser.parse_args()
    die_with(arguments.parent)
    write_no_core_files()
    prefer_when_memory_is_short()
    connection, token = connect(arguments.descriptor, arguments.port)
    exit_code = Session(connection, token).run()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(exit_code)  # nodes may have left threads that never end


if __name__ == "__main__":
    main()
