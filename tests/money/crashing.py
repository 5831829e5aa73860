"""The client's crash test: it is killed at one exact moment after another, and must pay once.

``python tests/money/crashing.py 500`` kills it five hundred times and prints what was seen.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

if __name__ == "__main__":
    sys.path.append(str(Path(__file__).resolve().parents[1] / "sandbox"))
    from campaigning import campaign

    result = campaign(int(sys.argv[1]) if len(sys.argv) > 1 else 500, seed=time.time_ns())
    sys.stdout.write(f"{result}\n")
    sys.exit(1 if result.problems else 0)
