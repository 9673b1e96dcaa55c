"""The daemon cannot decrypt: it links no symbol of the endpoint library. The command does, which
proves that this test would see one.

    python3 tests/e2e/python/link_map_test.py build/dev/bin/trestled build/dev/bin/trestle
"""
import re
import shutil
import subprocess
import sys

FORBIDDEN = re.compile(r"\btrestle::(mls|crypto|endpoint|content)::")


def symbols(program):
    text = subprocess.run(["nm", "--demangle", program], check=True, capture_output=True,
                          text=True).stdout
    return sorted({line for line in text.splitlines() if FORBIDDEN.search(line)})


def main():
    if shutil.which("nm") is None:
        print("SKIP: nm (binutils) is not installed")
        sys.exit(77)
    daemon, command = sys.argv[1:3]
    found = symbols(daemon)
    if found:
        print("trestled links decrypting code:", *found[:20], sep="\n  ")
        sys.exit(1)
    if not symbols(command):
        print("the control failed: the command shows no symbol of the endpoint")
        sys.exit(1)
    print("trestled links no symbol of", FORBIDDEN.pattern)


main()
