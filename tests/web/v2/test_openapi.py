"""The description of the interface, and whether the interface is as described."""

import warnings
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from jsonschema_rs import Draft202012Validator

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import schemathesis
    from schemathesis.specs.openapi.checks import negative_data_rejection, positive_data_acceptance

from tests.web.serving import ServerProcess
from web.api.v2.joining import ENDPOINTS

EXAMPLES = 4
"""How many requests of each kind are tried for each operation: enough to find what is wrong everywhere."""


@pytest.fixture(scope="module")
def description(server: ServerProcess) -> Any:
    return server.get("/openapi.json")


def test_every_typed_route_is_described(description: Any):
    described = {
        (method.upper(), path)
        for path, operations in description["paths"].items()
        for method, told in operations.items()
        if "classic" not in told["tags"]
    }
    assert described == {(each.method, each.path) for each in ENDPOINTS}
    assert description["openapi"] == "3.1.0"


def test_every_operation_says_what_it_does(description: Any):
    for operations in description["paths"].values():
        for told in operations.values():
            assert told["summary"].endswith("."), told


def test_operations_have_names_of_their_own():
    names = [each.name for each in ENDPOINTS]
    assert len(names) == len(set(names))


def test_the_schemas_are_schemas(description: Any):
    for schema in description["components"]["schemas"].values():
        Draft202012Validator(schema | {"components": description["components"]})


def test_a_page_shows_it_and_nothing_else_can_run_there(server: ServerProcess):
    status, page, headers = server.ask("GET", "/api/docs")
    assert (status, headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert b"http" not in page.replace(b"http-equiv", b"")
    assert server.ask("GET", "/api/docs/reference.js")[2]["Content-Type"] == "text/javascript; charset=utf-8"
    assert server.ask("GET", "/api/docs/other.js")[0] == 404


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("mode", list(schemathesis.GenerationMode), ids=lambda each: each.value)
@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda each: each.name)
def test_the_interface_is_as_described(server: ServerProcess, description: Any, endpoint: Any, mode: Any):
    schema = schemathesis.openapi.from_dict(description)
    schema.config.update(base_url=server.url)
    operation = schema[endpoint.path][endpoint.method]

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def check(case: Any) -> None:
        answer = case.call(timeout=20)
        case.validate_response(answer, excluded_checks=_beyond_schemas(endpoint, answer))

    try:
        check()
    except Unsatisfiable:
        assert mode is schemathesis.GenerationMode.NEGATIVE  # nothing of this operation can be wrong


def _beyond_schemas(endpoint: Any, answer: Any) -> list[Any]:
    """The checks that do not apply: no schema says what a workflow, a file or a form is."""
    if endpoint.form:
        return [positive_data_acceptance, negative_data_rejection]
    is_refused = answer.status_code in (415, 422) and answer.json()["error"]["code"] != "invalid_request"
    return [positive_data_acceptance] if is_refused else []
