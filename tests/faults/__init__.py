"""Which faults each sensor's driver sees alone, in what time, and which only somebody else can see: injected, counted, printed (`make faults`)."""
