"""What a running node may ask."""

import pytest

from graph.context import Context
from graph.errors import Cancelled


def test_shown_results_are_collected_by_kind() -> None:
    ctx = Context()
    ctx.show(images=[{"filename": "a.png"}])
    ctx.show(images=[{"filename": "b.png"}], text=["x"])
    assert ctx.shown == {"images": [{"filename": "a.png"}, {"filename": "b.png"}], "text": ["x"]}


def test_progress_is_reported_until_the_job_is_cancelled() -> None:
    reports: list[tuple[float, float, bytes | None]] = []
    stopped = False
    ctx = Context(report=lambda *report: reports.append(report), is_cancelled=lambda: stopped)
    ctx.progress(1, 20)
    stopped = True
    with pytest.raises(Cancelled):
        ctx.progress(2, 20)
    assert reports == [(1, 20, None)]
