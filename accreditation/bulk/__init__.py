"""Doing one thing to many: chosen, looked at first, done by a worker, undone by counter-entries."""
