"""What a trader may take along."""

from datetime import UTC

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, StreamingHttpResponse
from django.utils import timezone
from django.views.decorators.http import require_POST

from accounts.models import SecurityAct
from accounts.services.security_log import record
from accounts.step_up import stepped_up
from trading.queries.everything import archive
from trading.views.guards import trader_of


@login_required
@require_POST
@stepped_up()
def export_everything(request: HttpRequest) -> StreamingHttpResponse:
    """All that is kept of the trader, as an archive that is sent while it is read."""
    trader, now = trader_of(request), timezone.now()
    record(trader, SecurityAct.EXPORTED, now=now)
    response = StreamingHttpResponse(archive(trader, now), content_type="application/zip")
    response["Content-Disposition"] = f'attachment; filename="tradeportal-{now.astimezone(UTC):%Y%m%d-%H%M%SZ}.zip"'
    response["Cache-Control"] = "private, no-store"
    return response
