"""Why something is not taken: a rule with its values, which tools read in English; `lrs.reasons` says the same in the language of a page."""


class Refusal(Exception):
    """`rule` is an English sentence with holes for `values`, such as "the line is longer than %(most)s octets"."""

    def __init__(self, rule: str, /, **values: object) -> None:
        super().__init__(rule, values)
        self.rule, self.values = rule, values

    def __str__(self) -> str:
        return self.rule % self.values if self.values else self.rule
