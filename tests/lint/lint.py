"""House rules that a machine can hold: formatting, the include map, bans with their replacement.

    python3 tests/lint/lint.py [--no-format] [--tidy | --tidy-all]

Prints one line per finding (file:line: rule) and exits 1 when there is any. Each rule is a function over
the tracked files, so that a new one is a few lines; rules_test.py proves that every rule can fail.
"""
import argparse
import json
import pathlib
import re
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]

# The include map of docs/architecture.md: what each room may use beside itself. Edges run one way.
MAP = {
    "bridge/base": [],
    "bridge/envelope": ["bridge/base"],
    "bridge/policy": ["bridge/base", "bridge/envelope"],
    "bridge/directory": ["bridge/base", "bridge/envelope", "bridge/policy"],
    "bridge/store": ["bridge/base", "bridge/envelope", "bridge/policy", "bridge/directory"],
    "bridge/adapter_api": ["bridge/base", "bridge/envelope"],
    "bridge/pipeline": ["bridge/base", "bridge/envelope", "bridge/policy", "bridge/directory",
                        "bridge/store", "bridge/adapter_api"],
    "bridge/rpc": ["bridge/base", "bridge/envelope", "bridge/policy", "bridge/directory",
                   "bridge/store", "bridge/adapter_api", "bridge/pipeline", "proto"],
    "bridge/config": ["bridge/base", "bridge/envelope", "bridge/policy"],
    "bridge/daemon": ["bridge/base", "bridge/envelope", "bridge/policy", "bridge/directory",
                      "bridge/store", "bridge/adapter_api", "bridge/pipeline", "bridge/rpc",
                      "bridge/config", "adapters/sdk", "adapters/messenger", "adapters/instagram",
                      "adapters/whatsapp", "adapters/sms"],
    "adapters/sdk": ["bridge/base", "bridge/envelope", "bridge/adapter_api"],
    "adapters/messenger": ["bridge/base", "bridge/envelope", "bridge/adapter_api", "adapters/sdk"],
    "adapters/instagram": ["bridge/base", "bridge/envelope", "bridge/adapter_api", "adapters/sdk"],
    "adapters/whatsapp": ["bridge/base", "bridge/envelope", "bridge/adapter_api", "adapters/sdk"],
    "adapters/sms": ["bridge/base", "bridge/envelope", "bridge/adapter_api", "adapters/sdk"],
    "endpoint": ["bridge/base", "bridge/envelope"],
    "edge": ["bridge/base", "bridge/envelope", "bridge/policy", "bridge/adapter_api", "bridge/config",
             "adapters/sdk", "adapters/sms", "endpoint", "proto"],
    "cli": ["bridge/base", "bridge/envelope", "endpoint", "proto"],
    "sim": ["bridge/base", "bridge/envelope", "bridge/adapter_api", "endpoint", "adapters/sdk",
            "adapters/messenger", "adapters/instagram", "adapters/whatsapp", "adapters/sms"],
    "bench": ["bridge/base", "bridge/envelope", "bridge/adapter_api", "bridge/policy", "bridge/directory",
              "bridge/store", "bridge/pipeline", "bridge/rpc", "adapters/sdk", "adapters/messenger",
              "adapters/instagram", "adapters/whatsapp", "adapters/sms", "sim", "proto"],
}

