"""What a server is told: where it listens, who may talk to it, where its files are."""

import ipaddress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from graph.retention.keeping import Keep
from graph.settings import Settings

MIB = 1024**2
LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})
PREVIEW_METHODS = frozenset({"none", "auto", "latent2rgb", "taesd"})


LogFormat = Literal["text", "json"]


@dataclass(frozen=True)
class Certificate:
    """Files in PEM: a certificate chain, and its key if that is not in the same file."""

    chain: str
    key: str | None = None


@dataclass(frozen=True)
class Limits:
    """How much one request may ask for."""

    json_bytes: int = 16 * MIB
    """The largest JSON body."""
    upload_bytes: int = 256 * MIB
    """The largest upload."""
    nodes: int = 20_000
    """The most nodes of one graph."""
    body_seconds: float = 30.0
    """How long a body may pause or, if it is JSON, take to arrive."""
    sockets: int = 1000
    """The most websockets at a time."""
    socket_bytes: int = 8 * MIB
    """How much may wait for a client that does not read its websocket."""
    memory_bytes: int | None = None
    """How much memory a node of a graph may take, as far as can be estimated; None is what the machine has, 0 any."""
    queued: int = 50_000
    """The most jobs that may wait."""
    submits_per_second: float | None = None
    """How many jobs one address may submit, ten seconds' worth at once; None does not count."""
    connections_per_address: int | None = None
    """How many connections one address may hold; None does not count."""
    queued_per_owner: int | None = None
    """How many jobs one client may have waiting; None does not count."""
    sockets_bytes: int = 64 * MIB
    """How much may wait for all clients together that do not read their websockets."""
    catalogue_seconds: float = 30.0
    """How long a request waits for the first worker to say which nodes there are."""


@dataclass(frozen=True)
class ServerSettings:
    """Everything a server is told, as plain values."""

    engine: Settings = field(default_factory=Settings)
    """What the worker is told too: folders, device, caches."""
    hosts: tuple[str, ...] = ("127.0.0.1",)
    """The addresses to listen on."""
    port: int = 8188
    """0 takes a free one."""
    names: frozenset[str] = frozenset()
    """Further host names under which the server is reached."""
    database: str | None = None
    """A PostgreSQL database, instead of a file in the data folder."""
    token: str | None = field(default=None, repr=False)
    """What clients must know; required unless only this machine is listened to."""
    user: str | None = None
    """Where settings and saved files of people are; `<data>/user` unless told otherwise."""
    front_end: str | None = None
    """A folder with another front end, which takes the place of our page."""
    previews: str = "none"
    """How running pictures are shown where a request does not say."""
    drain_seconds: float = 10.0
    """How long a running job may go on when the server is asked to stop."""
    keep: Keep = field(default_factory=Keep)
    """How much of the past is kept."""
    certificate: Certificate | None = None
    """What the server shows to speak HTTPS; None speaks HTTP."""
    is_behind_proxy: bool = False
    """Whether a proxy on this machine is believed when it says for whom it asks."""
    log_format: LogFormat = "text"
    log_level: str = "info"
    spare: bool = True
    """Whether a second worker stands ready to take over."""
    webhooks: tuple[str, ...] = ()
    """The hosts that jobs may tell of their end, as `AllowedHosts` has them; none: webhooks are off."""
    webhook_secret_file: str | None = None
    """Holds what webhooks are signed with; `<data>/webhook-secret` unless told otherwise."""
    limits: Limits = field(default_factory=Limits)

    @property
    def is_loopback(self) -> bool:
        """Whether nobody but this machine can connect."""
        return all(is_loopback(host) for host in self.hosts)

    @property
    def user_folder(self) -> Path:
        """Where the files of the only user are."""
        return Path(self.user or Path(self.engine.data) / "user") / "default"


def is_loopback(host: str) -> bool:
    """Whether an address, or a host name, means this machine only."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def is_address(host: str) -> bool:
    """Whether a host is a number rather than a name."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
