"""Times reach both conditionings."""

import torch

from nodes.video import timed_conditioning


def test_times_reach_both_conditionings() -> None:
    one = [(torch.zeros(1, 2, 3), {"pooled_output": None})]
    for each in timed_conditioning.ltxv_conditioning(one, one, 24.0):
        assert each[0][1]["frame_rate"] == 24.0
    for each in timed_conditioning.conditioning_stable_audio(one, one, 1.0, 30.0):
        assert (each[0][1]["seconds_start"], each[0][1]["seconds_total"]) == (1.0, 30.0)
