"""Settings: `base` for all, `local` for one machine and the demo, `production` for a real installation, `test` for pytest."""
