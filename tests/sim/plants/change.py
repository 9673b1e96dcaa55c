"""change.py SOURCE LIST OUTPUT: writes a copy of a source with the changes of a list, pairs of an old and a new text.

An old text that is not there, or is there twice, fails the build: the plant must follow the code it is planted in.
"""
import sys


def main() -> int:
    source, changes, output = sys.argv[1:]
    with open(source, encoding="utf-8") as file:
        text = file.read()
    with open(changes, encoding="utf-8") as file:
        pairs = file.read().split("==== old\n")[1:]
    for pair in pairs:
        old, new = (part.rstrip("\n") for part in pair.split("==== new\n"))
        if text.count(old) != 1:
            print(f"{changes}: this must be once in {source}:\n{old}", file=sys.stderr)
            return 1
        text = text.replace(old, new)
    with open(output, "w", encoding="utf-8") as file:
        file.write(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
