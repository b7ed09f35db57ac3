"""Examples of nodes, for help panels."""

from tests.web.serving import ServerProcess


def test_a_node_is_shown_at_work(server: ServerProcess):
    found = server.get("/api/v2/catalogue/KSampler/example")
    assert "KSampler" in {node["class_type"] for node in found["workflow"].values()}
    assert found["needs"] == []
    assert server.get("/api/v2/catalogue/LoadImage/example")["needs"] == ["input/photo.png"]


def test_what_has_no_example_says_so(server: ServerProcess):
    assert server.ask("GET", "/api/v2/catalogue/Nothing/example")[0] == 404