# What may not be written, where, and what to use instead. (pattern, allowed path prefixes, replacement)
BANS = [
    (r"\bstd::this_thread::sleep|\busleep\(|\bsleep\(", ["bench/"], "wait for an event, or Executor::PostAt"),
    (r"\bstd::thread\b", ["bridge/base/", "adapters/sdk/http", "bridge/store/", "sim/", "cli/",
                          "tests/", "bridge/daemon/", "adapters/sms/", "bench/"], "a SerialExecutor"),
    (r"\b(system_clock|steady_clock)::now", ["bridge/base/", "tests/", "bench/", "endpoint/bench"], "Clock"),
    (r"\bRAND_bytes\b|\bstd::(mt19937|random_device)", ["bridge/base/", "tests/", "endpoint/vectors/"],
     "Random"),
    (r"\bstd::(cout|cerr)\b|\bprintf\(|\bDebugString\(", ["cli/", "sim/", "tests/", "bench/",
     "endpoint/bench", "endpoint/vectors", "bridge/base/result.cc", "adapters/sms/smpp_tool",
     "bridge/daemon/main.cc", "edge/main.cc"], "LogEvent, or the command rooms"),
    (r"#include <(grpcpp|grpc)", ["bridge/rpc/", "cli/", "edge/bridge_stream.cc", "adapters/remote/", "bridge/daemon/",
                                  "tests/", "bench/"], "bridge/rpc (gRPC headers are slow to compile)"),
    (r"#include <boost/(asio|beast)", ["adapters/sdk/http_server.cc", "adapters/sms/", "tests/"],
     "adapters/sdk/http_server.h"),
    # Leaving a half-made brace initialiser leaks what was made of it (found by fuzz_mls_group, clang 14).
    (r"\{[^{}();]*,\s*TRESTLE_TRY\(", [], "a variable for it before the braces"),
    (r"\b(FIXME|XXX)\b|\bTODO\b(?!\(#\d+\))", [], "TODO(#issue): a sentence, or the work itself"),
    (r"/(work|home|root)/[a-z]", [], "a path relative to the root"),
]
SOURCE_SUFFIXES = {".cc", ".h"}
LINES_FAIL = 600


def tracked():
    out = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, check=True,
                         capture_output=True, text=True).stdout
    return [pathlib.PurePosixPath(line) for line in out.splitlines() if (ROOT / line).is_file()]


def room_of(path):
    name = str(path)
    fitting = [room for room in MAP if name.startswith(room + "/")]
    return max(fitting, key=len) if fitting else None


def include_map(path, lines):
    room = room_of(path)
    if room is None:
        return
    for number, line in enumerate(lines, 1):
        found = re.match(r'#include "([^"]+)"', line)
        if not found:
            continue
        target = found.group(1)
        if target.endswith((".pb.h",)):
            if "proto" not in MAP[room]:
                yield number, f"{room} may not use the API's messages"
            continue
        used = room_of(pathlib.PurePosixPath(target))
        if used is None:
            yield number, f"include from the root of the tree, not \"{target}\""
        elif used != room and used not in MAP[room]:
            yield number, f"{room} may not use {used} (docs/architecture.md, the map)"


def bans(path, lines):
    name = str(path)
    if name.startswith("tests/lint/"):
        return
    for number, line in enumerate(lines, 1):
        for pattern, allowed, instead in BANS:
            if re.search(pattern, line) and not name.startswith(tuple(allowed)):
                yield number, f"banned here: {re.search(pattern, line).group(0)}; use {instead}"


def size(path, lines):
    if len(lines) > LINES_FAIL:
        yield 1, f"{len(lines)} lines, {LINES_FAIL} at most: split it by idea"


def header_opening(path, lines):
    if path.suffix == ".h" and not str(path).startswith("tests/") and (not lines or
                                                                      not lines[0].startswith("//")):
        yield 1, "a header opens with what it is, who owns it and which thread calls it"
    if path.suffix == ".h" and "#pragma once" not in lines:
        yield 1, "a header has #pragma once"


def merge_marks(path, lines):
    for number, line in enumerate(lines, 1):
        if re.match(r"(<{7}|>{7}) ", line):
            yield number, "a merge that was not resolved"


# Where sensitive values are opened, and what for: docs/threat_model.md lists every place, and the
# list is checked against the tree. A file that opens one anew is a line to be reviewed.
REVEAL = re.compile(r"(?:Reveal|Duplicate)\(Purpose::k(\w+)\)")
REVEALS_PAGE = "docs/threat_model.md"
REVEALS_MARKS = ("<!-- reveals: kept true by ./dev lint -->", "<!-- end of reveals -->")


def reveals(texts):
    """The rows of the page's table for {path: text}."""
    counts = {}
    for path, text in texts.items():
        if str(path).startswith("tests/"):
            continue
        for purpose in REVEAL.findall(text):
            counts[(str(path), purpose)] = counts.get((str(path), purpose), 0) + 1
    return [f"| `{path}` | {purpose} | {count} |" for (path, purpose), count in sorted(counts.items())]


