"""The reference hub: what a node's outbox asks of the city, in the smallest form that keeps the promise.

It receives (`receiver`, the only file here that knows paho), sorts by class (`inlet`), reads (`reader`), stores each message exactly once in
effect (`ledger` for the marks, `sinks` for the database), and answers with receipts after its own commit (`receipts`). `service` joins these in
one thread: alarms overtake a backlog because everything that has arrived is sorted before the next portion is stored.
"""
