"""Runs a real trestled for tests, and speaks to it with stubs that are generated on the spot."""
import contextlib
import importlib
import json
import os
import pathlib
import queue
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[3]
PATIENCE_S = 120  # a bound for what hangs; a disk busy with other things can take half a minute
OPERATOR_TOKEN = "operator-token-of-this-test"
ADAPTER_TOKEN = "adapter-token-of-this-test"

try:
    import grpc
except ImportError:
    print("SKIP: python3-grpcio is not installed")
    sys.exit(77)


def _generate():
    folder = tempfile.mkdtemp(prefix="trestle-stubs-")
    protos = sorted(str(p.relative_to(ROOT / "proto")) for p in (ROOT / "proto").rglob("*.proto"))
    plugin = shutil.which("grpc_python_plugin")
    if plugin is None or shutil.which("protoc") is None:
        print("SKIP: protoc or grpc_python_plugin is not installed")
        sys.exit(77)
    subprocess.run(["protoc", "-I", str(ROOT / "proto"), f"--python_out={folder}",
                    f"--grpc_out={folder}", f"--plugin=protoc-gen-grpc={plugin}", *protos],
                   check=True)
    return folder


STUBS = _generate()
sys.path.insert(0, STUBS)


def module(name):
    return importlib.import_module(name)


adapters_pb = module("trestle.v1.adapters_pb2")
admin_pb = module("trestle.v1.admin_pb2")
consent_pb = module("trestle.v1.consent_pb2")
directory_pb = module("trestle.v1.directory_pb2")
keys_pb = module("trestle.v1.keys_pb2")
messages_pb = module("trestle.v1.messages_pb2")
rooms_pb = module("trestle.v1.rooms_pb2")
routing_pb = module("trestle.v1.routing_pb2")
types_pb = module("trestle.v1.types_pb2")
error_details_pb = module("google.rpc.error_details_pb2")
status_pb = module("google.rpc.status_pb2")
_grpc = {name: module(f"trestle.v1.{name}_pb2_grpc")
         for name in ("adapters", "admin", "consent", "directory", "keys", "messages", "rooms",
                      "routing")}


def error_info(error):
    """The google.rpc.ErrorInfo and the other details of a failed call."""
    for key, value in error.trailing_metadata():
        if key == "grpc-status-details-bin":
            status = status_pb.Status.FromString(value)
            info = error_details_pb.ErrorInfo()
            status.details[0].Unpack(info)
            return info, status
    raise AssertionError("the error carries no details")


class Trestled:
    """One daemon with a folder of its own; may be killed and started again on it."""

    def __init__(self, binary, extra_config=""):
        self.binary = binary
        self.environment = None  # ours
        self.folder = tempfile.mkdtemp(prefix="trestle-e2e-")
        self.process = None
        self.ready = None
        for name, secret in (("operator.token", OPERATOR_TOKEN), ("adapter.token", ADAPTER_TOKEN)):
            with open(os.open(f"{self.folder}/{name}", os.O_CREAT | os.O_WRONLY, 0o600), "w") as file:
                file.write(secret + "\n")
        with open(self.config, "w", encoding="utf-8") as file:
            file.write("listen: 127.0.0.1:0\nmetrics: 127.0.0.1:0\ndata_dir: data\n"
                       "log: {path: trestled.log}\noperator: {token_file: operator.token}\n"
                       + extra_config)

    @property
    def config(self):
        return f"{self.folder}/trestle.yaml"

    def start(self, arguments=()):
        ready = f"{self.folder}/ready.json"
        with contextlib.suppress(FileNotFoundError):
            os.unlink(ready)
        self.process = subprocess.Popen(
            [self.binary, "--config", self.config, "--ready-file", ready, *arguments],
            stderr=subprocess.PIPE, text=True, env=self.environment)
        deadline = time.monotonic() + PATIENCE_S
        while not os.path.exists(ready):
            if self.process.poll() is not None:
                raise AssertionError("trestled ended: " + self.process.stderr.read())
            if time.monotonic() > deadline:
                raise AssertionError("trestled did not get ready")
            time.sleep(0.01)
        with open(ready, encoding="utf-8") as file:
            self.ready = json.load(file)
        return self

    @property
    def address(self):
        return f"127.0.0.1:{self.ready['grpc_port']}"

    def kill(self):
        self.process.kill()
        self.process.wait(PATIENCE_S)
        self.process.stderr.close()

    def stop(self):
        """As a supervisor stops it; answers the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(PATIENCE_S)
        self.process.stderr.close()
        return code

    def remove(self):
        if self.process is not None and self.process.poll() is None:
            self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


class Client:
    """A caller with a token, or without one."""

    def __init__(self, address, token=None):
        self.channel = grpc.insecure_channel(address)
        self.metadata = [("authorization", f"Bearer {token}")] if token else []
        stub = lambda name, service: getattr(_grpc[name], service + "Stub")(self.channel)
        self.stubs = {"Messages": stub("messages", "Messages"),
                      "Directory": stub("directory", "Directory"),
                      "Routing": stub("routing", "Routing"), "Consent": stub("consent", "Consent"),
                      "Keys": stub("keys", "Keys"), "Rooms": stub("rooms", "Rooms"),
                      "AdapterHost": stub("adapters", "AdapterHost"),
                      "Admin": stub("admin", "Admin")}

    def call(self, method, request):
        service, name = method.split(".")
        return getattr(self.stubs[service], name)(request, metadata=self.metadata,
                                                  timeout=PATIENCE_S)

    def close(self):
        self.channel.close()


class TwoWay:
    """The client's side of a two-way stream: say() writes, hear() waits for the next message."""

    def __init__(self, client, service, method):
        self.said = queue.Queue()
        self.heard = queue.Queue()
        self.stream = getattr(client.stubs[service], method)(iter(self.said.get, None),
                                                             metadata=client.metadata)
        self.error = None
        self.thread = threading.Thread(target=self._listen, daemon=True)
        self.thread.start()

    def _listen(self):
        try:
            for message in self.stream:
                self.heard.put(message)
        except grpc.RpcError as error:
            self.error = error
        self.heard.put(None)

    def say(self, message):
        self.said.put(message)

    def hear(self):
        message = self.heard.get(timeout=PATIENCE_S)
        if message is None and self.error is not None:
            raise self.error
        return message

    def half_close(self):
        self.said.put(None)

    def close(self):
        self.said.put(None)
        self.stream.cancel()
        self.thread.join(PATIENCE_S)


