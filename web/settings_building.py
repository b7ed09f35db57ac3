"""Makes the settings of a server of the options that were given, and refuses what makes no sense together."""

from dataclasses import fields
from pathlib import Path

from graph.amounts import bytes_in, seconds_in
from graph.errors import LatentloomError
from graph.model_paths import read_model_paths
from graph.retention.keeping import Keep, KeepTexts
from graph.settings import CacheMode, Settings
from web.settings import MIB, Certificate, Limits, ServerSettings, is_loopback
from web.settings_options import ServeOptions, flag_name
from web.tokens import read_or_make_token

_SUBMITS_PER_SECOND = 20.0
_CONNECTIONS_PER_ADDRESS = 100
_QUEUED_PER_OWNER = 1000
"""What holds where other machines are let in, unless the operator says otherwise."""
_PRECISIONS = {
    "force_fp32": "fp32",
    "force_fp16": "fp16",
    "fp32_unet": "model=fp32",
    "bf16_unet": "model=bf16",
    "fp16_unet": "model=fp16",
    "fp32_vae": "vae=fp32",
    "bf16_vae": "vae=bf16",
    "fp16_vae": "vae=fp16",
    "fp32_text_enc": "clip=fp32",
    "bf16_text_enc": "clip=bf16",
    "fp16_text_enc": "clip=fp16",
}
"""What the flags of ComfyUI say as a precision; first what is said of all parts, which single parts override."""
_CACHES = ("cache", "cache_none", "cache_lru", "cache_classic")


def server_settings(options: ServeOptions) -> ServerSettings:
    """What the options ask for.

    Raises:
        LatentloomError: they make no sense together, or a file that they name cannot be used.
    """
    hosts = tuple(host.strip() for host in options.listen.split(",") if host.strip())
    is_private = all(map(is_loopback, hosts)) and not options.behind_proxy
    token = read_or_make_token(Path(options.token_file)) if options.token_file else None
    if token is None and not is_private:
        cause = "--behind-proxy" if options.behind_proxy else f"--listen {options.listen}"
        raise LatentloomError(
            f"{cause} lets other machines in, so clients must show a token: say where it is kept with "
            "--token-file FILE; the file is made if it is not there."
        )
    return ServerSettings(
        engine=engine_settings(options),
        hosts=hosts,
        port=options.port,
        names=frozenset(options.allow_host),
        database=options.database,
        token=token,
        user=str(Path(options.base_directory) / "user") if options.base_directory else None,
        front_end=_front_end(options),
        previews=options.preview_method,
        drain_seconds=seconds_in(options.drain),
        keep=kept(options),
        certificate=_certificate(options),
        is_behind_proxy=options.behind_proxy,
        log_format=options.log_format,
        log_level=options.log_level,
        webhooks=options.webhooks,
        webhook_secret_file=options.webhook_secret_file,
        limits=_limits(options, is_private),
    )


def engine_settings(options: ServeOptions) -> Settings:
    """What a worker needs to know of the options.

    Raises:
        LatentloomError: as `server_settings`.
    """
    base = Path(options.base_directory) if options.base_directory else None

    def place(given: str | None, name: str) -> str | None:
        return given or (str(base / name) if base is not None else None)

    temp = str(Path(options.temp_directory) / "temp") if options.temp_directory else place(None, "temp")
    extra = read_model_paths(*map(Path, options.extra_model_paths_config))
    return Settings(
        data=options.data_dir or place(None, "latentloom") or "data",
        models=tuple(options.models or [place(None, "models") or "models"]),
        extra_models=extra.models,
        packs=(*_existing(options.node_packs), *(pack for pack in extra.node_packs if Path(pack).exists())),
        output=place(options.output_directory, "output"),
        input=place(options.input_directory, "input"),
        temp=temp,
        device="cpu" if options.cpu else options.device or "auto",
        precision=_precision(options),
        accelerate=options.accelerate,
        model_budget_bytes=None if options.model_memory is None else bytes_in(options.model_memory),
        cache=_cache(options),
        cached_results=options.cache_lru or 0,
        memory_cache_bytes=bytes_in(options.memory_cache),
        disk_cache_bytes=bytes_in(options.disk_cache),
        preload=True,
    ).absolute()


def kept(options: ServeOptions) -> Keep:
    """How much of the past the options keep."""
    texts = {each.name: getattr(options, each.name) for each in fields(KeepTexts)}
    return KeepTexts(**texts).read()


def _limits(options: ServeOptions, is_private: bool) -> Limits:
    """What holds where other machines are let in; on this machine alone only what the operator asked for."""
    rate, connections, queued = (
        (None, None, None) if is_private else (_SUBMITS_PER_SECOND, _CONNECTIONS_PER_ADDRESS, _QUEUED_PER_OWNER)
    )
    return Limits(
        upload_bytes=round(options.max_upload_size * MIB),
        memory_bytes=bytes_in(options.memory_limit) if options.memory_limit is not None else None,
        submits_per_second=options.submits_per_second or rate,
        connections_per_address=options.connections_per_address or connections,
        queued_per_owner=options.queued_per_owner or queued,
    )


def _cache(options: ServeOptions) -> CacheMode:
    given = [name for name in _CACHES if getattr(options, name)]
    if len(given) > 1:
        raise LatentloomError(f"{' and '.join(map(flag_name, given))} contradict each other; give one of them.")
    if options.cache_none:
        return "none"
    return "graphs" if options.cache_lru or options.cache_classic else options.cache or "all"


def _precision(options: ServeOptions) -> str:
    """One for each part that a flag names; --precision says it of all."""
    given = {flag: word for flag, word in _PRECISIONS.items() if getattr(options, flag)}
    parts = [word.rpartition("=")[0] for word in given.values()]
    names = [flag_name(flag) for flag in given]
    if given and options.precision:
        raise LatentloomError(f"--precision and {' and '.join(names)} contradict each other; give one of them.")
    if len(set(parts)) < len(parts):
        raise LatentloomError(f"{' and '.join(names)} contradict each other; give one for each part of a model.")
    return ",".join(given.values()) or options.precision or "auto"


def _certificate(options: ServeOptions) -> Certificate | None:
    if options.tls_certfile is None:
        if options.tls_keyfile is not None:
            raise LatentloomError("--tls-keyfile is of no use without --tls-certfile, the certificate it belongs to.")
        return None
    return Certificate(options.tls_certfile, options.tls_keyfile)


def _existing(paths: tuple[str, ...]) -> tuple[str, ...]:
    for path in paths:
        if not Path(path).exists():
            raise LatentloomError(f'--node-packs: there is no "{path}".')
    return paths


def _front_end(options: ServeOptions) -> str | None:
    if options.front_end_root is None:
        return None
    folder = Path(options.front_end_root).absolute()
    if not (folder / "index.html").is_file():
        raise LatentloomError(f"--front-end-root: {folder} holds no index.html, so it is no front end.")
    return str(folder)
