"""``python -m musicnb.sandbox``: run the sandbox until it is told to stop."""

from __future__ import annotations

# Worker processes import this file again under another name, so everything heavy waits below.
if __name__ == "__main__":
    import argparse
    import sys

    from musicnb.sandbox.command import add_arguments, run

    parser = argparse.ArgumentParser(prog="python -m musicnb.sandbox", description=__doc__)
    add_arguments(parser)
    sys.exit(run(parser.parse_args()))
