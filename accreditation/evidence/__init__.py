"""What a person brings to their dossier themselves: files, what can be read in them, kinds, warnings, and applications that freeze it."""
