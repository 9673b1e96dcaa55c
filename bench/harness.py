"""What every part of the benchmark needs: a daemon of the release build on a folder of its own, the
programs of bench/ run as children, and figures that are taken in turns and compared pair by pair.
"""
import contextlib
import json
import os
import pathlib
import shutil
import signal
import statistics
import subprocess
import tempfile
import time

PATIENCE_S = 600
ADAPTER_TOKEN = "adapter-token-of-the-benchmark"

# Everything is on; only the bounds that would refuse the load are lifted (docs/limits.md).
CONFIG = """
listen: 127.0.0.1:{port}
metrics: 127.0.0.1:0
data_dir: data
log: {{path: trestled.log}}
adapters:
  remote:
    - network: bench
      token_file: adapter.token
      unit: binary
      chunk_bytes: 65536
      units_max: 20
      takes_idempotency_keys: true
limits:
  submits_per_second: 1000000
  submits_burst: 1000000
  calls_per_second: 1000000
  calls_burst: 1000000
  rows_per_thread_max: 100000
  rows_per_sender_max: 1000000
  rows_total_max: 20000000
  in_flight_per_adapter_max: 1024
  in_flight_per_receiver_max: 64
"""


class Context:
    """One run of the benchmark: where the programs are, how long to measure, what was found."""

    def __init__(self, build, full, folder):
        self.build = pathlib.Path(build)
        self.full = full
        self.folder = pathlib.Path(folder)  # on the disk that is measured
        self.huge = False  # ten millions of something, too: a part that is named, with --full
        self.rounds = 7 if full else 5
        self.seconds = 6 if full else 2
        self.figures = []

    def program(self, name):
        return str(self.build / "bin" / name)

    def run(self, name, *arguments):
        """Runs a program of bench/ to its end; its one line of JSON."""
        done = subprocess.run([self.program("trestle-bench-" + name), *map(str, arguments)],
                              check=True, stdout=subprocess.PIPE, text=True, timeout=PATIENCE_S * 6)
        return json.loads(done.stdout)

    def scratch(self):
        return tempfile.mkdtemp(prefix="bench-", dir=self.folder)

    def figure(self, name, value, unit, aim=None, holds=None, spread=None, **more):
        """Notes a figure for the page; `holds` says whether it reaches its aim."""
        self.figures.append({"name": name, "value": value, "unit": unit, "aim": aim, "holds": holds,
                             "spread": spread, **more})
        print("  " + line(self.figures[-1]), flush=True)

    def ratio(self, name, pairs, aim=None, at_least=None, at_most=None, **more):
        """A figure that is the median of pairwise ratios; `pairs` are (ours, theirs) of one round."""
        ratios = [ours / theirs for ours, theirs in pairs if theirs]
        if not ratios:
            raise RuntimeError(f"{name}: nothing to compare with")
        middle = statistics.median(ratios)
        holds = None
        if at_least is not None:
            holds = middle >= at_least
        if at_most is not None:
            holds = middle <= at_most
        self.figure(name, middle, "x", aim=aim, holds=holds, spread=(min(ratios), max(ratios)),
                    rounds=len(ratios), ours=statistics.median(ours for ours, _ in pairs),
                    theirs=statistics.median(theirs for _, theirs in pairs), **more)
        return middle


def line(figure):
    value = figure["value"]
    text = f"{value:.3f}" if isinstance(value, float) and value < 100 else f"{value:,.0f}"
    out = f"{figure['name']:<68} {text:>12} {figure['unit']}"
    if figure["spread"]:
        out += f"  [{figure['spread'][0]:.3f} … {figure['spread'][1]:.3f}, {figure['rounds']} pairs]"
    if "ours" in figure:
        out += f"  ({figure['ours']:,.1f} to {figure['theirs']:,.1f})"
    if figure["aim"]:
        out += f"  aim {figure['aim']}: " + ("reached" if figure["holds"] else "MISSED")
    return out


