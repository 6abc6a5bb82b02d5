"""Readers of files of exchange rates: bytes in, rates and problems out. No Django, no database."""
