"""``python -m musicnb``."""

import sys

from musicnb.cli import main

if __name__ == "__main__":
    sys.exit(main())
