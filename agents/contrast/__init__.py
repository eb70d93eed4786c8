"""One question: what is said, what is imagined, what happens."""
