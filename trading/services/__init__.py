"""Writes: one public function per business act; each owns its transaction and its lock."""
