"""`python -m gateway VERB`: the same as the command `edge-gateway VERB`."""

from gateway.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
