"""The daemon cannot decrypt: it links no symbol of the endpoint library, nor of the SMS edge, which is
a process of its own. The command and the edge do, which proves that this test would see one.

    python3 tests/e2e/python/link_map_test.py build/dev/bin/trestled build/dev/bin/trestle \\
        build/dev/bin/trestle-edge
"""
import re
import shutil
import subprocess
import sys

FORBIDDEN = re.compile(r"\btrestle::(mls|crypto|endpoint|content|edge)::")


def symbols(program):
    text = subprocess.run(["nm", "--demangle", program], check=True, capture_output=True,
                          text=True).stdout
    return sorted({line for line in text.splitlines() if FORBIDDEN.search(line)})


def main():
    if shutil.which("nm") is None:
        print("SKIP: nm (binutils) is not installed")
        sys.exit(77)
    daemon, *controls = sys.argv[1:]
    found = symbols(daemon)
    if found:
        print("trestled links decrypting code:", *found[:20], sep="\n  ")
        sys.exit(1)
    for program in controls:
        if not symbols(program):
            print(f"the control failed: {program} shows no such symbol")
            sys.exit(1)
    print("trestled links no symbol of", FORBIDDEN.pattern)


main()
