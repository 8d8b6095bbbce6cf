"""One file is one sensor family; see hardware/driver.py for its two doors."""
