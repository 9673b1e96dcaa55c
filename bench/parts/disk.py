"""What the disk, a log and SQLite can do here by themselves."""
from harness import in_turns


def measure(context):
    run = lambda *arguments: context.run("disk", context.scratch(), context.seconds, *arguments)
    rounds = in_turns(context.rounds, lambda: run("fdatasync"), lambda: run("log", 64, 1024),
                      lambda: run("sqlite", 64, 1024), lambda: run("sqlite", 1024, 1024))
    sync, log, small, large = zip(*rounds)
    middle = lambda results, *path: sorted(dig(each, path) for each in results)[len(results) // 2]
    context.figure("fdatasync of 4 KiB, median", middle(sync, "commit", "p50_us"), "µs")
    context.figure("fdatasync of 4 KiB, 99th percentile", middle(sync, "commit", "p99_us"), "µs")
    context.figure("append-only log, groups of 64 records of 1 KiB", middle(log, "per_second"), "/s")
    context.figure("SQLite, insert and delete in groups of 64 rows of 1 KiB",
                   middle(small, "per_second"), "/s")
    context.figure("SQLite, insert and delete in groups of 1024 rows of 1 KiB",
                   middle(large, "per_second"), "/s")


def dig(result, path):
    for name in path:
        result = result[name]
    return result
