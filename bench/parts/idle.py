"""Ten thousand clients that are connected and silent: what each takes, beside gRPC alone."""
from harness import Daemon, Raw

STREAMS = 10_000
CONNECTIONS = 16
CIRCLES = STREAMS + CONNECTIONS
AIM = 1.3


def measure(context):
    pairs = []
    for _ in range(context.rounds):
        pairs.append((of_daemon(context), of_raw(context)))
    context.ratio(f"{STREAMS:,} idle streams: resident memory of one to raw gRPC's, KiB", pairs,
                  aim=f"≤ {AIM}", at_most=AIM)


# A fresh process for each: what a process has once taken it does not give back.
def of_daemon(context):
    daemon = Daemon(context, circles=CIRCLES).start()
    try:
        return idle(context, daemon)
    finally:
        daemon.remove()


def of_raw(context):
    raw = Raw(context)
    try:
        return idle(context, raw)
    finally:
        raw.stop()


def idle(context, server):
    result = context.run("idle", "--server", server.address, "--server-pid", server.process.pid,
                         "--circles", CIRCLES, "--streams", STREAMS, "--connections", CONNECTIONS)
    return result["kib_per_stream"]
