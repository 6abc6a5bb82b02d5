from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "accounts"
    verbose_name = "Traders and accounts"

    def ready(self) -> None:
        from accounts import revocation, sign_in_signals
        from tradeportal import (
            adapters,
            checks,  # noqa: F401 - importing it registers the checks
        )

        adapters.connect()
        revocation.connect()
        sign_in_signals.connect()
