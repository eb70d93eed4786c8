"""How well an agent and its model do, and what they know: every figure with its protocol."""
