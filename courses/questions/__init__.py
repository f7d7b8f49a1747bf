"""Native questions: the bank, attempts, marking on the server, statistics, and exchange with other systems."""
