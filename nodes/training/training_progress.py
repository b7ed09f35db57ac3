"""How a job learns what its training does: the losses so far, and what the model draws by now."""

import time

from PIL.Image import Image

from graph.context import Context
from nodes.diffusion.training.finetuning import showing
from nodes.diffusion.training.finetuning.loop import Progress
from nodes.diffusion.training.finetuning.objective import Objective
from nodes.diffusion.training.finetuning.samples import Draws

PREVIEW_SECONDS = 2.0
"""Between two pictures of a running training."""


class TrainingProgress:
    """Tells a job each step of its training, and stops the training when the job is cancelled.

    Now and then, where the client wants pictures, it sends one: the losses so far, and beside them, new in each epoch,
    what the model draws of the first text.

    Args:
        ctx: of the running node.
    """

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx
        self._shown_at = float("-inf")
        self._epoch = -1
        self._drawn: Image | None = None

    def __call__(self, progress: Progress, objective: Objective, draws: Draws) -> None:
        """Tell one step.

        Raises:
            Cancelled: the job was asked to stop.
        """
        picture = None
        if self._ctx.previews != "none" and time.monotonic() - self._shown_at >= PREVIEW_SECONDS:
            picture = self._picture(progress, objective, draws)
            self._shown_at = time.monotonic()
        self._ctx.progress(len(progress.losses), progress.steps, picture)

    def _picture(self, progress: Progress, objective: Objective, draws: Draws) -> bytes:
        epoch = len(progress.losses) // draws.per_epoch
        if epoch > self._epoch:
            self._drawn, self._epoch = showing.drawn_now(objective, draws.samples[0]), epoch
        return showing.side_by_side(showing.loss_curve(progress.losses), self._drawn)
