"""The way to the hub: one Link, a forwarder that owns the windows, and the only file of the node that imports paho."""