class Raw:
    """gRPC alone: trestle-bench-raw."""

    def __init__(self, context, tls=None):
        arguments = ["--tls", tls.certificate, tls.key] if tls else []
        self.process = subprocess.Popen([context.program("trestle-bench-raw"), *arguments],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.address = f"localhost:{int(self.process.stdout.readline())}"
        self.load_arguments = ["--target", "raw"] + (["--ca", tls.certificate] if tls else [])

    def stop(self):
        self.process.stdin.close()
        self.process.wait(PATIENCE_S)
        self.process.stdout.close()


class Daemon:
    """A trestled on a folder; may be stopped, killed and started again on it."""

    def __init__(self, context, tls=None, circles=64, waiting=0, extra_config="", folder=None):
        self.context = context
        self.circles = circles
        self.folder = pathlib.Path(folder or context.scratch())
        self.filled = None
        if folder is None:
            self.filled = context.run("fill", self.folder / "data", circles, waiting)
        with open(os.open(self.folder / "adapter.token", os.O_CREAT | os.O_WRONLY, 0o600), "w",
                  encoding="utf-8") as file:
            file.write(ADAPTER_TOKEN + "\n")
        config = CONFIG.format(port=0) + extra_config
        if tls:
            config += f"tls: {{certificate: {tls.certificate}, key_file: {tls.key}}}\n"
        (self.folder / "trestle.yaml").write_text(config, encoding="utf-8")
        self.load_arguments = ["--adapter-token", ADAPTER_TOKEN]
        self.load_arguments += ["--ca", tls.certificate] if tls else []
        self.process = None
        self.started_at = None
        self.ready_after = None
        self.store_path = self.folder / "data/core/store.db"

    def start(self):
        ready = self.folder / "ready.json"
        with contextlib.suppress(FileNotFoundError):
            ready.unlink()
        begun = self.started_at = time.monotonic()
        with open(self.folder / "stderr", "w", encoding="utf-8") as errors:
            self.process = subprocess.Popen(
                [self.context.program("trestled"), "--config", str(self.folder / "trestle.yaml"),
                 "--ready-file", str(ready)], stderr=errors)
        while not ready.exists():
            if self.process.poll() is not None or time.monotonic() - begun > PATIENCE_S:
                raise RuntimeError("trestled does not start: " +
                                   (self.folder / "stderr").read_text(encoding="utf-8"))
            time.sleep(0.002)
        self.ready_after = time.monotonic() - begun
        ports = json.loads(ready.read_text(encoding="utf-8"))
        self.address = f"localhost:{ports['grpc_port']}"
        self.metrics_port = ports["metrics_port"]
        return self

    def kill(self):
        self.process.kill()
        self.process.wait(PATIENCE_S)

    def stop(self):
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(PATIENCE_S)

    def resident_mb(self):
        with open(f"/proc/{self.process.pid}/status", encoding="utf-8") as file:
            for each in file:
                if each.startswith("VmRSS:"):
                    return int(each.split()[1]) / 1024
        raise RuntimeError("no VmRSS")

    def forget_pages(self):
        """Puts the store out of the system's memory, as after a start of the machine."""
        for path in self.store_path.parent.iterdir():
            with open(path, "rb") as file:
                os.fsync(file.fileno())
                os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)

    def store_mb(self):
        return self.store_path.stat().st_size / 2**20

    def remove(self):
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


def load(context, server, **options):
    """Runs trestle-bench-load against a Raw or a Daemon."""
    arguments = ["--server", server.address, "--server-pid", server.process.pid,
                 "--circles", getattr(server, "circles", 64), *server.load_arguments]
    options.setdefault("seconds", context.seconds)
    for name, value in options.items():
        arguments += ["--" + name.replace("_", "-"), value]
    result = context.run("load", *arguments)
    if result["refused"] or not result["drained"]:
        raise RuntimeError(f"the load was not carried: {result}")
    return result


def middle(values):
    return statistics.median(values)


def in_turns(rounds, *measures):
    """A B A B …: the answers of each round together."""
    return [tuple(measure() for measure in measures) for _ in range(rounds)]
