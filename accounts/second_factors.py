"""Secrets of second factors, as they lie in the database."""

from allauth.mfa.adapter import DefaultMFAAdapter

from tradeportal import at_rest


class SecondFactors(DefaultMFAAdapter):
    def encrypt(self, text: str) -> str:
        return at_rest.seal(text)

    def decrypt(self, encrypted_text: str) -> str:
        return at_rest.unseal(encrypted_text)
