"""accounts/: the trader's own accounts."""
