"""The declaration of settings is the only one: what it says is used, and documented."""

import re
from pathlib import Path

from web.metrics import Metrics
from web.settings_options import PAGE, fields, renewed

ROOT = Path(__file__).parents[2]


def test_the_page_of_operations_holds_the_table_of_settings() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert renewed(page) == page, "python -m web.settings_options brings docs/operations.md up to date"


def test_every_setting_has_a_sentence_of_help_and_is_used() -> None:
    used = (ROOT / "web" / "settings_building.py").read_text(encoding="utf-8")
    kept = {"disk_cache", "keep_history", "keep_temp", "keep_assets", "keep_outputs"}  # read by their own record
    elsewhere = {"config", "disable_auto_launch", "force_channels_last", *kept}  # the last two: as it is anyway
    for name, field in fields().items():
        assert field.description, name
        assert field.description.endswith("."), name
        assert name in elsewhere or re.search(rf"\b{name}\b", used), f"{name} is declared and not used"


def test_the_page_of_operations_names_every_metric() -> None:
    told = set(re.findall(r"^# HELP (latentloom_\w+)", Metrics().text().decode(), re.MULTILINE))
    page = PAGE.read_text(encoding="utf-8")
    assert told
    assert [name for name in sorted(told) if f"`{name}" not in page and not name.endswith("_created")] == []
