"""A process that reads sound files, with little memory and little time for each.

Started with a length limit in seconds. Reads a path a line; answers a JSON object a line. It dies,
as the test that asked then sees, when a file needs more processor time or memory than it may.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import sys
from pathlib import Path

from musicnb import sound
from musicnb.errors import UndecodableAudio

CPU_S = 1.0
MEMORY_BYTES = 64 << 20


def in_use() -> int:
    """Return how much address space this process has, in bytes."""
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    return pages * os.sysconf("SC_PAGE_SIZE")


def examined(path: str) -> dict[str, object]:
    """Decode a file to its end, or say why that is refused."""
    signal.setitimer(signal.ITIMER_PROF, CPU_S)
    try:
        facts = sound.examine(path, max_seconds=float(sys.argv[1]))
    except UndecodableAudio as error:
        return {"refused": error.message}
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
    return {"frames": facts.frames, "problem": facts.problem, "whole": facts.whole}


def main() -> None:
    """Answer until nobody asks any more."""
    sound.read(sound.encode(sound.read(sys.argv[2]).samples, 8_000, format="OGG"))  # loads all
    limit = in_use() + MEMORY_BYTES
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    for line in sys.stdin:
        print(json.dumps(examined(json.loads(line))), flush=True)  # noqa: T201 - the answer


if __name__ == "__main__":
    main()
