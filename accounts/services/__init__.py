"""Writes about people and accounts: one public function per act; it owns the transaction and the lock."""
