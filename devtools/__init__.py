"""What developers run: the steps of `make test` and its parts. The portal itself never imports it."""
