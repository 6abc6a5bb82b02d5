"""E-mails about signing in, each in the language of the person it goes to."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.utils import translation

from accounts.models import Trader


class Mails(DefaultAccountAdapter):
    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """The recipient's own language; the page's, where they chose none or are nobody yet."""
        chosen = Trader.objects.filter(email__iexact=email).values_list("language", flat=True).first()
        with translation.override(chosen or translation.get_language()):
            super().send_mail(template_prefix, email, context)
