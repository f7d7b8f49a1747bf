"""Fills a store to a size."""
