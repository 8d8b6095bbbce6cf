"""The demonstration: a conductor that starts node, broker, hub and a link that can be cut, and accounts for every reading at the end."""
