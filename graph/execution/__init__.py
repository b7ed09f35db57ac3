"""Running graphs.

    executor = Executor(registry, cache=Tiers([MemoryCache(2**30, codecs.nbytes)]), codecs=codecs)
    outcome = await executor.run("job-1", graph, events.append)

`executor` is the front; `job` drives one run; `ledger` knows who waits for whom; `delivery` brings values to nodes and
results to caches and events; `calls`, `lists`, `results` and `computing` call functions; `needs` and `expanding` are
the two ways in which a graph decides about itself while it runs; `lanes` are the threads.
"""

from graph.execution.executor import Executor
from graph.execution.house import CancelToken, Outcome
from graph.execution.lanes import Lanes

__all__ = ["CancelToken", "Executor", "Lanes", "Outcome"]
