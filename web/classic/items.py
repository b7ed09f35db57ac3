"""Jobs as the classic queue and history show them."""

from collections.abc import Iterable, Mapping, Sequence

from graph.events import Event
from graph.jobs.records import Job, Output, Payload
from graph.spec import Json
from web.classic.messages import landmark

CLIENT_ID = "client_id"
_SECRETS = frozenset({"auth_token_comfy_org", "api_key_comfy_org"})


def kept_extra(extra_data: Mapping[str, Json], client_id: str | None) -> dict[str, Json]:
    """What of a request's `extra_data` is kept with the job: credentials of other services are not."""
    kept = {key: value for key, value in extra_data.items() if key not in _SECRETS}
    return kept if client_id is None else {**kept, CLIENT_ID: client_id}


def queue_item(job: Job, payload: Payload) -> list[Json]:
    """`[number, id, graph, extra_data, output ids]`."""
    extra = {**payload.extra, "create_time": milliseconds(job.created)}
    return [number_of(job), job.id, prompt_of(payload), extra, list(payload.targets or ())]


def history_entry(job: Job, payload: Payload, outputs: Iterable[Output], landmarks: Sequence[Event]) -> dict[str, Json]:
    """What became of a job that is over."""
    shown = list(outputs)
    told = [message for event in landmarks if (message := landmark(event)) is not None]
    is_success = job.state == "succeeded"
    return {
        "prompt": queue_item(job, payload),
        "outputs": {each.node.id: dict(each.ui) for each in shown},
        "status": {
            "status_str": "success" if is_success else "error",
            "completed": is_success,
            "messages": [[message.type, dict(message.data)] for message in told],
        },
        "meta": {
            each.node.id: {
                "node_id": each.node.id,
                "display_node": each.node.display or each.node.id,
                "parent_node": each.node.parent,
                "real_node_id": each.node.id,
            }
            for each in shown
        },
    }


def prompt_of(payload: Payload) -> Json:
    """The graph of a job in the API shape."""
    document = payload.document
    return document["graph"] if "latentloom" in document else document


def number_of(job: Job) -> int | float:
    """The place of a job in the queue, a whole number where it is one."""
    return int(job.number) if job.number.is_integer() else job.number


def milliseconds(seconds: float) -> int:
    """A time as clients of the classic protocol have it."""
    return round(seconds * 1000)
