"""The application: every door of the service, over one engine and one release."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from importlib.resources import files

from fastapi import FastAPI
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.staticfiles import StaticFiles

from evidensgraf.graph.engine import Engine
from evidensgraf.graph.release import Release
from evidensgraf.service import (
    api,
    api_docs,
    catalogue,
    checks,
    compare,
    gap_map_pages,
    graph_store,
    impact_pages,
    linksets,
    lists,
    ontology_quality,
    openapi,
    operations,
    pages,
    problem_pages,
    problems,
    readiness,
    releases,
    resources,
    rules,
    search_api,
    sparql,
    template,
    tensions_pages,
)
from evidensgraf.service.access import Record, Watched
from evidensgraf.service.logs import AccessLog
from evidensgraf.service.metrics import Requests
from evidensgraf.service.middleware import EveryAnswer, HeadAsGet, LastResort, WhileConnected
from evidensgraf.service.rate import RateLimit
from evidensgraf.service.responses import (
    HTML,
    About,
    answer,
    engine_of,
    known,
    language,
    link,
    negotiate,
)
from evidensgraf.service.serving import Served, Serving, WithServing
from evidensgraf.service.settings import Settings
from evidensgraf.service.shortcut import Repeat

STATIC_PAGES = ("about", "accessibility")
"""Pages of plain text."""


def create_app(engine: Engine, release: Release, settings: Settings) -> FastAPI:
    """Return the service over a started engine and the release that it answers from.

    ``app.state.served`` takes another engine and release while it runs; the caller closes the engine that is served.
    Of its ``settings.workers`` workers, queries that users write, and those of the catalogue, take all but one, so that
    they never hold up documents, pages and the API. The application works wherever it is mounted, and under
    ``settings.root_path``.
    """
    served = Served(Serving(engine, release, settings))
    requests = Requests()
    watchers: list[Callable[[Record], None]] = [requests] if settings.log == "off" else [requests, AccessLog(settings)]
    limit = [Middleware(RateLimit, settings.rate, settings.burst, settings.proxies)] if settings.rate else []
    app = FastAPI(
        title="Evidensgraf",
        version=openapi.API_INFO["apiVersion"],
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
        middleware=[
            Middleware(Watched, watchers),
            Middleware(WithServing, served=served),
            Middleware(EveryAnswer, settings.root_path, settings.hsts_seconds),
            *limit,
            Middleware(Repeat),
            Middleware(HeadAsGet),
            Middleware(LastResort),
            Middleware(WhileConnected),
        ],
    )
    app.state.served, app.state.settings = served, settings
    app.state.requests, app.state.watchers, app.state.stopping = requests, watchers, False
    problems.register(app)
    openapi.install(app, settings)
    app.router.routes[:0] = sparql.ROUTES  # before everything else, and without a framework around them
    data = (catalogue, resources, graph_store, lists, linksets, releases, compare, readiness, rules)
    made = (impact_pages, gap_map_pages, tensions_pages, template, checks)
    for part in (*data, problem_pages, operations, api, api_docs, search_api, *made):
        app.include_router(part.router)
    _add_own_routes(app)
    app.mount("/static", StaticFiles(directory=str(files("evidensgraf.service") / "static")), name="static")
    return app


def _add_own_routes(app: FastAPI) -> None:
    app.add_api_route("/", _page(lambda r, lang: pages.start(r, engine_of(r), lang)), include_in_schema=False)
    app.add_api_route("/quality", _page(lambda r, lang: pages.quality(r, engine_of(r), lang)), include_in_schema=False)
    app.add_api_route("/quality/ontology", _page(ontology_quality.page), include_in_schema=False)
    for name in STATIC_PAGES:
        app.add_api_route(f"/{name}", _page(_static(name)), include_in_schema=False)


_Render = Callable[[Request, str], Awaitable[str]]


def _static(name: str) -> _Render:
    return lambda request, lang: pages.static_page(request, name, lang)


def _page(render: _Render) -> Callable[[Request], Awaitable[Response]]:
    """Return the handler of a page that exists as HTML only."""

    async def handler(request: Request) -> Response:
        negotiate(request, [HTML])
        lang = language(request)
        base = str(request.app.state.settings.public_base)
        about = About(links=[link(f"{base}api/v1/openapi.json", "service-desc", type="application/json")])
        if ready := known(request, HTML, lang, about):
            return ready
        return answer(request, await render(request, lang), HTML, lang, about)

    return handler
