"""The outbox: everything the node has to say, kept through network loss and power cuts until the hub has it."""
