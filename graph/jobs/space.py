"""Keeps the store out of the corner where the disk is so full that not even deleting works."""

import contextlib
import os
import shutil
from collections.abc import Callable
from pathlib import Path

from graph.jobs.errors import StorageFull

RESERVE_NAME = "reserve"
MIB = 1024**2


class Space:
    """Watches the free space of the data folder, and holds some of it back.

    SQLite needs room even to delete. So no job is accepted below a low-water mark, and a reserve file can be given up
    to make room for tidying.
    """

    def __init__(
        self,
        folder: Path,
        low_water_bytes: int = 64 * MIB,
        reserve_bytes: int = 8 * MIB,
        free: Callable[[Path], int] = lambda folder: shutil.disk_usage(folder).free,
    ) -> None:
        self._folder = folder
        self._reserve = folder / RESERVE_NAME
        self._low_water_bytes = low_water_bytes
        self._reserve_bytes = reserve_bytes
        self._free = free

    def check(self) -> None:
        """Make sure that there is room for another job.

        Raises:
            StorageFull: there is not.
        """
        free = self._free(self._folder)
        if free < self._low_water_bytes:
            raise StorageFull(
                f"No job is accepted: the disk of the data folder {self._folder} has only {free / MIB:,.0f} MiB left, "
                f"and {self._low_water_bytes / MIB:,.0f} MiB are kept free. Delete old outputs or history, or use "
                "another disk."
            )

    def hold(self) -> None:
        """Fill the reserve file if it is missing and there is plenty of room."""
        is_plenty = self._free(self._folder) > self._low_water_bytes + 2 * self._reserve_bytes
        if is_plenty and not self._reserve.exists():
            unfinished = self._reserve.with_suffix(".tmp")
            with unfinished.open("wb") as file:
                for _ in range(0, self._reserve_bytes, MIB):
                    file.write(os.urandom(MIB))  # zeros might take no room
            unfinished.rename(self._reserve)

    def give_up(self) -> None:
        """Delete the reserve file, so that there is room to tidy."""
        with contextlib.suppress(OSError):
            self._reserve.unlink(missing_ok=True)
