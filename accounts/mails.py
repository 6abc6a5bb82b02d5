"""What allauth asks of us: e-mails in the language of the person they go to, and how fresh a sign-in must be."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.utils import translation

from accounts.models import Trader
from accounts.step_up import is_fresh


class Mails(DefaultAccountAdapter):
    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """The recipient's own language; the page's, where they chose none or are nobody yet."""
        chosen = Trader.objects.filter(email__iexact=email).values_list("language", flat=True).first()
        with translation.override(chosen or translation.get_language()):
            super().send_mail(template_prefix, email, context)

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        """Who has just signed in is not asked again at once."""
        return super().is_reauthentication_required(app=app, **kwargs) and not is_fresh(self.request)
