"""Encrypts what is kept encrypted anew, with the first of AT_REST_KEYS; older keys may be dropped afterwards."""

from typing import Any

from django.core.management.base import BaseCommand

from accounts.services.second_factors import reseal_all


class Command(BaseCommand):
    help = "Encrypt the secrets of second factors with the first of AT_REST_KEYS."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"Encrypted anew: {reseal_all()}.")
