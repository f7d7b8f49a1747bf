"""A whole dossier: told in one structure, on paper, packed and signed, checked, shared for a while, and taken over from elsewhere."""
