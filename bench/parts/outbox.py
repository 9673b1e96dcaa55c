"""A million waiting envelopes (ten million when the part is named, with --full): how long they take to be
written, how long a killed daemon needs until it serves and delivers again, how fast they leave, and the
memory all that takes.
"""
from harness import Daemon, in_turns, load

CIRCLES = 11_112        # some 100,000 accounts, 90,000 contacts
LITTLE = 100_000        # waiting envelopes with which the larger backlogs are compared
DRAINED = 90_000        # of each, in all rounds together
PER_MESSAGE = 64        # deliveries in one message to the adapter
START_MAX_S = 2.0
AIMED_AT = 1_000_000    # waiting envelopes, for the restart


def measure(context):
    little = filled(context, LITTLE)
    try:
        compare(context, little, 1_000_000)
        if context.huge:
            little.remove()
            little = filled(context, LITTLE)
            compare(context, little, 10_000_000)
    finally:
        little.remove()


def filled(context, waiting):
    daemon = Daemon(context, circles=CIRCLES, waiting=waiting)
    context.figure(f"{waiting:,} wait: written by the store alone, in large groups",
                   waiting / daemon.filled["seconds"], "/s")
    context.figure(f"{waiting:,} wait: the store's size", daemon.store_mb(), "MiB")
    restart(context, daemon, waiting)
    return daemon


# What a killed daemon leaves are leases and a write-ahead log.
def restart(context, daemon, waiting):
    name, aim = f"{waiting:,} wait", f"< {START_MAX_S:.0f} s" if waiting == AIMED_AT else None
    figure = lambda what, seconds: context.figure(f"{name}: {what}", seconds, "s", aim=aim,
                                                  holds=seconds < START_MAX_S)
    daemon.start()
    load(context, daemon, drain=1000, batch=PER_MESSAGE)
    daemon.kill()
    daemon.forget_pages()
    figure("from kill -9 to ready, with none of the file in memory", daemon.start().ready_after)
    daemon.kill()
    figure("from kill -9 to ready, with the file in memory", daemon.start().ready_after)
    context.figure(f"{name}: resident when ready", daemon.resident_mb(), "MiB")
    first = load(context, daemon, drain=1000, batch=PER_MESSAGE)["first_delivered_at"]
    figure("from kill -9 to the first delivery, adapter started then", first - daemon.started_at)


def compare(context, little, waiting):
    much = filled(context, waiting)
    name = f"{waiting:,} wait"
    try:
        drain = lambda daemon: load(context, daemon, drain=DRAINED // context.rounds, batch=PER_MESSAGE)
        rounds = in_turns(context.rounds, lambda: drain(much), lambda: drain(little))
        ratio(context, f"{name}: delivered and erased, senders away, /s, to {LITTLE:,}", rounds,
              "per_second")
        ratio(context, f"{name}: the daemon's time for that, µs each, to {LITTLE:,}", rounds,
              "server_cpu_us")
        enqueue = lambda daemon: load(context, daemon, target="store", batch=32, streams=16, window=128)
        rounds = in_turns(context.rounds, lambda: enqueue(much), lambda: enqueue(little))
        ratio(context, f"{name}: accepted meanwhile, /s, to {LITTLE:,}", rounds, "per_second")
        context.figure(f"{name}: resident at the end", much.resident_mb(), "MiB")
    finally:
        much.remove()


def ratio(context, name, rounds, key):
    context.ratio(name, [(ours[key], theirs[key]) for ours, theirs in rounds])
