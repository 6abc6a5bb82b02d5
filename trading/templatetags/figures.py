"""The name of a figure, with its definition one click away."""

from django import template
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from trading.calc.registry import entry_of
from trading.views.figure_words import in_words

register = template.Library()


@register.simple_tag
def figure_link(label: str, key: str, query: str = "") -> SafeString:
    """The label as a link to the figure's page, which has its formula and its trades; its meaning stands on hover."""
    entry = in_words(entry_of(key))
    url = reverse("figure_detail", args=[key]) + query
    return format_html('<a class="figure-link" href="{}" title="{}">{}</a>', url, entry.meaning, label)
