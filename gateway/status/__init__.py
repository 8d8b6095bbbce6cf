"""What the node is doing, as one snapshot."""
