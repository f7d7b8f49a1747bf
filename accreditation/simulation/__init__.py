"""What a change of a rule or an accreditation would do to whom, before it takes effect: drafts, the reckoning, and letting one take effect."""
