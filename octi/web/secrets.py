"""What becomes of client secrets that were handed out: those who had them made can take them back."""

from quart import Blueprint
from quart.typing import ResponseReturnValue
from werkzeug.exceptions import NotFound

from octi.errors import UnknownSession
from octi.services import Services
from octi.web.callers import current_caller


def secret_pages(services: Services) -> Blueprint:
    """`/sessions/{id}/secrets`, `/secrets/{digest}`: revoked, they open nothing of octi's any more.

    What they have opened goes on; `DELETE /sessions/{id}` ends it. A provider's own secrets stay good at the provider.
    """
    pages = Blueprint("secrets", __name__)

    @pages.delete("/sessions/<session_id>/secrets")
    async def of_session(session_id: str) -> ResponseReturnValue:
        try:
            return {"revoked": await services.directory.revoke(current_caller(), session=session_id)}
        except UnknownSession:
            raise NotFound("Unknown sessionId") from None

    @pages.delete("/secrets/<digest>")
    async def revoked(digest: str) -> ResponseReturnValue:
        try:
            return {"revoked": await services.directory.revoke(current_caller(), digest=digest.lower())}
        except UnknownSession:
            raise NotFound("There is no client secret of this SHA-256") from None

    return pages
