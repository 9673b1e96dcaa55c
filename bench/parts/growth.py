"""Directories of 100,000 and 1,000,000 accounts (and of 10,000,000 when the part is named, with --full): what
the store takes, how the daemon starts, what it holds in memory, how long a route decision takes.

Every account has an alias and an enrolment, and eight of nine a contact with a link on each side. Route
decisions are taken warm: the whole file is in the system's page cache, SQLite's own holds 16 MiB of it.
"""
import subprocess

from harness import Daemon, load

SIZES = [(100_000, 11_112), (1_000_000, 111_112), (10_000_000, 1_111_112)]
ROUTE_SECONDS = 4
GROWTH_MAX = 2.5
EXPLAINED_MAX = 3.0


def measure(context):
    found = [(name, directory(context, name, circles))
             for name, circles in (SIZES if context.huge else SIZES[:2])]
    (small, first), (large, last) = found[0], found[-1]
    # The aim is about ten million; what a smaller run shows is not held against it.
    growth = last["silent_us"] / first["silent_us"]
    aim = f"< {GROWTH_MAX}" if context.huge else None
    context.figure(f"route decision: {large:,} accounts to {small:,}", growth, "x", aim=aim,
                   holds=growth < GROWTH_MAX)


def directory(context, accounts, circles):
    name = f"{accounts:,} accounts"
    daemon = Daemon(context, circles=circles)
    try:
        context.figure(f"{name}: written by the store alone", accounts / daemon.filled["seconds"], "/s")
        context.figure(f"{name}: the store's size for each", daemon.store_mb() * 2**20 / accounts, "octets")
        daemon.start()
        context.figure(f"{name}: from start to ready", daemon.ready_after, "s")
        context.figure(f"{name}: resident when ready", daemon.resident_mb(), "MiB")
        result = load(context, daemon, batch=32, streams=16, window=128)
        context.figure(f"{name}: accepted, delivered, acknowledged, erased, batches of 32",
                       result["per_second"], "/s")
        context.figure(f"{name}: resident after that", daemon.resident_mb(), "MiB")
        daemon.stop()
        subprocess.run(["cat", str(daemon.store_path)], stdout=subprocess.DEVNULL, check=True)
        routes = context.run("routes", daemon.folder / "data", circles, ROUTE_SECONDS)
        context.figure(f"{name}: a silent route decision, median", routes["silent_us"], "µs")
        context.figure(f"{name}: a silent route decision, 99th percentile",
                       routes["silent"]["p99_us"], "µs")
        ratio = routes["explained_us"] / routes["silent_us"]
        context.figure(f"{name}: an explained decision to a silent one, medians", ratio, "x",
                       aim=f"≤ {EXPLAINED_MAX:.0f}", holds=ratio <= EXPLAINED_MAX)
        return routes
    finally:
        daemon.remove()
