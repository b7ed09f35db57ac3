"""Schedules of flow models count the cells of the latent."""

import torch

from nodes.sampling import flow_schedulers


def test_schedules_count_the_cells_of_the_latent() -> None:
    assert len(flow_schedulers.flux2_scheduler(4)) == 5
    small = flow_schedulers.ltxv_scheduler(8, latent={"samples": torch.zeros(1, 128, 1, 4, 4)})
    large = flow_schedulers.ltxv_scheduler(8, latent={"samples": torch.zeros(1, 128, 13, 16, 24)})
    assert (large[1:-2] > small[1:-2]).all()
    assert flow_schedulers.ltxv_scheduler(8, stretch=False)[-2] > flow_schedulers.ltxv_scheduler(8)[-2]
