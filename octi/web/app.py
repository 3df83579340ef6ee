"""The HTTP application: its blueprints, its limits, its errors."""

from collections.abc import Callable

from quart import Blueprint
from quart_trio import QuartTrio

from octi.services import Services
from octi.web.access import tell_routes
from octi.web.budgets import ask_budgets
from octi.web.callers import ask_callers
from octi.web.census import census_pages
from octi.web.console import console_pages
from octi.web.events import event_pages
from octi.web.health import health_pages
from octi.web.ledger import ledger_pages
from octi.web.limiting import limit_requests
from octi.web.metrics import metric_pages
from octi.web.openapi import openapi_pages
from octi.web.origins_a import origin_a_pages
from octi.web.origins_b import origin_b_pages
from octi.web.pages import front_pages
from octi.web.realtime_api import realtime_pages
from octi.web.recordings import recording_pages
from octi.web.replies import answer_errors
from octi.web.secrets import secret_pages
from octi.web.sessions import session_pages
from octi.web.steering import steering_pages
from octi.web.transcripts import transcript_pages

LARGEST_BODY_BYTES = 1 << 20
BODY_S = 30  # for a request's body to arrive

PAGES: tuple[Callable[[Services], Blueprint], ...] = (
    front_pages,
    health_pages,
    session_pages,
    secret_pages,
    steering_pages,
    transcript_pages,
    recording_pages,
    ledger_pages,
    event_pages,
    origin_a_pages,
    origin_b_pages,
    realtime_pages,
    census_pages,
    console_pages,
    metric_pages,
    openapi_pages,
)


def create_app(services: Services) -> QuartTrio:
    """All that octi answers over plain HTTP. Sockets never come here (`octi.front`)."""
    app = QuartTrio("octi", static_folder=None)
    app.config.update(MAX_CONTENT_LENGTH=LARGEST_BODY_BYTES, BODY_TIMEOUT=BODY_S)
    app.json.sort_keys = False  # type: ignore[attr-defined]  # the default provider has it, the base does not
    answer_errors(app, services.observer.meter)
    tell_routes(app)
    ask_callers(app, services)
    limit_requests(app, services)
    ask_budgets(app, services)
    for pages in PAGES:
        app.register_blueprint(pages(services))
    return app
