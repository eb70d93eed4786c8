"""Passages found for a question: words, vectors, and the two fused."""
