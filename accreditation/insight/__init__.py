"""Insight: counts over many people, as pictures with their tables, in which nobody can be recognised.

`perspectives` says over whom someone may read, `suppression` which counts stay hidden, `reports` makes the tables, `pictures` draws them.
"""
