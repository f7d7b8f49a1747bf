"""Open Badges 3.0: a certificate as a credential that a wallet and anyone's verifier can read."""
