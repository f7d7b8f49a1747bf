"""Contact meetings: planning them, booking a place, and marking who was there."""
