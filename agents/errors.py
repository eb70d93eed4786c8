class AgentError(Exception):
    """Something a user can cause when acting. The message is one line: what was wrong, which value, what to do."""
