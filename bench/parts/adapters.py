"""Each adapter under load on its simulated network, beside a bare client of the same simulated server: wrk
for the three that speak HTTP, an SMPP client of ours for SMS.

Both sides of a pair share the machine with the simulated network, and all is on loopback. The adapter hears
the receipts that the network sends for every message; wrk has nobody who would hear them. An adapter keeps
durably what it has sent, so it is measured twice: on the disk, beside what that disk can sync in the same
minutes, and with its store in memory, where only its own work is left.
"""
import json
import pathlib
import re
import shutil
import subprocess
import tempfile

from harness import PATIENCE_S, in_turns, middle

META = ("messenger", "instagram", "whatsapp")
IN_FLIGHT = 16  # deliveries under way; connections of wrk; submits unanswered
SECONDS_MAX = 3  # a steady state is reached at once, and there are many runs
MEMORY = pathlib.Path("/dev/shm")

# Bodies in turns: one for each person. What is not answered 2xx is counted by wrk itself.
SCRIPT = """
local path = %s
local headers = {["Authorization"] = %s, ["Content-Type"] = "application/json"}
local bodies = {%s}
local at = 0
request = function()
  at = at %% #bodies + 1
  return wrk.format("POST", path, headers, bodies[at])
end
done = function(summary)
  io.write(string.format("RESULT %%d %%d %%d\\n", summary.requests, summary.duration,
                         summary.errors.status + summary.errors.read + summary.errors.timeout))
end
"""


def measure(context):
    if shutil.which("wrk") is None:
        print("  wrk is not installed: the adapters that speak HTTP have nothing to be compared with")
    for network in (*META, "sms"):
        one(context, network)


def one(context, network):
    bare, theirs = "a bare SMPP client", lambda: of_smpp(context)
    if network in META:
        bare, theirs = "wrk", lambda: of_wrk(context, network)
    if network in META and shutil.which("wrk") is None:
        theirs = lambda: None
    rounds = in_turns(context.rounds, lambda: on_disk(context, network), lambda: syncs(context), theirs,
                      lambda: in_memory(context, network))
    disk, synced, client, memory = zip(*rounds)
    name = f"{network}, {IN_FLIGHT} under way"
    context.ratio(f"{name}: messages to syncs of the disk, a second", list(zip(disk, synced)))
    if client[0] is not None:
        context.ratio(f"{name}: to {bare}", list(zip(disk, client)))
    if memory[0] is None:
        return
    if client[0] is not None:
        context.ratio(f"{name}, store in memory: to {bare}", list(zip(memory, client)))
    else:
        context.figure(f"{name}, store in memory", middle(memory), "/s",
                       spread=(min(memory), max(memory)), rounds=len(memory))


def seconds(context):
    return min(context.seconds, SECONDS_MAX)


def on_disk(context, network):
    return carried(network, context.run("adapters", network, seconds(context), "adapter", IN_FLIGHT,
                                        context.scratch()))


def in_memory(context, network):
    if not MEMORY.is_dir():
        return None
    with tempfile.TemporaryDirectory(dir=MEMORY, prefix="trestle-bench-") as folder:
        return carried(network, context.run("adapters", network, seconds(context), "adapter", IN_FLIGHT,
                                            folder))


def syncs(context):
    return context.run("disk", context.scratch(), seconds(context), "fdatasync")["per_second"]


def of_smpp(context):
    return carried("sms", context.run("adapters", "sms", seconds(context), "server", IN_FLIGHT))


def carried(network, result):
    if result["refused"] or not result["sent"]:
        raise RuntimeError(f"{network}: the load was not carried: {result}")
    return result["per_second"]


def of_wrk(context, network):
    server = subprocess.Popen([context.program("trestle-bench-adapters"), network, "1", "server"],
                              stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        return run_wrk(context, network, json.loads(server.stdout.readline()))
    finally:
        server.stdin.close()
        server.wait(PATIENCE_S)
        server.stdout.close()


def run_wrk(context, network, server):
    script = context.scratch() + "/send.lua"
    with open(script, "w", encoding="utf-8") as file:
        file.write(SCRIPT % (quoted(server["path"]), quoted("Bearer " + server["token"]),
                             ", ".join(map(quoted, server["bodies"]))))
    done = subprocess.run(["wrk", "-t1", f"-c{IN_FLIGHT}", f"-d{seconds(context)}s", "-s", script,
                           f"http://127.0.0.1:{server['port']}"], check=True, stdout=subprocess.PIPE,
                          text=True, timeout=PATIENCE_S)
    found = re.search(r"^RESULT (\d+) (\d+) (\d+)$", done.stdout, re.MULTILINE)
    requests, micros, failed = map(int, found.groups())
    if failed or not requests:
        raise RuntimeError(f"{network}: the server did not take what wrk sent: {done.stdout}")
    return requests / (micros / 1e6)


def quoted(text):
    """A text as Lua spells it; ours have neither line ends nor ]=]."""
    return f"[=[{text}]=]"
