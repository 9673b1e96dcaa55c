"""128-bit marks as text, file name and reaction, and random phone numbers, cross the four networks
with real endpoints. Afterwards everything that the daemon keeps, says or holds in memory, and every
octet that the networks saw, is searched for them in all forms. docs/threat_model.md has the claims.

The scanner itself is put to the test: it must find each form when it is planted, the marks in the
phones' process, each number on its own network, and a label in the core's store.
"""
import json
import os
import pathlib
import random
import re
import secrets
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "python"))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import bridge  # noqa: E402
from scanner import Scanner, forms_of_number, forms_of_text, memory_of  # noqa: E402

TRESTLED, SIM, PHONES = (os.path.abspath(path) for path in sys.argv[1:4])
PATIENCE_S = 120
META = {"messenger": ("service_page", "ghost_pages", "graph_url"),
        "instagram": ("service_account", "ghost_accounts", "graph_url"),
        "whatsapp": ("service_identity", "ghosts", "api_url")}


def digits(count):
    return "".join(random.SystemRandom().choice("0123456789") for _ in range(count))


def await_file(path, process):
    deadline = time.monotonic() + PATIENCE_S
    while not (os.path.exists(path) and os.path.getsize(path)):
        if process.poll() is not None or time.monotonic() > deadline:
            raise AssertionError(f"{path} did not come")
        time.sleep(0.01)
    with open(path, encoding="utf-8") as file:
        return json.load(file)


