"""`make bench`: run the benchmarks, all or those named: `make bench ARGS="pages certificates"`."""

import importlib
import sys

BENCHMARKS = ["pages", "certificates", "evaluator", "simulation", "bulk", "exports", "insight", "demo", "outbox"]

for name in sys.argv[1:] or BENCHMARKS:
    importlib.import_module(f"tests.bench.{name}").measure()
