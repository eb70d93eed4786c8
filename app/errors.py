class AppError(Exception):
    """Something a user can cause in the app. The message is one line: what was wrong, which value, what to do."""
