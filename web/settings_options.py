"""Everything that an operator can set, declared once: flag, environment variable, key of the file, limits and help.

`listen` is `--listen` on the command line, `LATENTLOOM_LISTEN` in the environment and `listen` in the file. To offer a
further setting, add a field here and use it in `web.settings_building`; `python -m web.settings_options` writes the
table of `docs/operations.md`, which a test compares.
"""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from graph.amounts import AmountError, bytes_in, seconds_in
from graph.retention.keeping import KeepTexts, age_in, history_in
from graph.settings import PRECISION
from web.settings import PREVIEW_METHODS

PREFIX = "LATENTLOOM_"
FILE_NAME = "latentloom.toml"
EVERYWHERE = "0.0.0.0"
PAGE = Path(__file__).parents[1] / "docs" / "operations.md"
_BEGIN, _END = "<!-- settings -->", "<!-- end of settings -->"


@dataclass(frozen=True, slots=True)
class Flag:
    """How a setting is given on the command line, where its type does not say."""

    metavar: str | None = None
    alone: str | None = None
    """What the flag means when no value follows."""
    many: bool = False
    """Whether several values may follow one flag."""
    group: Literal["", "comfyui"] = ""
    in_file: bool = True
    """Whether it can stand in the file."""


def _texts(separator: str) -> BeforeValidator:
    def split(value: object) -> object:
        return [each.strip() for each in value.split(separator) if each.strip()] if isinstance(value, str) else value

    return BeforeValidator(split)


def _amount(read: object) -> AfterValidator:
    """Checks a text when it is given; it is read again where it is used."""

    def check(text: str) -> str:
        try:
            read(text)  # type: ignore[operator]  # one of the functions below
        except AmountError as error:
            raise ValueError(str(error)) from error
        return text

    return AfterValidator(check)


def _number_as_text(value: object) -> object:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


Paths = Annotated[tuple[str, ...], NoDecode, _texts(os.pathsep)]
Names = Annotated[tuple[str, ...], NoDecode, _texts(",")]
Seconds = Annotated[str, _amount(seconds_in)]
Age = Annotated[str, _amount(age_in)]
Size = Annotated[str, BeforeValidator(_number_as_text), _amount(bytes_in)]
History = Annotated[str, BeforeValidator(_number_as_text), _amount(history_in)]
_COMFYUI = Flag(group="comfyui")
_KEPT = KeepTexts()


