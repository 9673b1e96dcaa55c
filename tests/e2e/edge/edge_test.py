"""Edge delivery for real: trestled, trestle-edge, the simulated SMS centre and a native client with
`trestle`. Somebody with a plain phone sells a bicycle; the edge is killed while messages pass.

    edge_test.py TRESTLED TRESTLE TRESTLE-SIM TRESTLE-EDGE

Every wait is for an answer, a line or the end of a process; ctest's time limit is the only clock.
"""
import collections
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import unittest
import urllib.parse
import urllib.request

TRESTLED, TRESTLE, SIM, EDGE = (os.path.abspath(each) for each in sys.argv[1:5])
EDGE_TOKEN = "edge-token-of-this-test"
PHONE = "447700900001"
LABEL = "edge: "
QUESTION = "Is the bicycle still there? 👩🏽‍🔧"
REPLY = "It is. Call round on Saturday €"

CONFIG = """listen: 127.0.0.1:0
metrics: 127.0.0.1:0
data_dir: data
operator: {token_file: operator.token}
adapters:
  remote:
    - network: sms_edge
      token_file: edge.token
      unit: binary
      chunk_bytes: 1048640
      units_max: 1
      reports_delivered: true
      needs_sms_consent: true
      opens_messages: true
"""


def private(path, text):
    with open(os.open(path, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "w",
              encoding="utf-8") as file:
        file.write(text)


class Lines:
    """A process whose lines are read as they come."""

    def __init__(self, words, stream="stdout"):
        self.process = subprocess.Popen(words, text=True, **{stream: subprocess.PIPE})
        self.lines = getattr(self.process, stream)
        self.drain = None

    def with_word(self, word):
        seen = []
        for line in self.lines:
            seen.append(line)
            if word in line:
                return line
        raise AssertionError(f"ended without {word}:\n" + "".join(seen))

    def keep_drained(self):
        self.drain = threading.Thread(target=self.lines.read, daemon=True)
        self.drain.start()

    def end(self, how=signal.SIGTERM):
        if self.process.poll() is None:
            self.process.send_signal(how)
        code = self.process.wait()
        if self.drain is not None:
            self.drain.join()
        self.lines.close()
        return code


class Scene:
    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="trestle-edge-e2e-")
        private(f"{self.folder}/operator.token", "operator-token-of-this-test\n")
        private(f"{self.folder}/edge.token", EDGE_TOKEN + "\n")
        private(f"{self.folder}/trestle.yaml", CONFIG)
        self.networks = self.start_networks()
        self.daemon = Lines([TRESTLED, "--config", f"{self.folder}/trestle.yaml"], "stderr")
        started = json.loads(self.daemon.with_word('"event":"started"'))
        self.address = f"127.0.0.1:{started['grpc_port']}"
        self.daemon.keep_drained()
        self.write_edge_config()
        self.edge = None
        self.start_edge()
        self.sim("POST", "/sim/phones", {"address": PHONE})
        self.after = 0

    def start_networks(self):
        ready = f"{self.folder}/networks.json"
        os.mkfifo(ready)
        process = subprocess.Popen([SIM, "networks", "--ready", ready])
        with open(ready, encoding="utf-8") as file:
            self.sms = json.load(file)["sms"]
        return process

    def write_edge_config(self):
        private(f"{self.folder}/sms.password", self.sms["password"])
        private(f"{self.folder}/edge.yaml", f"""metrics: 127.0.0.1:0
data_dir: edge
bridge: {{server: "{self.address}", network: sms_edge, token_file: edge.token}}
sms:
  service_number: "{self.sms['service']}"
  ghost_numbers: {json.dumps(self.sms['ghosts'])}
  host: {self.sms['host']}
  port: {self.sms['port']}
  system_id: {self.sms['system_id']}
  password_file: sms.password
  messages_per_minute: 600000
  reconnect_after_min: 10ms
  reconnect_after_max: 50ms
""")

    def start_edge(self):
        self.edge = Lines([EDGE, "--config", f"{self.folder}/edge.yaml"], "stderr")
        self.edge.with_word('"event":"bridge_connected"')
        self.edge.keep_drained()

    def sim(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.sms["control_url"] + path, data=data, method=method)
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)

    def texts(self, to, text):
        self.sim("POST", "/sim/send", {"from": PHONE, "to": to, "text": text})

    def inbox(self):
        """What came to the phone since the last call; waits until something has."""
        query = urllib.parse.urlencode({"address": PHONE, "after": self.after, "wait_ms": 30000})
        messages = self.sim("GET", "/sim/inbox?" + query)["messages"]
        for each in messages:
            self.after = max(self.after, each["seq"])
        return messages

    def hears(self, word):
        """The next text to the phone that has the word in it: (from, text)."""
        while True:
            messages = self.inbox()
            for place, each in enumerate(messages):
                if word in each["text"]:
                    self.after = each["seq"]
                    return each["from"], each["text"]

    def submits(self):
        records = self.sim("GET", "/sim/wire?after=0&limit=20000")["records"]
        return sum(each["what"] == "submit_sm" for each in records)

    def trestle(self, *words, code=0):
        done = subprocess.run([TRESTLE, "--server", self.address, "--home",
                               f"{self.folder}/home", *words], capture_output=True, text=True,
                              check=False)
        if done.returncode != code:
            raise AssertionError(f"{words}: exit {done.returncode}: {done.stdout}{done.stderr}")
        return done.stdout + done.stderr

    def following(self):
        return Lines([TRESTLE, "--server", self.address, "--home", f"{self.folder}/home", "inbox",
                      "--follow"])

    def close(self):
        for each in (self.edge, self.daemon):
            each.end()
        self.networks.terminate()
        self.networks.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


