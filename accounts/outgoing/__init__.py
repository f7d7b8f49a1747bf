"""Calling another system: at an address that somebody typed in, with a key that we keep locked."""