class ServeOptions(BaseSettings):
    """What `serve` can be told."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        case_sensitive=False,
        extra="forbid",
        frozen=True,
        use_attribute_docstrings=True,
        env_ignore_empty=True,
    )

    config: Annotated[str | None, Flag("FILE", in_file=False)] = None
    """A TOML file of settings, instead of `latentloom.toml` in the data folder."""
    listen: Annotated[str, Flag("HOST", alone=EVERYWHERE)] = "127.0.0.1"
    """The addresses to listen on, with commas; alone it means every address."""
    port: Annotated[int, Field(ge=0, le=65535), Flag("N")] = 8188
    """The port; 0 takes a free one."""
    data_dir: Annotated[str | None, Flag("DIR")] = None
    """Run-time state (`./data`): database, caches, inputs, outputs; one server at a time."""
    models: Annotated[Paths, Flag("DIR")] = ()
    """A models folder (`./models`); may be given several times."""
    node_packs: Annotated[Paths, Flag("DIR")] = ()
    """A node pack, or a folder of node packs: code that is run; may be given several times."""
    database: Annotated[str | None, Flag("URL")] = None
    """A PostgreSQL database instead of a file in the data folder."""
    device: Annotated[str | None, Flag("NAME")] = None
    """`auto`, `cpu`, `cuda` or `cuda:N` (`auto`)."""
    precision: Annotated[str | None, Field(pattern=PRECISION), Flag("WHAT")] = None
    """What models compute in: `auto`, `fp32`, `bf16`, `fp16`, or of single parts, as `model=bf16,vae=fp32` (`auto`)."""
    model_memory: Annotated[Size | None, Flag("SIZE")] = None
    """How much memory loaded models may take; a larger one is moved in parts (a share of what is free)."""
    accelerate: Annotated[Names, Flag("compile|graphs")] = ()
    """Prepared for speed when a model is loaded: compiled blocks, CUDA graphs; may be given several times."""

    token_file: Annotated[str | None, Flag("FILE")] = None
    """Holds the token that clients must show; made, readable by its owner only, if it is not there."""
    allow_host: Annotated[Names, Flag("NAME")] = ()
    """A host name under which clients come; may be given several times."""
    tls_certfile: Annotated[str | None, Flag("FILE")] = None
    """Speak HTTPS with this certificate chain (PEM)."""
    tls_keyfile: Annotated[str | None, Flag("FILE")] = None
    """The key of the certificate, if it is not in the same file (PEM)."""
    behind_proxy: bool = False
    """Believe `X-Forwarded-For` and `X-Forwarded-Proto` of a proxy on this machine; needs a token."""

    webhooks: Annotated[Names, Flag("HOST")] = ()
    """A host that jobs may tell of their end: a name, `*.NAME`, or `*` for the public internet; several times."""
    webhook_secret_file: Annotated[str | None, Flag("FILE")] = None
    """Holds what webhooks are signed with (`webhook-secret` in the data folder); made if it is not there."""

    max_upload_size: Annotated[float, Field(gt=0, le=1e6), Flag("MB")] = 256
    """The largest upload, in MiB."""
    memory_limit: Annotated[Size | None, Flag("SIZE")] = None
    """Graphs that are estimated to need more memory are refused (what the machine has); 0 refuses none."""
    submits_per_second: Annotated[float | None, Field(gt=0), Flag("N")] = None
    """How many jobs an address may submit in the long run, ten seconds' worth at once (20 where others are let in)."""
    connections_per_address: Annotated[int | None, Field(gt=0), Flag("N")] = None
    """How many connections an address may hold at a time (100 where others are let in)."""
    queued_per_owner: Annotated[int | None, Field(gt=0), Flag("N")] = None
    """How many jobs one client id may have waiting (1000 where others are let in)."""

    cache: Annotated[Literal["all", "memory", "none"] | None, Flag("all|memory|none")] = None
    """Which results are kept: in memory and on disk, in memory only, or not at all (`all`)."""
    memory_cache: Annotated[Size, Flag("SIZE")] = "2GiB"
    """How much memory results may take in the worker."""
    disk_cache: Annotated[Size, Flag("SIZE")] = _KEPT.disk_cache
    """How much of the disk results may take."""
    keep_history: Annotated[History, Flag("N|AGE")] = _KEPT.keep_history
    """How much history is kept: a number of jobs, an age, both with a comma between, or `all`."""
    keep_temp: Annotated[Age, Flag("AGE", alone="all")] = _KEPT.keep_temp
    """How long temporary files are kept; alone it means for ever."""
    keep_assets: Annotated[Age, Flag("AGE")] = _KEPT.keep_assets
    """How long files are kept that clients sent through `/api/v2/assets`."""
    keep_outputs: Annotated[Age, Flag("AGE")] = _KEPT.keep_outputs
    """How long results are kept. Nothing is deleted from the output folder unless this says so."""

    drain: Annotated[Seconds, Flag("TIME")] = "10s"
    """How long the running job may go on when the server is asked to stop; then it goes back to the queue."""
    log_format: Annotated[Literal["text", "json"], Flag("text|json")] = "text"
    """One line of text, or one line of JSON, for each thing that happens."""
    log_level: Annotated[Literal["debug", "info", "warning", "error"], Flag("LEVEL")] = "info"
    """The least important that is logged: `debug`, `info`, `warning` or `error`."""

    base_directory: Annotated[str | None, Flag("DIR", group="comfyui")] = None
    """Holds models, input, output, temp and user."""
    output_directory: Annotated[str | None, Flag("DIR", group="comfyui")] = None
    """Where results go (`output` in the data folder)."""
    input_directory: Annotated[str | None, Flag("DIR", group="comfyui")] = None
    """Where inputs are (`input` in the data folder)."""
    temp_directory: Annotated[str | None, Flag("DIR", group="comfyui")] = None
    """Temporary files go to `temp` below it (`temp` in the data folder)."""
    extra_model_paths_config: Annotated[Paths, Flag("FILE", many=True, group="comfyui")] = ()
    """Where models are, as `extra_model_paths.yaml` says it."""
    preview_method: Annotated[
        str, Field(pattern=f"^({'|'.join(sorted(PREVIEW_METHODS))})$"), Flag("METHOD", group="comfyui")
    ] = "none"
    """How running pictures are shown: `auto`, `latent2rgb`, `taesd` or `none`."""
    front_end_root: Annotated[str | None, Flag("DIR", group="comfyui")] = None
    """Another front end in place of our page: the folder that holds its `index.html`."""
    cpu: Annotated[bool, _COMFYUI] = False
    """Use no graphics card."""
    force_fp32: Annotated[bool, _COMFYUI] = False
    """All parts of models compute in float32."""
    force_fp16: Annotated[bool, _COMFYUI] = False
    """All parts of models compute in float16."""
    fp32_unet: Annotated[bool, _COMFYUI] = False
    """Diffusion models compute in float32."""
    bf16_unet: Annotated[bool, _COMFYUI] = False
    """Diffusion models compute in bfloat16."""
    fp16_unet: Annotated[bool, _COMFYUI] = False
    """Diffusion models compute in float16."""
    fp32_vae: Annotated[bool, _COMFYUI] = False
    """Autoencoders compute in float32."""
    bf16_vae: Annotated[bool, _COMFYUI] = False
    """Autoencoders compute in bfloat16."""
    fp16_vae: Annotated[bool, _COMFYUI] = False
    """Autoencoders compute in float16."""
    fp32_text_enc: Annotated[bool, _COMFYUI] = False
    """Text encoders compute in float32."""
    bf16_text_enc: Annotated[bool, _COMFYUI] = False
    """Text encoders compute in bfloat16."""
    fp16_text_enc: Annotated[bool, _COMFYUI] = False
    """Text encoders compute in float16."""
    force_channels_last: Annotated[bool, _COMFYUI] = False
    """Convolutions have their channels last, as they always have here."""
    cache_none: Annotated[bool, _COMFYUI] = False
    """Keep no results: every node runs every time."""
    cache_lru: Annotated[int | None, Field(ge=0), Flag("N", group="comfyui")] = None
    """Keep N results, those of the latest graphs, in memory; 0 is as if it were not given."""
    cache_classic: Annotated[bool, _COMFYUI] = False
    """Keep the results of the latest graph only, in memory."""
    disable_auto_launch: Annotated[bool, _COMFYUI] = False
    """Open no browser, as is the default here."""


