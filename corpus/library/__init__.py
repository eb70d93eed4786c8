"""Documents kept: the shipped digests and the user's own, in one SQLite file each."""
