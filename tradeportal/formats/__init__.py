"""How Django itself writes and reads numbers and dates in each language: the same in all of them.

What a trader reads is written by trading/formatting.py. What is left to Django are attributes of pictures and values of
form fields, where a comma for a point would be a mistake, not a translation.
"""
