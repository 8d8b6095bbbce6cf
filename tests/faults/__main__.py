"""`python -m tests.faults [NAME ...]`: inject every fault of the catalogue and print the table, of all rows or of those whose name begins so."""

from __future__ import annotations

import logging
import sys

from tests.faults.claims import rows
from tests.faults.table import disputes, lines, tried


def main(names: list[str]) -> int:
    logging.disable(logging.CRITICAL)
    chosen = [row for row in rows() if not names or any(row.example.startswith(name) for name in names)]
    if not chosen:
        print(f"no row begins with {' or '.join(names)}; there are: {', '.join(row.example for row in rows())}", file=sys.stderr)
        return 2
    found = [(row, tried(row)) for row in chosen]
    for line in lines(found):
        print(line)
    wrong = [dispute for row, sights in found for dispute in disputes(row, sights)]
    for dispute in wrong:
        print(f"NOT AS CLAIMED: {dispute}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
