"""What learners write and teachers judge: assignments, reflections and evaluations."""
