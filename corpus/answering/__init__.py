"""A question read, answered from found passages, or refused; and what an answer can be made into."""
