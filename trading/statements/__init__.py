"""Readers of broker files: bytes in, typed rows and problems out. No Django, no database."""
