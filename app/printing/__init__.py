"""Records as text for a terminal."""

import textwrap

WIDTH = 100


def wrap(text: str, indent: str = "") -> str:
    return textwrap.fill(text, WIDTH, initial_indent=indent, subsequent_indent=indent)
