"""Reporting attendance to registers: the outbox, its ways out, what the register answered and what mends it."""
