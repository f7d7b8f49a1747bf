"""Pages of accreditation: a person's own dossier, public verification, administration."""
