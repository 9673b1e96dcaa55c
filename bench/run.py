"""./dev bench: Trestle beside the limits of the same machine, in the same run.

    python3 bench/run.py BUILD [--check] [--quick | --full] [--json FILE] [--folder FOLDER] [PART…]

Each part is a module of bench/parts with a function `measure(context)`. Every comparison is taken in turns
(A B A B …) and reported as the median of the pairwise ratios with their spread. Prints, and never fails on
time; fails when a figure could not be taken. `--folder` says which disk to measure on.
"""
import argparse
import datetime
import importlib
import json
import os
import pathlib
import platform
import shutil
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import harness  # noqa: E402

QUICK = ["disk", "wire"]
FULL = ["disk", "wire", "latency", "tls", "sealing", "idle", "growth", "outbox", "adapters"]


def main():
    parser = argparse.ArgumentParser(prog="./dev bench")
    parser.add_argument("build")
    parser.add_argument("parts", nargs="*", metavar="PART", help=", ".join(FULL))
    parser.add_argument("--quick", action="store_true", help="a minute or two: what CI prints")
    parser.add_argument("--full", action="store_true", help="everything, long enough to be quoted")
    parser.add_argument("--json", help="the figures as JSON go to this file")
    parser.add_argument("--folder", default=tempfile.gettempdir())
    parser.add_argument("--check", action="store_true", help="only look at the words")
    options = parser.parse_intermixed_args()
    parts = options.parts or (FULL if options.full else QUICK)
    unknown = set(parts) - set(FULL)
    if unknown:
        parser.error("no such part: " + ", ".join(sorted(unknown)))
    if options.check:
        return
    folder = tempfile.mkdtemp(prefix="trestle-bench-", dir=options.folder)
    context = harness.Context(options.build, options.full, folder)
    print(f"{os.cpu_count()} cores, {platform.machine()}, Linux {platform.release()}, "
          f"{datetime.date.today()}; {context.rounds} rounds of {context.seconds} s", flush=True)
    try:
        for part in parts:
            print(part, flush=True)
            context.huge = options.full and part in options.parts
            importlib.import_module("parts." + part).measure(context)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    if options.json:
        pathlib.Path(options.json).write_text(json.dumps(context.figures, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
