"""The reference hub: receives, stores each reading once in effect, and answers with receipts."""
