"""What teachers and supervisors see: what waits for them, and how their learners are doing."""
