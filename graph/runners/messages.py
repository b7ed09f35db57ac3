"""What the server and a worker process say to each other: two unions of frozen models, sent as frames."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from graph.errors import FrameError
from graph.events import Event
from graph.runners.base import JobRequest
from graph.runners.plans import PlanReport
from graph.wire import Message, encode

PROTOCOL = 1
"""Raised when the messages change their meaning; both ends must have the same."""

CONNECTION_LOST = 71
"""The exit code of a worker that cannot talk to its supervisor any more."""

TOKEN_VARIABLE = "LATENTLOOM_WORKER_TOKEN"
"""The environment variable with the token of a `Greeting`."""


class _Message(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Start(_Message):
    """To the worker, once and first: what it is to become."""

    kind: Literal["start"] = "start"
    protocol: int = PROTOCOL
    factory: str
    """Where the application comes from: `module:function`."""
    settings: Mapping[str, Any] = Field(default_factory=dict)  # JSON: the factory's argument
    memory_limit_bytes: int | None = None
    beat_seconds: float = Field(default=1.0, gt=0)


class Run(_Message):
    """To the worker: run this job."""

    kind: Literal["run"] = "run"
    job: JobRequest


class Cancel(_Message):
    """To the worker: ask this job to stop."""

    kind: Literal["cancel"] = "cancel"
    job: str


class Free(_Message):
    """To the worker: give memory back, once no job runs."""

    kind: Literal["free"] = "free"
    models: bool
    results: bool


class Ask(_Message):
    """To the worker: say what would run of this document. Answered while a job runs."""

    kind: Literal["ask"] = "ask"
    number: int
    document: Mapping[str, Any]  # JSON: a workflow document or a bare execution graph
    targets: tuple[str, ...] | None = None
    checks_only: bool = False
    """Whether only what is wrong with it is asked for."""


class Stop(_Message):
    """To the worker: end now."""

    kind: Literal["stop"] = "stop"


class Greeting(_Message):
    """To the server, first, where the worker had to connect by itself: proof that it is the worker."""

    kind: Literal["greeting"] = "greeting"
    token: str


class Ready(_Message):
    """To the server: the application is built."""

    kind: Literal["ready"] = "ready"
    protocol: int
    catalogue: Mapping[str, Any]  # JSON: `Catalogue.to_data`
    versions: Mapping[str, str]
    """Versions of the interpreter and of the packages that matter to results."""


class Refused(_Message):
    """To the server: the application could not be built; the worker ends."""

    kind: Literal["refused"] = "refused"
    message: str
    traceback: tuple[str, ...] = ()


class Beat(_Message):
    """To the server, whenever there was nothing else to say for a while: the worker is alive."""

    kind: Literal["beat"] = "beat"


class Holds(_Message):
    """To the server, after each job: how many bytes the worker holds, as `Application.held` tells it."""

    kind: Literal["holds"] = "holds"
    nbytes: Mapping[str, int]


class Happened(_Message):
    """To the server: an event of the running job. Its `seq` counts from 1 in each attempt; previews do not count."""

    kind: Literal["happened"] = "happened"
    event: Event


class Told(_Message):
    """To the server: the plan that was asked for, or why there is none."""

    kind: Literal["told"] = "told"
    number: int
    report: PlanReport | None = None
    refusal: str = ""
    """Why the document cannot be read, if that is it."""
    fault: str = ""
    """What went wrong in the worker, if something did."""


ToWorker = Annotated[Start | Run | Cancel | Free | Ask | Stop, Field(discriminator="kind")]
ToServer = Annotated[Greeting | Ready | Refused | Beat | Happened | Holds | Told, Field(discriminator="kind")]

_TO_WORKER: TypeAdapter[ToWorker] = TypeAdapter(ToWorker)
_TO_SERVER: TypeAdapter[ToServer] = TypeAdapter(ToServer)


def frame_of(message: ToWorker | ToServer) -> bytes:
    """A message as a frame.

    Raises:
        FrameError: as `encode`.
    """
    if isinstance(message, Run):  # what it holds is JSON already: to copy a large document takes long
        return encode({"kind": message.kind, "job": dict(message.job)})
    return encode(message.model_dump())


def to_worker(data: Message) -> ToWorker:
    """The message that a worker received.

    Raises:
        FrameError: it is none.
    """
    try:
        return _TO_WORKER.validate_python(data)
    except ValidationError as error:
        raise _not_understood(error) from error


def to_server(data: Message) -> ToServer:
    """The message that a server received.

    Raises:
        FrameError: it is none.
    """
    try:
        return _TO_SERVER.validate_python(data)
    except ValidationError as error:
        raise _not_understood(error) from error


def _not_understood(error: ValidationError) -> FrameError:
    first = error.errors()[0]
    place = ".".join(str(part) for part in first["loc"])
    return FrameError(f"A message between server and worker is not understood: {place}: {first['msg']}.")
