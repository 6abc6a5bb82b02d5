"""Signing in to the JSON API, and the accounts of the signed-in trader."""