def reveals_findings(texts, page):
    """What of the page's list is not what the tree does."""
    start, end = (page.find(mark) for mark in REVEALS_MARKS)
    if start < 0 or end < start:
        return [f"{REVEALS_PAGE}: the list of reveals has lost its marks"]
    listed = [line for line in page[start:end].splitlines() if line.startswith("| `")]
    real = reveals(texts)
    return ([f"{REVEALS_PAGE}: missing: {row} (./dev lint --write-reveals, and review)"
             for row in real if row not in listed] +
            [f"{REVEALS_PAGE}: not so: {row}" for row in listed if row not in real])


def write_reveals(texts):
    page = (ROOT / REVEALS_PAGE).read_text(encoding="utf-8")
    start, end = (page.find(mark) for mark in REVEALS_MARKS)
    table = ["| file | purpose | places |", "| --- | --- | --- |", *reveals(texts)]
    (ROOT / REVEALS_PAGE).write_text(
        page[:start] + REVEALS_MARKS[0] + "\n" + "\n".join(table) + "\n" + page[end:],
        encoding="utf-8")


RULES = [include_map, bans, size, header_opening, merge_marks]
RULES_ELSEWHERE = [merge_marks]  # for pages and scripts


def check(path, text):
    """All findings of one file, as (line, message)."""
    lines = text.splitlines()
    rules = RULES if path.suffix in SOURCE_SUFFIXES else RULES_ELSEWHERE
    return [finding for rule in rules for finding in rule(path, lines)]


def sources(files):
    return [path for path in files if path.suffix in SOURCE_SUFFIXES]


def format_findings(files):
    tool = shutil.which("clang-format")
    if tool is None:
        print("lint: clang-format is not installed; formatting was not checked", file=sys.stderr)
        return 1
    names = [str(path) for path in sources(files)]
    return subprocess.run([tool, "--dry-run", "--Werror", *names], cwd=ROOT, check=False).returncode


def tidy(files, everything):
    database = ROOT / "build/dev/compile_commands.json"
    if not database.exists():
        print("lint: --tidy needs ./dev build first", file=sys.stderr)
        return 1
    known = {pathlib.Path(row["file"]).relative_to(ROOT).as_posix()
             for row in json.loads(database.read_text()) if row["file"].startswith(str(ROOT))}
    names = [str(path) for path in files if path.suffix == ".cc" and str(path) in known]
    if not everything:
        changed = subprocess.run(["git", "diff", "--name-only", "HEAD"], cwd=ROOT, check=True,
                                 capture_output=True, text=True).stdout.split()
        names = [name for name in names if name in changed]
    code = 0
    for name in names:
        result = subprocess.run(["clang-tidy", "-p", str(database.parent), "--quiet",
                                 "--warnings-as-errors=*", name], cwd=ROOT, capture_output=True, text=True,
                                check=False)
        if result.returncode:
            print(result.stdout)
            code = 1
    print(f"clang-tidy: {len(names)} files")
    return code


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--no-format", action="store_true", help="leave clang-format out")
    parser.add_argument("--tidy", action="store_true")
    parser.add_argument("--tidy-all", action="store_true")
    parser.add_argument("--write-reveals", action="store_true",
                        help=f"write the list of openings into {REVEALS_PAGE}")
    options = parser.parse_args()
    files = tracked()
    found = 0
    if options.write_reveals:
        write_reveals({path: (ROOT / path).read_text(encoding="utf-8") for path in sources(files)})
    for path in files:
        for line, message in check(path, (ROOT / path).read_text(encoding="utf-8", errors="replace")):
            print(f"{path}:{line}: {message}")
            found += 1
    texts = {path: (ROOT / path).read_text(encoding="utf-8") for path in sources(files)}
    for message in reveals_findings(texts, (ROOT / REVEALS_PAGE).read_text(encoding="utf-8")):
        print(message)
        found += 1
    code = 0 if options.no_format else format_findings(files)
    if options.tidy or options.tidy_all:
        code = tidy(files, options.tidy_all) or code
    print(f"lint: {len(files)} files, {found} findings"
          + ("" if options.no_format else ", formatting " + ("bad" if code else "good")))
    return 1 if found or code else 0


if __name__ == "__main__":
    sys.exit(main())
