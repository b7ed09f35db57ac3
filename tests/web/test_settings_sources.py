"""Settings come from flags, the environment and a file, and what nobody knows is refused."""

import argparse
from pathlib import Path

import pytest

from graph.errors import LatentloomError
from graph.jobs.retention import Retention
from graph.settings import Settings
from tests.web.conftest import OwnServer
from tests.web.serving import DidNotStart, ServerProcess
from web.settings import ServerSettings
from web.settings_building import server_settings
from web.settings_options import ServeOptions
from web.settings_sources import SettingsError, add_flags, read_options


def options(*flags: str) -> ServeOptions:
    parser = argparse.ArgumentParser()
    add_flags(parser)
    return read_options(vars(parser.parse_args(flags)))


def given(*flags: str) -> ServerSettings:
    return server_settings(options(*flags))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "latentloom.toml"


def test_a_flag_comes_before_the_environment_and_that_before_the_file(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = ("--data-dir", str(tmp_path))
    assert options(*data).port == 8188
    file.write_text("port = 1\nlog_format = 'json'\ncpu = true")
    assert (options(*data).port, options(*data).log_format) == (1, "json")
    monkeypatch.setenv("LATENTLOOM_PORT", "2")
    assert options(*data).port == 2
    assert options(*data, "--port", "3").port == 3
    assert options(*data).cpu
    assert not options(*data, "--no-cpu").cpu


def test_the_file_is_the_one_in_the_data_folder_unless_another_is_named(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file.write_text("port = 1")
    other = tmp_path / "other.toml"
    other.write_text(f"port = 2\ndata_dir = '{tmp_path}'")
    monkeypatch.setenv("LATENTLOOM_DATA_DIR", str(tmp_path))
    assert options().port == 1
    assert options("--config", str(other)).port == 2
    monkeypatch.setenv("LATENTLOOM_CONFIG", str(other))
    assert options().port == 2
    with pytest.raises(SettingsError, match=r"no file"):
        options("--config", str(tmp_path / "absent"))


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("prot = 1", 'no setting "prot".* "port"'),
        ("data-dir = 'x'", 'no setting "data-dir".* "data_dir"'),
        ("quite_something_else = 1", "docs/operations.md"),
        ("config = 'x'", 'no setting "config"'),
        ("data_dir = 'x'", "cannot say where that is"),
        ("port = 'x'", "port in .*latentloom.toml: .*integer"),
        ("port = 70000", "port in .*less than or equal to 65535"),
        ("keep_history = 'some'", "30d,1000"),
        ("models = 7", "models in"),
        ("port = ", "not valid TOML"),
    ],
)
def test_what_makes_no_sense_in_the_file_is_refused_with_its_place(
    file: Path, tmp_path: Path, content: str, told: str
) -> None:
    file.write_text(content)
    with pytest.raises(SettingsError, match=told):
        options("--data-dir", str(tmp_path))


@pytest.mark.parametrize("name", ["LATENTLOOM_SKIP_EDITOR", "LATENTLOOM_SERVER", "LATENTLOOM_TEST_CACHE"])
def test_variables_of_builds_and_tests_do_not_stop_the_server(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, "1")
    assert options().port == 8188


def test_a_misspelt_variable_is_refused_with_the_name_that_was_meant(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LATENTLOOM_PROT", "1")
    with pytest.raises(SettingsError, match=r'LATENTLOOM_PROT is no setting.*"LATENTLOOM_PORT"'):
        options()


def test_the_place_of_a_wrong_value_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SettingsError, match=r"--port: .*integer.*'x'"):
        options("--port", "x")
    monkeypatch.setenv("LATENTLOOM_DRAIN", "soon")
    with pytest.raises(SettingsError, match=r"LATENTLOOM_DRAIN in the environment: .*90s"):
        options()


