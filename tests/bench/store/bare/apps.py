"""The comparison: bare Django that keeps JSON and does nothing else."""

from django.apps import AppConfig


class BareConfig(AppConfig):
    name = "tests.bench.store.bare"
    label = "bare"
