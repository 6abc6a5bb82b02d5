"""Writes: one public function per business act. Each owns its transaction and its locks."""
