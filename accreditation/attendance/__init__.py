"""Attendance lists that come from elsewhere: read, looked at, marked as a teacher would, and sorted out where a number is not known."""
