"""The bridge: a program beside a trading terminal that keeps an account of TradePortal up to date.

It knows nothing of Django and imports nothing of the portal: it talks to a terminal (terminal.py) and to the JSON API (client.py).
"""
