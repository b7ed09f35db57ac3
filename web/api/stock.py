"""What the ecosystem's browser asks for and this server has none of: translations, shared subgraphs and the like."""

from aiohttp import web

from web.api.errors import NotThere
from web.api.replies import reply


def routes() -> list[web.RouteDef]:
    """The routes of this resource."""
    return [
        web.get("/i18n", get_nothing),
        web.get("/workflow_templates", get_nothing),
        web.get("/node_replacements", get_nothing),
        web.get("/global_subgraphs", get_nothing),
        web.get("/global_subgraphs/{id}", get_subgraph),
    ]


async def get_nothing(request: web.Request) -> web.Response:
    """Nothing by any name."""
    return reply({})


async def get_subgraph(request: web.Request) -> web.Response:
    """There is none."""
    raise NotThere("This server keeps no subgraphs of its own.")
