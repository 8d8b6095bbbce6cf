"""What a person at the node asks of it while it runs: live values, maintenance, calibration, bump test; later the acts on alarms.

A door (door) takes requests as lines on a Unix socket and hands each to an act by name (desk); the acts on a sensor keep what they need between two
requests in a session (session, bump). The verbs of the command line are clients of the door and decide nothing themselves.
"""
