"""Where settings come from: flags, then the environment, then a TOML file; the first that says something is right.

What nobody knows is refused with the name that was probably meant: a setting that is misspelt must not be a setting
that is silently left out.
"""

import argparse
import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, TomlConfigSettingsSource

from graph.errors import LatentloomError
from graph.suggest import nearest, said
from web.settings_options import FILE_NAME, PREFIX, ServeOptions, fields, flag_name, flag_of

_NOT_SETTINGS = frozenset(
    f"{PREFIX}{name}" for name in ("FAULT", "WORKER_TOKEN", "SKIP_EDITOR", "SERVER", "TEST_CACHE", "WILD")
)
"""Variables of this program that are no settings."""
_DATA = "data"


class SettingsError(LatentloomError):
    """A setting is not known, or its value makes no sense; says where it was given."""


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Offer every setting as a flag. What is not given is not there afterwards, so that others may say it."""
    comfyui = parser.add_argument_group("options as ComfyUI has them")
    for name, field in fields().items():
        place = comfyui if flag_of(field).group == "comfyui" else parser
        place.add_argument(flag_name(name), dest=name, default=argparse.SUPPRESS, **_how(field))


def read_options(given: Mapping[str, Any]) -> ServeOptions:  # what argparse found
    """The settings that flags, environment and file say.

    Args:
        given: the flags, by name.

    Raises:
        SettingsError: one is not known, or its value makes no sense.
    """
    flags = {name: value for name, value in given.items() if name in fields()}
    _check_environment()
    file = _file(flags)
    _check_file(file)

    class Read(ServeOptions):
        @classmethod
        def settings_customise_sources(
            cls,
            settings_cls: type[BaseSettings],
            init_settings: PydanticBaseSettingsSource,
            env_settings: PydanticBaseSettingsSource,
            dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - the signature is pydantic's
            file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - as above
        ) -> tuple[PydanticBaseSettingsSource, ...]:
            return init_settings, env_settings, TomlConfigSettingsSource(settings_cls, file)

    try:
        return Read(**flags)
    except ValidationError as error:
        raise _explained(error, flags, file) from error


def _how(field: FieldInfo) -> dict[str, Any]:
    """The arguments of `add_argument` for a setting. Values stay text: they are read where those of a file are."""
    flag, help_text = flag_of(field), (field.description or "").replace("`", "").replace("%", "%%")
    if field.annotation is bool:
        return {"action": argparse.BooleanOptionalAction, "help": help_text}
    shown = {"metavar": flag.metavar, "help": help_text}
    if flag.alone is not None:
        return {**shown, "nargs": "?", "const": flag.alone}
    if flag.many:
        return {**shown, "nargs": "+", "action": "extend"}
    if _is_list(field):
        return {**shown, "action": "append"}
    return shown


def _is_list(field: FieldInfo) -> bool:
    return isinstance(field.default, tuple)


def _file(flags: Mapping[str, Any]) -> Path | None:
    """The file to read: the one that is named, else the one in the data folder if it is there."""
    named = flags.get("config") or os.environ.get(f"{PREFIX}CONFIG")
    if named:
        if not Path(named).is_file():
            raise SettingsError(f"There is no file {named} to read settings from (--config).")
        return Path(named)
    base = flags.get("base_directory") or os.environ.get(f"{PREFIX}BASE_DIRECTORY")
    data = flags.get("data_dir") or os.environ.get(f"{PREFIX}DATA_DIR")
    place = Path(data) if data else Path(base) / "latentloom" if base else Path(_DATA)
    found = place / FILE_NAME
    if not found.is_file():
        return None
    if any(name in _content(found) for name in ("data_dir", "base_directory")):
        raise SettingsError(f"{found} is in the data folder, so it cannot say where that is: take data_dir out of it.")
    return found


def _content(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{file} is not valid TOML: {error}.") from error
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{file} cannot be read: {error}.") from error


def _check_file(file: Path | None) -> None:
    known = [name for name, field in fields().items() if flag_of(field).in_file]
    for name in _content(file) if file is not None else ():
        if name not in known:
            raise SettingsError(f'{file}: there is no setting "{name}".{_hint(name, known)}')


def _check_environment() -> None:
    known = [f"{PREFIX}{name.upper()}" for name in fields()]
    for name in os.environ:
        if name.upper().startswith(PREFIX) and name.upper() not in (*known, *_NOT_SETTINGS):
            hint = _hint(name.upper().removeprefix(PREFIX), [each.removeprefix(PREFIX) for each in known], PREFIX)
            raise SettingsError(f"The environment variable {name} is no setting.{hint}")


def _hint(name: str, known: list[str], prefix: str = "") -> str:
    near = nearest(name, known, 1)
    return f" Did you mean {said([prefix + each for each in near])}?" if near else " docs/operations.md lists them all."


def _explained(error: ValidationError, flags: Mapping[str, Any], file: Path | None) -> SettingsError:
    """What is wrong with the first value, and where it was given."""
    first = error.errors(include_url=False)[0]
    name = str(first["loc"][0]) if first["loc"] else ""
    if name in flags:
        where = flag_name(name)
    elif f"{PREFIX}{name.upper()}" in os.environ:
        where = f"{PREFIX}{name.upper()} in the environment"
    else:
        where = f"{name} in {file}"
    message = first["msg"].removeprefix("Value error, ")
    return SettingsError(f"{where}: {message[:1].lower()}{message[1:]}, got {str(first['input'])[:80]!r}.")
