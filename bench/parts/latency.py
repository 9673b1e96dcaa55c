"""How long an envelope takes when so many a second are offered, beside one fdatasync of the same minutes.

Open loop: envelopes are due at equal distances, and their times count from when they were due. At a rate that is
not carried for half of the time nothing is said about times; the page says what was carried instead.
"""
from harness import Daemon, Raw, in_turns, load, middle

RATES = (1000, 2000, 4000, 10000)
STREAMS = 16


def measure(context):
    for rate in RATES:
        at_rate(context, rate)


def at_rate(context, rate):
    raw = Raw(context)
    disk = context.scratch()
    try:
        rounds = in_turns(
            context.rounds,
            lambda: once(context, rate),
            lambda: context.run("disk", disk, context.seconds, "fdatasync"),
            lambda: load(context, raw, rate=rate, streams=STREAMS))
    finally:
        raw.stop()
    name = f"{rate:,} a second offered"
    carried = [ours["per_second"] / rate for ours, _, _ in rounds]
    context.figure(f"{name}: carried", middle(carried), "of them", spread=(min(carried), max(carried)),
                   rounds=len(carried))
    cpu = [(ours["server_cpu_us"], bare["server_cpu_us"]) for ours, _, bare in rounds]
    context.ratio(f"{name}: the daemon's time an envelope to raw gRPC's", cpu,
                  **aim_at(rate, "≤ 2.17", at_most=1.5 * 81 / 56))
    if min(carried) < 0.95:
        return
    pairs = lambda step, part: [(ours[step][part], sync["commit"][part]) for ours, sync, _ in rounds]
    context.ratio(f"{name}: accepted durably, median to fdatasync's", pairs("accept", "p50_us"),
                  **aim_at(rate, "≤ 1.5", at_most=1.5))
    context.ratio(f"{name}: accepted durably, 99th percentile to fdatasync's",
                  pairs("accept", "p99_us"), **aim_at(rate, "≤ 4", at_most=4))
    context.ratio(f"{name}: at the adapter, median to fdatasync's", pairs("deliver", "p50_us"),
                  **aim_at(rate, "≤ 5", at_most=5))


def aim_at(rate, aim, at_most):
    """The aims are about 10,000 a second."""
    return {"aim": aim, "at_most": at_most} if rate == 10000 else {}


def once(context, rate):
    """A daemon of its own: what one rate leaves behind is not the next one's."""
    daemon = Daemon(context).start()
    try:
        return load(context, daemon, rate=rate, streams=STREAMS)
    finally:
        daemon.remove()
