"""Results of nodes, kept by what they were computed from.

`entry` is what is kept and what a cache promises; `memory` and `disk` are tiers, `tiers` stacks them; `codecs` says how
values become bytes; `seen` remembers what the last keys were made of, so that a miss can be explained.
"""
