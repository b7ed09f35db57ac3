"""How often Python looks for garbage in circles: seldom, where much is made and little of it is circular.

The collector starts anew after every 700 objects that are made and not freed. A graph of a thousand nodes is ten
thousand objects, so reading one costs several collections, and each tenth looks at everything that was ever imported:
reading JSON took four times as long as it does without. What is not in a circle is freed at once either way.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

_YOUNG, _OLDER, _OLDEST = 20_000, 20, 20


def collect_seldom() -> None:
    """Look for garbage seldom from now on, and never again at what is there now. For a process of our own only."""
    gc.freeze()
    gc.set_threshold(_YOUNG, _OLDER, _OLDEST)
    gc.enable()


@contextmanager
def undisturbed() -> Iterator[None]:
    """Do not look for garbage while much is made at once and none of it is garbage, in a process that others shaped.

    For work that is bounded and does not wait, such as reading a document. Also a decorator. Threads and nesting do no
    harm: who finds the collector off leaves it off, and who turned it off turns it on again.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
