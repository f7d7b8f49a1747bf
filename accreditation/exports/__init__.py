"""Results on their way to a register: one folder per register with its own format, and tables for everyone else."""