def test_lists_come_from_everywhere(file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = ("--data-dir", str(tmp_path))
    file.write_text("models = ['a', 'b']\nallow_host = 'one'")
    assert (options(*data).models, options(*data).allow_host) == (("a", "b"), ("one",))
    monkeypatch.setenv("LATENTLOOM_MODELS", "c:d")
    monkeypatch.setenv("LATENTLOOM_ALLOW_HOST", "two, three")
    assert (options(*data).models, options(*data).allow_host) == (("c", "d"), ("two", "three"))
    assert options(*data, "--models", "e", "--models", "f").models == ("e", "f")
    assert options("--extra-model-paths-config", "a", "b").extra_model_paths_config == ("a", "b")


def test_amounts_are_read_as_people_write_them() -> None:
    settings = given(
        *("--keep-history", "30d,50", "--keep-temp", "2h", "--keep-outputs", "1w", "--disk-cache", "1.5GB"),
        *("--memory-cache", "1MiB", "--drain", "90s", "--max-upload-size", "0.5"),
    )
    keep = settings.keep
    assert keep.history == Retention(30 * 86400, 50)
    assert (keep.temp_seconds, keep.outputs_seconds, keep.assets_seconds) == (7200, 604800, None)
    assert (settings.engine.disk_cache_bytes, settings.engine.memory_cache_bytes) == (1_500_000_000, 2**20)
    assert (settings.drain_seconds, settings.limits.upload_bytes) == (90, 2**19)
    assert given("--keep-temp").keep.temp_seconds is None
    assert given("--keep-history", "all").keep.history == Retention(None, None)
    assert given().keep.outputs_seconds is None


def test_limits_hold_by_themselves_where_others_are_let_in(tmp_path: Path) -> None:
    token = ("--token-file", str(tmp_path / "token"))
    alone, open_to_all = given().limits, given("--listen", "--token-file", str(tmp_path / "token")).limits
    assert (alone.connections_per_address, alone.queued_per_owner, alone.submits_per_second) == (None, None, None)
    assert (open_to_all.connections_per_address, open_to_all.queued_per_owner) == (100, 1000)
    assert given("--queued-per-owner", "3").limits.queued_per_owner == 3
    assert given("--behind-proxy", *token).limits == open_to_all


@pytest.mark.parametrize(
    ("flags", "told"),
    [
        (("--cache-none", "--cache-lru", "3"), "--cache-none and --cache-lru contradict"),
        (("--cache", "all", "--cache-classic"), "contradict"),
        (("--fp32-unet", "--bf16-unet"), "--fp32-unet and --bf16-unet contradict"),
        (("--force-fp32", "--force-fp16"), "--force-fp32 and --force-fp16 contradict"),
        (("--precision", "bf16", "--force-fp32"), "--precision and --force-fp32 contradict"),
        (("--tls-keyfile", "k"), "--tls-certfile"),
        (("--behind-proxy",), "--behind-proxy lets other machines in"),
    ],
)
def test_what_makes_no_sense_together_is_refused(flags: tuple[str, ...], told: str) -> None:
    with pytest.raises(LatentloomError, match=told):
        given(*flags)


def test_a_server_reads_its_file_and_ends_where_that_is_wrong(own_server: OwnServer, tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    (data / "latentloom.toml").write_text("max_upload_size = 1\n")
    server = own_server()
    assert server.get("/features")["max_upload_size"] == 2**20
    (data / "latentloom.toml").write_text("max_uplaod_size = 1\n")
    assert server.stop() == 0
    with pytest.raises(DidNotStart, match=r'"max_upload_size"'):
        ServerProcess(data)


@pytest.mark.parametrize(
    ("flags", "precision"),
    [
        ((), "auto"),
        (("--precision", "model=bf16,vae=fp32"), "model=bf16,vae=fp32"),
        (("--force-fp32",), "fp32"),
        (("--fp16-vae", "--bf16-unet", "--fp32-text-enc"), "model=bf16,vae=fp16,clip=fp32"),
        (("--fp32-vae", "--force-fp16", "--force-channels-last"), "fp16,vae=fp32"),
    ],
)
def test_precisions_are_set_as_launchers_of_comfyui_do(flags: tuple[str, ...], precision: str) -> None:
    assert given(*flags).engine.precision == precision


def test_memory_and_acceleration_of_models_are_set() -> None:
    engine = given("--model-memory", "6GiB", "--accelerate", "compile", "--accelerate", "graphs").engine
    assert (engine.model_budget_bytes, engine.accelerate) == (6 * 2**30, ("compile", "graphs"))
    assert Settings.from_data(engine.to_data()) == engine
