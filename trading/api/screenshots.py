"""trades/{id}/screenshots/: pictures beside a trade."""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import Http404, HttpResponse
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from tradeportal.rest.conditional import of_itself
from tradeportal.rest.schemas import ERRORS, Error
from tradeportal.rest.throttles import TraderThrottle, UploadThrottle
from trading.api.base import ONE_ANSWERS
from trading.downloads import picture
from trading.models import Screenshot, ScreenshotKind, Trade
from trading.models.screenshot import MEDIA_TYPE
from trading.queries.trades import all_trades
from trading.services import screenshots as services

FIELDS = ("id", "caption", "width", "height", "size", "sha256", "added_at")
#: What the form of an upload may weigh beside its file.
_FORM_BYTES = 65_536


class ScreenshotRow(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    caption = serializers.CharField()
    width = serializers.IntegerField(help_text="In pixels, as kept.")
    height = serializers.IntegerField()
    size = serializers.IntegerField(help_text="What picture and thumbnail take, in bytes.")
    sha256 = serializers.CharField(help_text="Of the file that was sent.")
    added_at = serializers.DateTimeField()
    image = serializers.CharField(help_text="The address of the picture, a WebP of at most 2560 pixels a side.")
    thumbnail = serializers.CharField(help_text="The address of a small one, of at most 480.")


class ScreenshotList(serializers.Serializer[Any]):
    results = ScreenshotRow(many=True)


class ScreenshotUpload(serializers.Serializer[Any]):
    file = serializers.FileField(help_text="PNG, JPEG, WebP or GIF.", use_url=False, allow_empty_file=True)
    caption = serializers.CharField(required=False, allow_blank=True, max_length=200)


class ScreenshotChanges(serializers.Serializer[Any]):
    caption = serializers.CharField(allow_blank=True, max_length=200)


@extend_schema_view(
    get=extend_schema(
        operation_id="screenshots_list",
        summary="The screenshots of a trade, in the order in which they were added",
        tags=["trades"],
        responses={200: ScreenshotList, **ONE_ANSWERS},
    ),
    post=extend_schema(
        operation_id="screenshots_upload",
        summary="Add a screenshot: 201, or 200 with the one that is there when the same file comes twice",
        tags=["trades"],
        request={"multipart/form-data": ScreenshotUpload},
        responses={200: ScreenshotRow, 201: ScreenshotRow, 400: Error, 413: Error, 415: Error, **ONE_ANSWERS},
    ),
)
class ScreenshotsView(APIView):
    parser_classes = (MultiPartParser,)
    throttle_classes = (TraderThrottle, UploadThrottle)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Refuses what is announced as too large before anything reads of it."""
        if int(request.META.get("CONTENT_LENGTH") or 0) > settings.SCREENSHOT_MAX_BYTES + _FORM_BYTES:
            raise RequestDataTooBig(f"This picture is larger than {settings.SCREENSHOT_MAX_BYTES / 1_048_576:.0f} MiB.")
        super().initial(request, *args, **kwargs)

    def get(self, request: Request, trade_id: UUID) -> Response:
        trade = _trade(request, trade_id)
        rows = Screenshot.objects.of(trade).shown().values(*FIELDS)
        return of_itself(request, {"results": [_row(request, row) for row in rows]})

    def post(self, request: Request, trade_id: UUID) -> Response:
        trade = _trade(request, trade_id)
        form = ScreenshotUpload(data=request.data)
        form.is_valid(raise_exception=True)
        given = form.validated_data
        kept, is_new = services.add_screenshot(
            trade, given["file"].chunks(), now=timezone.now(), caption=given.get("caption", "")
        )
        location = f"{request.path}{kept.pk}/"
        return Response(_shown(request, kept), status=201 if is_new else 200, headers={"Location": location})


@extend_schema_view(
    get=extend_schema(
        operation_id="screenshots_retrieve",
        summary="What is known about a screenshot",
        tags=["trades"],
        responses={200: ScreenshotRow, **ONE_ANSWERS},
    ),
    patch=extend_schema(
        operation_id="screenshots_change",
        summary="Change the caption of a screenshot",
        tags=["trades"],
        request=ScreenshotChanges,
        responses={200: ScreenshotRow, 400: Error, 415: Error, **ONE_ANSWERS},
    ),
    delete=extend_schema(
        operation_id="screenshots_delete",
        summary="Delete a screenshot; for seven days its trader can bring it back on the page of the trade",
        tags=["trades"],
        responses={204: OpenApiResponse(description="Deleted."), 404: Error, **ERRORS},
    ),
)
class ScreenshotView(APIView):
    def get(self, request: Request, trade_id: UUID, screenshot_id: UUID) -> Response:
        shot = _own(request, trade_id, screenshot_id)
        return of_itself(request, _shown(request, shot))

    def patch(self, request: Request, trade_id: UUID, screenshot_id: UUID) -> Response:
        shot = _own(request, trade_id, screenshot_id)
        form = ScreenshotChanges(data=request.data)
        form.is_valid(raise_exception=True)
        services.change_caption(shot, form.validated_data["caption"])
        shot.refresh_from_db()
        return Response(_shown(request, shot))

    def delete(self, request: Request, trade_id: UUID, screenshot_id: UUID) -> Response:
        services.remove_screenshot(_own(request, trade_id, screenshot_id), timezone.now())
        return Response(status=204)


class PictureView(APIView):
    """The bytes. `kind` is set by the address."""

    kind: str = ScreenshotKind.IMAGE

    def get(self, request: Request, trade_id: UUID, screenshot_id: UUID) -> HttpResponse:
        return picture(_own(request, trade_id, screenshot_id), self.kind)


def _picture_view(kind: ScreenshotKind, summary: str) -> type[PictureView]:
    described = extend_schema_view(
        get=extend_schema(
            operation_id=f"screenshots_{kind}",
            summary=summary,
            tags=["trades"],
            responses={(200, MEDIA_TYPE): OpenApiTypes.BINARY, 404: Error, **ERRORS},
        )
    )
    made: type[PictureView] = described(type(f"{kind.title()}View", (PictureView,), {"kind": kind}))
    return made


ImageView = _picture_view(ScreenshotKind.IMAGE, "A screenshot as it is kept")
ThumbnailView = _picture_view(ScreenshotKind.THUMBNAIL, "A screenshot, small")


def _trade(request: Request, trade_id: UUID) -> Trade:
    """Errors: Http404 for somebody else's."""
    trade = all_trades(request.user).filter(pk=trade_id).first()
    if trade is None:
        raise Http404
    return trade


def _own(request: Request, trade_id: UUID, screenshot_id: UUID) -> Screenshot:
    """Errors: Http404 for somebody else's, for one of another trade, and for a deleted one."""
    shot = Screenshot.objects.of(_trade(request, trade_id)).shown().filter(pk=screenshot_id).first()
    if shot is None:
        raise Http404
    return shot


def _shown(request: Request, shot: Screenshot) -> dict[str, Any]:
    return _row(request, {name: getattr(shot, name) for name in FIELDS})


def _row(request: Request, row: dict[str, Any]) -> dict[str, Any]:
    base = f"{request.path.split('/screenshots/')[0]}/screenshots/{row['id']}"
    return {**row, "image": f"{base}/image/", "thumbnail": f"{base}/thumbnail/"}
