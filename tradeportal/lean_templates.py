"""Templates without their authors' indentation, which is a tenth of a page of many lines. Taken out once, at loading."""

import re
from typing import Any

from django.template.loaders import filesystem

_INDENTATION = re.compile(r"\n[ \t]+")
#: Where a space is text.
_SPACE_IS_TEXT = re.compile(r"<(?:pre|textarea)\b")


class Loader(filesystem.Loader):
    def get_contents(self, origin: Any) -> str:
        """The template's text; every line stays one, so that an error names the right one."""
        text: str = super().get_contents(origin)
        if not str(origin.template_name).endswith(".html") or _SPACE_IS_TEXT.search(text):
            return text
        return _INDENTATION.sub("\n", text)
