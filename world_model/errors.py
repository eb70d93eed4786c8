class WorldModelError(Exception):
    """Something a user can cause with models. The message is one line: what was wrong, which value, what to do."""
