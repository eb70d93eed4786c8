"""The only door to the network: references, addresses and what they give."""
