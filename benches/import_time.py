"""How long `import proteusdb` takes in a fresh interpreter, beyond the interpreter's own start.

    python benches/import_time.py [--rounds 9] [--goal-ms 150]

Ends with 1 if the median is above the goal.
"""

import argparse
import statistics
import subprocess
import sys
import time


def seconds(code: str) -> float:
    """Wall time of a fresh interpreter that runs `code`."""
    start = time.perf_counter()
    subprocess.run([sys.executable, "-c", code], check=True)
    return time.perf_counter() - start


def main() -> None:
    """Measure in turn with an interpreter that imports nothing, and print the medians."""
    parser = argparse.ArgumentParser(description="Time `import proteusdb`.")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--goal-ms", type=float, default=150)
    options = parser.parse_args()
    seconds("import proteusdb")  # the first one compiles bytecode
    rounds = [[seconds(code) for code in ("pass", "import numpy", "import proteusdb")] for _ in range(options.rounds)]
    nothing, numpy, ours = (1000 * statistics.median(column) for column in zip(*rounds, strict=True))
    print(f"interpreter {nothing:.0f} ms; numpy {numpy - nothing:.0f} ms more; proteusdb {ours - nothing:.0f} ms more")
    sys.exit(0 if ours - nothing <= options.goal_ms else 1)


if __name__ == "__main__":
    main()
