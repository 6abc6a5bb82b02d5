"""Every page in German, which is longer than English: no sideways scroll, and no English left."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext

from tests.browser.pages import PAGES, Page, Site

pytestmark = [pytest.mark.browser, pytest.mark.django_db]

_OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
#: What is read, and what is told to who can't see: without what traders and brokers wrote.
_WORDS = """() => {
    const theirs = 'code, pre, kbd, textarea, option, [translate=no]';
    const shown = document.body.cloneNode(true);
    shown.querySelectorAll(`script, style, ${theirs}`).forEach((node) => node.remove());
    const told = [...shown.querySelectorAll('[title], [aria-label], [placeholder], [alt]')];
    const texts = told.flatMap((node) => ['title', 'aria-label', 'placeholder', 'alt'].map((name) => node.getAttribute(name)));
    const walker = document.createTreeWalker(shown, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) texts.push(walker.currentNode.textContent);
    return [document.title, ...texts].filter((text) => text && text.trim()).map((text) => text.trim().replace(/\\s+/g, ' '));
}"""
#: Words that no German sentence has.
_ENGLISH = re.compile(
    r"\b(?:the|your|you|this|that|these|those|nothing|yet|with|which|there|has|have|were|are|is|and|from|than|each"
    r"|every|its|their|won|lost|held|trades closed|of all|not|until|before|after|show|more)\b",
    re.IGNORECASE,
)
#: Addresses, what somebody typed, and what a file prints.
_QUOTED = re.compile(r"https?:\S+|[“„][^”“]*[”“]|^In der Datei: .*")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.label)
def test_is_german_and_fits(page: Page, open_context: Callable[..., BrowserContext], site: Site) -> None:
    context = open_context(page.who, reduced_motion="reduce", locale="de-DE")
    tab = context.new_page()
    found: list[str] = []
    for width in (390, 1440):
        tab.set_viewport_size({"width": width, "height": 900})
        if width == 390:
            answer = tab.goto(page.address(site))
            assert answer is not None and answer.status == page.status
        overflow = tab.evaluate(_OVERFLOW)
        found += [f"{width}: scrolls sideways by {overflow} px"] if overflow > 0 else []
    assert tab.evaluate("document.documentElement.lang") == "de"
    found += [text for text in tab.evaluate(_WORDS) if _ENGLISH.search(_QUOTED.sub("", text))]
    assert "\n".join(dict.fromkeys(found)) == ""
