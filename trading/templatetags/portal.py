"""Small parts of a page: icons, state badges, amounts and times in the trader's way of writing.

A page with many rows formats them in its view instead (trading/formatting.py): a tag per value is slow.
"""

from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

from django import template
from django.forms import BoundField
from django.template import Context
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from trading import formatting
from trading.formatting import Formats
from trading.models import Side
from trading.told import told as words_told

register = template.Library()

_SPRITE = "vendor/tabler-icons-3.51.0.svg"

#: State: icon of its badge. The look of each is `.state-<name>` in app.css.
_STATE_ICONS = {
    "healthy": "circle-check",
    "idle": "circle-minus",
    "busy": "refresh",
    "info": "info-circle",
    "warning": "alert-triangle",
    "critical": "alert-circle",
    "degraded": "circle-dashed",
}

#: How a statement's state is shown.
_STATEMENT_STATES = {
    "queued": "busy",
    "reading": "busy",
    "ready": "warning",
    "refused": "critical",
    "committing": "busy",
    "committed": "healthy",
    "undoing": "busy",
    "undone": "idle",
    "discarded": "idle",
    "failed": "critical",
}


@register.simple_tag
@lru_cache(maxsize=512)
def icon(name: str, label: str = "") -> SafeString:
    """An icon of the sprite: decoration, unless `label` says what it means."""
    address = f"{static(_SPRITE)}#{name}"
    if label:
        return format_html('<svg class="icon" role="img" aria-label="{}"><use href="{}"/></svg>', label, address)
    return format_html('<svg class="icon" aria-hidden="true"><use href="{}"/></svg>', address)


@register.simple_tag
def badge(state: str, word: str) -> SafeString:
    """Icon, word and colour of a state: healthy, idle, busy, info, warning, critical or degraded."""
    return format_html('<span class="state state-{}">{}{}</span>', state, icon(_STATE_ICONS[state]), word)


@register.simple_tag
def statement_badge(statement: Any) -> SafeString:
    return badge(_STATEMENT_STATES[statement.state], statement.get_state_display())


@register.simple_tag
def side(value: str) -> SafeString:
    """Buy or sell with its arrow; never green or red, those are for money."""
    return format_html('<span class="side is-{}">{}</span>', Side(value).value, Side(value).label)


@register.simple_tag(takes_context=True)
def amount(
    context: Context, value: Decimal | None, currency: str = "", unit: bool = False, reason: str = ""
) -> SafeString:
    return _formats(context).amount(value, currency, unit=unit, reason=reason)


@register.simple_tag(takes_context=True)
def plain(
    context: Context, value: Decimal | None, currency: str = "", unit: bool = False, reason: str = ""
) -> SafeString:
    return _formats(context).plain(value, currency, unit=unit, reason=reason)


@register.simple_tag(takes_context=True)
def moment(context: Context, value: datetime | None, broker_text: str = "") -> SafeString:
    return _formats(context).moment(value, broker_text, seconds=False)


@register.simple_tag(takes_context=True)
def day(context: Context, value: datetime | date | None) -> str:
    return _formats(context).day(value) if value else formatting.unknown(_("There is no day."))


@register.simple_tag
def unknown(reason: str) -> SafeString:
    return formatting.unknown(reason)


@register.simple_tag(takes_context=True)
def count(context: Context, number: int, singular: str, plural: str = "") -> str:
    return _formats(context).count(number, singular, plural or None)


def _formats(context: Context) -> Formats:
    formats: Formats = context["frame"].formats
    return formats


@register.filter
def told(text: str) -> str:
    """A sentence that was kept in English, in the language of the page."""
    return words_told(text)


@register.filter
def control(field: BoundField) -> SafeString:
    """The field's widget in the look of the house."""
    kind = field.widget_type
    name = {"select": "form-select", "checkbox": "form-check-input", "radioselect": ""}.get(kind, "form-control")
    return field.as_widget(attrs={"class": name} if name else None)
