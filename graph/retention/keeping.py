"""How much of the past is kept, as an operator says it."""

from dataclasses import dataclass, field

from graph.amounts import AmountError, bytes_in, said_seconds, seconds_in
from graph.jobs.retention import Retention

FOR_EVER = "all"
DAY_SECONDS = 24 * 3600.0


@dataclass(frozen=True, slots=True)
class Keep:
    """How much is kept. Ages are in seconds since a file was last changed; None keeps for ever."""

    history: Retention = field(default_factory=Retention)
    temp_seconds: float | None = DAY_SECONDS
    """Temporary files: previews that nodes show, uploads that broke off."""
    outputs_seconds: float | None = None
    """Results of people: kept for ever unless somebody asks."""
    assets_seconds: float | None = None
    """Files that clients sent through `/api/v2/assets`, since they were sent."""
    disk_cache_bytes: int = 10 * 1024**3
    """What the disk cache may take."""


@dataclass(frozen=True, slots=True)
class KeepTexts:
    """How much is kept, as people write it."""

    keep_history: str = "30d,10000"
    keep_temp: str = "1d"
    keep_assets: str = FOR_EVER
    keep_outputs: str = FOR_EVER
    disk_cache: str = "10GiB"

    def read(self) -> Keep:
        """What the texts say.

        Raises:
            AmountError: one makes no sense.
        """
        return Keep(
            history=history_in(self.keep_history),
            temp_seconds=age_in(self.keep_temp),
            outputs_seconds=age_in(self.keep_outputs),
            assets_seconds=age_in(self.keep_assets),
            disk_cache_bytes=bytes_in(self.disk_cache),
        )


def history_in(text: str) -> Retention:
    """How much history a text asks for: a number of jobs, an age, or both with a comma between; `all` is everything.

    `1000`, `30d`, `30d,1000`, `all`.

    Raises:
        AmountError: it says something else.
    """
    if text.strip() == FOR_EVER:
        return Retention(seconds=None, count=None)
    seconds: float | None = None
    count: int | None = None
    for part in text.split(","):
        if part.strip().isdecimal():
            count = int(part)
        else:
            try:
                seconds = seconds_in(part)
            except AmountError as error:
                raise AmountError(
                    f'"{text[:40]}" is no amount of history: write a number of jobs (1000), an age (30d), both '
                    f"(30d,1000), or {FOR_EVER}."
                ) from error
    return Retention(seconds=seconds, count=count)


def age_in(text: str) -> float | None:
    """An age in seconds; None for `all`.

    Raises:
        AmountError: it says something else.
    """
    return None if text.strip() == FOR_EVER else seconds_in(text)


def said_age(seconds: float | None) -> str:
    """An age for people."""
    return "for ever" if seconds is None else said_seconds(seconds)