def fields() -> dict[str, FieldInfo]:
    """The settings by name."""
    return dict(ServeOptions.model_fields)


def flag_of(field: FieldInfo) -> Flag:
    """How a setting is given on the command line."""
    return next((each for each in field.metadata if isinstance(each, Flag)), Flag())


def flag_name(name: str) -> str:
    """`data_dir` on the command line."""
    return f"--{name.replace('_', '-')}"


def table() -> str:
    """Every setting, as a table in Markdown."""
    lines = ["| flag | environment | key in the file | default | meaning |", "| --- | --- | --- | --- | --- |"]
    for name, field in fields().items():
        flag = flag_of(field)
        metavar = "" if field.annotation is bool or flag.metavar is None else f" {flag.metavar}".replace("|", "\\|")
        key = f"`{name}`" if flag.in_file else ""
        shown = "" if field.default in (None, (), False) else f"`{field.default}`"
        cells = (f"`{flag_name(name)}{metavar}`", f"`{PREFIX}{name.upper()}`", key, shown, field.description or "")
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def renewed(page: str) -> str:
    """The page of operations with the table as it is now."""
    before, _, rest = page.partition(_BEGIN)
    _, _, after = rest.partition(_END)
    return f"{before}{_BEGIN}\n{table()}\n{_END}{after}"


if __name__ == "__main__":
    PAGE.write_text(renewed(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