def meet(scene):
    """Up to a granted contact: the seller has agreed, the buyer has not. (link, ghost)."""
    service = scene.sms["service"]
    scene.texts(service, "JOIN")
    scene.hears("Welcome")
    scene.texts(service, "ALIAS bicycle")
    _, named = scene.hears("Your new alias")
    alias = re.search(r"[a-z]+-[a-z]+-\d{4}", named).group(0)
    scene.trestle("enrol")
    scene.trestle("reach", alias)
    ghost, asked = scene.hears("Somebody asks about bicycle")
    assert "carriers can read" in asked and "AGREE" in asked
    buyer = scene.following()
    scene.texts(ghost, "Agree!")
    scene.hears("Agreed for 30 days")
    line = buyer.with_word("plain SMS: sealed to the SMS edge")
    link = re.search(r"edge allow ([0-9a-f]{8})", line).group(1)
    buyer.end()
    return link, ghost


class EdgeDelivery(unittest.TestCase):
    def setUp(self):
        self.scene = Scene()
        self.addCleanup(self.scene.close)

    def test_both_sides_agree_write_and_end_it(self):
        scene = self.scene
        link, ghost = meet(scene)
        explained = scene.trestle("route", "explain", link)
        self.assertIn("E2EE_UNAVAILABLE", explained)
        self.assertIn("1 of the two sides", explained)
        self.assertIn("E2EE_UNAVAILABLE", scene.trestle("send", link, QUESTION, code=1))
        self.assertIn("to the SMS edge", scene.trestle("contacts"))

        scene.trestle("edge", "allow", link, "--for", "1h")
        self.assertIn("opened in the SMS edge", scene.trestle("route", "explain", link))
        buyer = scene.following()
        scene.trestle("send", link, QUESTION)
        self.assertEqual(scene.hears(QUESTION), (ghost, LABEL + QUESTION))
        buyer.with_word("opened in the SMS edge")
        scene.texts(ghost, REPLY)
        self.assertIn("(over the SMS edge) " + REPLY, buyer.with_word(REPLY))
        buyer.end()

        self.assertRegex(scene.trestle("consents"), "edge_agreed until .*api")
        scene.trestle("edge", "end", link)
        self.assertIn("E2EE_UNAVAILABLE", scene.trestle("send", link, QUESTION, code=1))
        self.assertIn("E2EE_UNAVAILABLE", scene.trestle("route", "explain", link))
        scene.texts(ghost, REPLY)
        scene.hears("was not delivered")
        self.only_the_wire_has_it()

    def only_the_wire_has_it(self):
        """The words are in no file of the daemon's or the edge's, and in none of their logs."""
        marks = [each.encode() for each in (QUESTION, REPLY, PHONE)]
        for path in pathlib.Path(self.scene.folder).rglob("*"):
            inside = path.relative_to(self.scene.folder).parts[0]
            if inside not in ("data", "edge") or not path.is_file():
                continue
            octets = path.read_bytes()
            for mark in marks:
                self.assertNotIn(mark, octets, path)

    def test_killed_half_way_nothing_comes_twice_and_nothing_is_lost_silently(self):
        scene = self.scene
        link, _ = meet(scene)
        scene.trestle("edge", "allow", link)
        count, kill_at = 24, (6, 12, 18)
        sent = {}
        for number in range(count):
            # Of one, two and three segments in turn.
            text = f"message {number:02d} " + "ü" * (150 * (number % 3))
            envelope = re.search(r"envelope ([0-9a-f]{32})", scene.trestle("send", link, text))
            sent[LABEL + text] = envelope.group(1)
            if number in kill_at:
                scene.edge.end(signal.SIGKILL)
                scene.start_edge()
        scene.trestle("send", link, "the last one")
        arrived = collections.Counter()
        while arrived[LABEL + "the last one"] == 0:
            arrived.update(each["text"] for each in scene.inbox())
        for text, envelope in sent.items():
            self.assertLessEqual(arrived[text], 1, text)
            if arrived[text] == 0:
                # In doubt at the kill: then its sender is told so.
                trace = scene.trestle("trace", envelope)
                self.assertIn("no_answer", trace.lower())

    def test_a_phone_that_has_not_agreed_hears_so_and_its_words_go_nowhere(self):
        scene = self.scene
        _, ghost = meet(scene)
        other = next(each for each in scene.sms["ghosts"] if each != ghost)
        scene.texts(other, REPLY)
        scene.hears("stands for nobody")
        scene.texts(ghost, "STOP")
        scene.hears("ended")
        scene.texts(ghost, REPLY)
        scene.hears("Reply AGREE first")


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1] + sys.argv[5:], verbosity=2)