class Person(Client):
    """A native account with its stream."""

    def __init__(self, daemon, token=None):
        if token is None:
            anyone = Client(daemon.address)
            enrolled = anyone.call("Directory.Enrol", directory_pb.EnrolRequest())
            anyone.close()
            token = enrolled.token
            self.account_id = enrolled.account_id
        self.token = token
        super().__init__(daemon.address, token)
        self.exchange = None

    def connect(self):
        self.exchange = TwoWay(self, "Messages", "Exchange")
        self.exchange.say(messages_pb.ExchangeRequest(open=messages_pb.Open()))
        assert self.exchange.hear().HasField("opened")
        return self

    def hear(self):
        return self.exchange.hear()

    def ack(self, delivery):
        self.exchange.say(messages_pb.ExchangeRequest(
            ack=messages_pb.Ack(delivery_id=delivery.delivery_id)))

    def take(self, kind):
        """The next delivery of this kind, acknowledged; others before it are acknowledged too."""
        while True:
            message = self.hear()
            if message.HasField("delivery"):
                self.ack(message.delivery)
                if message.delivery.WhichOneof("body") == kind:
                    return message.delivery

    def until_caught_up(self):
        """Every delivery until nothing waits, acknowledged."""
        got = []
        while True:
            message = self.hear()
            if message.HasField("caught_up"):
                return got
            self.ack(message.delivery)
            got.append(message.delivery)

    def alias(self, **settings):
        answer = self.call("Directory.CreateAlias", directory_pb.CreateAliasRequest(**settings))
        return answer.alias.name

    def publish(self, *packages):
        return self.call("Keys.Publish", keys_pb.PublishRequest(key_packages=packages))

    def submit(self, link_id, payload):
        return self.call("Messages.Submit",
                         messages_pb.SubmitRequest(link_id=link_id, payload=payload))

    def disconnect(self):
        if self.exchange is not None:
            self.exchange.close()
            self.exchange = None

    def close(self):
        self.disconnect()
        super().close()


class BridgeTest(unittest.TestCase):
    """A test with a daemon; people and clients are closed at its end."""

    EXTRA_CONFIG = ""

    def setUp(self):
        self.daemon = Trestled(sys.argv[1] if BINARY is None else BINARY,
                               self.EXTRA_CONFIG).start()
        self.addCleanup(self.daemon.remove)

    def person(self, token=None):
        person = Person(self.daemon, token)
        self.addCleanup(person.close)
        return person

    def client(self, token=None):
        client = Client(self.daemon.address, token)
        self.addCleanup(client.close)
        return client

    def operator(self):
        return self.client(OPERATOR_TOKEN)

    def friends(self):
        """Two connected people who may write to each other: (owner, link, requester, link, alias)."""
        from mls_bytes import key_package
        owner, requester = self.person().connect(), self.person().connect()
        package = key_package()
        owner.publish(package)
        alias = owner.alias(label="bicycle")
        requester.call("Directory.Reach", directory_pb.ReachRequest(alias=alias))
        asked = owner.take("thread_offer").thread_offer
        owner.call("Consent.Grant", consent_pb.GrantRequest(link_id=asked.link_id))
        offered = requester.take("thread_offer").thread_offer
        keys = requester.take("peer_keys")
        self.assertEqual(keys.peer_keys.key_package, package)
        self.assertEqual(keys.link_id, offered.link_id)
        return owner, asked.link_id, requester, offered.link_id, alias

    def assert_fails(self, code, reason, call):
        with self.assertRaises(grpc.RpcError) as caught:
            call()
        self.assertEqual(caught.exception.code(), code)
        info, status = error_info(caught.exception)
        self.assertEqual((info.reason, info.domain), (reason, "trestle"))
        return status


BINARY = None


def main(cases):
    """Runs the test cases of a module: argv[1] is trestled, further words select tests by name."""
    global BINARY
    BINARY = os.path.abspath(sys.argv.pop(1))
    loader = unittest.TestLoader()
    loader.testNamePatterns = [f"*{name}*" for name in sys.argv[1:]] or None
    suite = unittest.TestSuite(loader.loadTestsFromTestCase(case) for case in cases)
    try:
        result = unittest.TextTestRunner(verbosity=2).run(suite)
    finally:
        shutil.rmtree(STUBS, ignore_errors=True)
    sys.exit(0 if result.wasSuccessful() else 1)
