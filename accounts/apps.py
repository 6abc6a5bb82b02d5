from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "accounts"
    verbose_name = "Traders and accounts"

    def ready(self) -> None:
        from accounts import revocation

        revocation.connect()