class Stage:
    """Networks, daemon and phones, with the marks that went through."""

    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="trestle-canary-"))
        self.text, self.file, self.reaction = (secrets.token_hex(16) for _ in range(3))
        self.label = secrets.token_hex(16)
        self.numbers = {"whatsapp": "447" + digits(9), "messenger": "10" + digits(15),
                        "instagram": "178" + digits(14), "sms": "1202" + digits(7)}
        self.processes = []
        self.watched = []
        self.networks = None
        self.daemon = None
        self.phones = None

    def run(self, *command, **settings):
        process = subprocess.Popen([str(word) for word in command], **settings)
        self.processes.append(process)
        return process

    def write(self, name, content):
        path = self.folder / name
        path.parent.mkdir(exist_ok=True)
        with open(os.open(path, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "w",
                  encoding="utf-8") as file:
            file.write(content)

    def start(self):
        ready = self.folder / "networks.json"
        networks = self.run(SIM, "networks", "--ready", ready)
        self.networks = await_file(ready, networks)
        self.write("data/.keep", "")
        self.write("operator.token", bridge.OPERATOR_TOKEN + "\n")
        self.write("trestle.yaml", self.config())
        ready = self.folder / "daemon.json"
        self.daemon = self.run(TRESTLED, "--config", self.folder / "trestle.yaml", "--ready-file",
                               ready, stderr=subprocess.DEVNULL)
        self.ready = await_file(ready, self.daemon)
        self.operator = bridge.Client(f"127.0.0.1:{self.ready['grpc_port']}",
                                      bridge.OPERATOR_TOKEN)
        threading.Thread(target=self._watch, daemon=True).start()

    def _watch(self):
        try:
            for event in self.operator.stubs["Routing"].Watch(bridge.routing_pb.WatchRequest(),
                                                              metadata=self.operator.metadata):
                self.watched.append(event.SerializeToString() + str(event).encode())
        except bridge.grpc.RpcError:
            pass

    def config(self):
        lines = ["listen: 127.0.0.1:0", "metrics: 127.0.0.1:0", "data_dir: data",
                 "log: {path: trestled.log, level: debug}",
                 "operator: {token_file: operator.token}", "adapters:"]
        for name, (service, ghosts, url) in META.items():
            network = self.networks[name]
            lines += [f"  {name}:", f"    {service}: {json.dumps(network['service'])}",
                      f"    {ghosts}: {json.dumps(network['ghosts'])}",
                      f"    app_id: {json.dumps(network['app_id'])}",
                      f"    {url}: {network['graph_url']}"]
            if name == "instagram":
                lines.append(f"    subscriptions_url: {network['graph_url']}")
            for secret in ("app_secret", "verify_token", "token"):
                self.write(f"secrets/{name}.{secret}", network[secret])
                lines.append(f"    {secret}_file: secrets/{name}.{secret}")
        sms = self.networks["sms"]
        self.write("secrets/sms.password", sms["password"])
        lines += ["  sms:", f"    service_number: {json.dumps(sms['service'])}",
                  f"    ghost_numbers: {json.dumps(sms['ghosts'])}", f"    host: {sms['host']}",
                  f"    port: {sms['port']}", f"    system_id: {sms['system_id']}",
                  "    password_file: secrets/sms.password"]
        return "\n".join(lines) + "\n"

    def play(self):
        (self.folder / "phones").mkdir()
        self.phones = self.run(PHONES, self.folder / "networks.json", self.folder / "phones",
                               self.numbers["whatsapp"], self.numbers["messenger"],
                               self.numbers["instagram"], self.numbers["sms"], self.text,
                               self.file, self.reaction, stdin=subprocess.PIPE,
                               stdout=subprocess.PIPE, text=True)
        if self.phones.stdout.readline() != "said\n":
            raise AssertionError("the phones did not get through")
        # A label is text that its owner gave the bridge to keep: the scan must find it.
        address = "10" + digits(15)
        self.control("messenger", "phones", {"address": address})
        for word in ("JOIN", f"ALIAS {self.label}"):
            self.control("messenger", "send", {"from": address, "to":
                                               self.networks["messenger"]["service"], "text": word})
        deadline = time.monotonic() + PATIENCE_S
        def answered():
            return any(self.label in record["shows"] and record["direction"] == "from_bridge"
                       for record in self.wire("messenger"))
        while not answered():
            assert time.monotonic() < deadline, "the bridge did not answer ALIAS"
            time.sleep(0.01)

    def control(self, network, path, body=None):
        url = f"{self.networks[network]['control_url']}/sim/{path}"
        data = None if body is None else json.dumps(body).encode()
        with urllib.request.urlopen(urllib.request.Request(url, data), timeout=30) as answer:
            return json.load(answer)

    def wire(self, network):
        records, after = [], 0
        while True:
            page = self.control(network, f"wire?after={after}&limit=1000")["records"]
            if not page:
                return records
            records += page
            after = page[-1]["seq"]

    def wire_octets(self, network):
        """All that the network saw. Hexadecimal of an SMS PDU is read as its octets, too."""
        out = []
        for record in self.wire(network):
            shows = record["shows"]
            whole = len(shows) // 2 if network == "sms" else len(shows.encode())
            assert whole >= record["octets"], f"{network} shows {whole} of {record['octets']}"
            out.append(shows.encode())
            if network == "sms":
                out.append(bytes.fromhex(shows))
        return b"\n".join(out)

    def native_addresses(self):
        """What each network calls its people towards the bridge: numbers, or ids that its Pages and
        accounts see, another one at each."""
        out = {"whatsapp": [(self.numbers["whatsapp"], "44")], "sms": [(self.numbers["sms"], "1")]}
        for network in ("messenger", "instagram"):
            ours = {self.networks[network]["service"], *self.networks[network]["ghosts"]}
            seen = set()
            for record in self.wire(network):
                seen |= set(re.findall(r'"(?:sender|recipient)":\s*{\s*"id":\s*"(\d+)"',
                                       record["shows"]))
            out[network] = [(number, "") for number in sorted(seen - ours)]
            assert len(out[network]) >= 2, f"{network} shows no ids of its people"
        return out

    def metrics(self):
        url = f"http://127.0.0.1:{self.ready['metrics_port']}/metrics"
        with urllib.request.urlopen(url, timeout=30) as answer:
            return answer.read()

    def end(self):
        for process in reversed(self.processes):
            if process.poll() is None:
                process.terminate()
                process.wait(30)
        if self.phones is not None:
            self.phones.stdin.close()
            self.phones.stdout.close()
        shutil.rmtree(self.folder, ignore_errors=True)


def files_below(folder):
    return sorted(path for path in folder.rglob("*") if path.is_file())


class CanaryTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.stage = Stage()
        cls.addClassCleanup(cls.stage.end)
        cls.stage.start()
        cls.stage.play()
        stage = cls.stage
        cls.content = Scanner({name: forms_of_text(getattr(stage, name))
                               for name in ("text", "file", "reaction")})
        cls.numbers = {network: Scanner({network: [form for number, country in numbers
                                                   for form in forms_of_number(number, country)]})
                       for network, numbers in stage.native_addresses().items()}

    def find_numbers(self, octets):
        found = {}
        for scanner in self.numbers.values():
            found |= scanner.find(octets)
        return found

    # ---- The scanner can find what it looks for.

    def test_each_form_is_found_when_it_is_planted(self):
        for scanner in (self.content, *self.numbers.values()):
            for pattern, (mark, form) in scanner.patterns.items():
                self.assertIn(form, scanner.find(b"x" + pattern + b"y").get(mark, ()))

    def test_base64_is_found_wherever_it_begins(self):
        import base64
        for before in range(6):
            octets = base64.b64encode(b"z" * before + self.stage.text.encode() + b"tail")
            self.assertIn("text", self.content.find(octets))

    def test_the_phones_are_entitled_and_hold_the_marks(self):
        found = set()
        for chunk in memory_of(self.stage.phones.pid):
            found |= set(self.content.find(chunk)) | set(self.find_numbers(chunk))
        self.assertLessEqual({"text", "file", "reaction", "whatsapp", "sms"}, found)

    def test_a_label_is_found_in_the_core_store_and_on_its_owners_network(self):
        label = Scanner({"label": forms_of_text(self.stage.label)})
        stored = b"".join(path.read_bytes() for path in files_below(self.stage.folder / "data/core"))
        self.assertIn("raw", label.find(stored).get("label", ()))
        self.assertIn("raw", label.find(self.stage.wire_octets("messenger")).get("label", ()))

    def test_each_number_is_on_its_own_networks_wire(self):
        for network, scanner in self.numbers.items():
            self.assertIn(network, scanner.find(self.stage.wire_octets(network)))

    # ---- What is claimed.

    def test_no_content_is_in_the_daemons_memory(self):
        for chunk in memory_of(self.stage.daemon.pid):
            self.assertEqual(self.content.find(chunk), {})

    def test_no_content_is_on_any_networks_wire(self):
        for network in self.stage.networks:
            self.assertEqual(self.content.find(self.stage.wire_octets(network)), {}, network)

    def test_no_content_and_no_number_is_in_any_file_of_the_daemon(self):
        files = files_below(self.stage.folder / "data") + [self.stage.folder / "trestled.log"]
        self.assertGreater(len(files), 8)
        for path in files:
            octets = path.read_bytes()
            self.assertEqual(self.content.find(octets) | self.find_numbers(octets), {}, path)

    def test_no_content_and_no_number_is_in_metrics_and_events(self):
        octets = self.stage.metrics() + b"\n".join(self.stage.watched)
        self.assertGreater(len(self.stage.watched), 20)
        self.assertEqual(self.content.find(octets) | self.find_numbers(octets), {})

    def test_no_number_is_on_another_networks_wire(self):
        for network in self.stage.networks:
            octets = self.stage.wire_octets(network)
            others = {name: scanner for name, scanner in self.numbers.items() if name != network}
            for scanner in others.values():
                self.assertEqual(scanner.find(octets), {}, network)

    def test_numbers_in_the_daemons_memory_are_measured(self):
        """Adapters run inside of the daemon and use their people's numbers: a memory image may show
        them. No hash of one is kept, though, and what there is, is said here."""
        found = {}
        for chunk in memory_of(self.stage.daemon.pid):
            for mark, forms in self.find_numbers(chunk).items():
                found.setdefault(mark, set()).update(forms)
        print("numbers in the daemon's memory:",
              {mark: sorted(forms) for mark, forms in found.items()} or "none", file=sys.stderr)
        for forms in found.values():
            for form in forms:
                self.assertFalse(any(name in form for name in ("sha", "md5")), form)


if __name__ == "__main__":
    del sys.argv[1:4]
    unittest.main(verbosity=2)
