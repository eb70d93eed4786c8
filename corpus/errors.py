class CorpusError(Exception):
    """Something a user can cause in the corpus. The message is one line: what was wrong, which value, what to do."""
