"""Only the benchmark has this app: the bare page that others are compared with."""

from django.apps import AppConfig


class BenchConfig(AppConfig):
    name = "tests.bench"
    label = "bench"
