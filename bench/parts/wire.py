"""From a client through the daemon to an adapter in another process and back, beside gRPC alone."""
from harness import Daemon, Raw, in_turns, load

PROTOTYPE_CPU = {1: 81 / 56, 64: 8 / 1.5}  # the daemon's time an envelope to raw gRPC's, by batch
SHAPES = ((1, 16, 8, 64), (32, 16, 128, 256))  # batch, streams, window: Trestle's and raw gRPC's


def measure(context):
    raw = Raw(context)
    daemon = Daemon(context).start()
    try:
        for batch, streams, window, raw_window in SHAPES:
            compare(context, daemon, raw, batch, streams, window, raw_window)
    finally:
        raw.stop()
        daemon.remove()


def compare(context, daemon, raw, batch, streams, window, raw_window):
    name = "one envelope a message" if batch == 1 else f"batches of {batch}"
    rounds = in_turns(
        context.rounds,
        lambda: load(context, daemon, batch=batch, streams=streams, window=window),
        lambda: load(context, raw, batch=batch, streams=streams, window=raw_window))
    rates = [(ours["per_second"], theirs["per_second"]) for ours, theirs in rounds]
    aim = 0.45 if batch == 1 else 0.13
    context.ratio(f"{name}: accepted, delivered, acknowledged, erased, to raw gRPC", rates,
                  aim=f"≥ {aim}", at_least=aim)
    cpu = [(ours["server_cpu_us"], theirs["server_cpu_us"]) for ours, theirs in rounds]
    context.ratio(f"{name}: the daemon's time an envelope to raw gRPC's", cpu)
    ours = [each for each, _ in rounds]
    for key, unit in (("written_bytes", "octets written to disk an envelope"),
                      ("syscalls_write", "write calls an envelope"),
                      ("syscalls_read", "read calls an envelope")):
        context.figure(f"{name}: {unit}", sorted(each[key] for each in ours)[len(ours) // 2], "")
