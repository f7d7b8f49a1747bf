"""BIG numbers looked up in the public register: what a machine can see agrees by itself, all else is for a person to decide.

`soap` speaks the service's language, `service` calls it, `matching` compares, `checking` orders and repeats, `reviewing` is what a person
decides, `claims` is about a number that stands with somebody else, `standing` tells the learner. Why so little is kept:
docs/decisions/0035.
"""
