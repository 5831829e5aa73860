"""The client's crash test: it is killed at one exact moment after another, and must pay once.

``python tests/money/crashing.py 500`` kills it at five hundred distinct points and prints what was
seen. A point is a kind of moment and the order, or the count, that it was about.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

from tqdm import tqdm

if __name__ == "__main__":
    sys.path.append(str(Path(__file__).resolve().parents[1] / "sandbox"))
    from campaigning import campaign

    goal = int(sys.argv[1]) if len(sys.argv) > 1 else 500
    with tqdm(total=goal, unit="points") as bar:
        result = campaign(goal, time.time_ns(), told=lambda reached: bar.update(reached - bar.n))
    sys.stdout.write(f"{result}\n")
    sys.exit(1 if result.problems else 0)
