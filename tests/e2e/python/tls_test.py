"""gRPC over TLS, with a certificate of our own making: who is served, and what is refused.

    python3 tests/e2e/python/tls_test.py build/dev/bin/trestled [build/dev/bin/trestle]
"""
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

import bridge
from bridge import Trestled, directory_pb, grpc

if shutil.which("openssl") is None:
    print("SKIP: openssl is not installed")
    sys.exit(77)

TRESTLE = sys.argv.pop(2) if len(sys.argv) > 2 else None


def certificate(folder, name="server", days=2):
    """A self-signed certificate for localhost and 127.0.0.1: (certificate, key)."""
    paths = f"{folder}/{name}.pem", f"{folder}/{name}.key"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                    "ec_paramgen_curve:prime256v1", "-nodes", "-days", str(days),
                    "-subj", "/CN=localhost", "-addext",
                    "subjectAltName=DNS:localhost,IP:127.0.0.1", "-out", paths[0], "-keyout", paths[1]],
                   check=True, capture_output=True)
    os.chmod(paths[1], 0o600)
    return paths


class Tls(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="trestle-tls-")
        self.addCleanup(shutil.rmtree, self.folder)
        self.pem, self.key = certificate(self.folder)

    def daemon(self, pem, key, extra=""):
        daemon = Trestled(bridge.BINARY, f"tls: {{certificate: {pem}, key_file: {key}}}\n" + extra)
        self.addCleanup(daemon.remove)
        return daemon

    def enrol(self, daemon, roots):
        with open(roots, "rb") as file:
            credentials = grpc.ssl_channel_credentials(file.read())
        with grpc.secure_channel(daemon.address, credentials) as channel:
            stub = bridge.module("trestle.v1.directory_pb2_grpc").DirectoryStub(channel)
            return stub.Enrol(directory_pb.EnrolRequest(), timeout=bridge.PATIENCE_S)

    def test_a_client_that_trusts_the_certificate_is_served(self):
        daemon = self.daemon(self.pem, self.key).start()
        self.assertEqual(len(self.enrol(daemon, self.pem).account_id), 16)

    def test_nobody_else_is(self):
        daemon = self.daemon(self.pem, self.key).start()
        other, _ = certificate(self.folder, "other")
        with self.assertRaises(grpc.RpcError) as caught:
            self.enrol(daemon, other)
        self.assertEqual(caught.exception.code(), grpc.StatusCode.UNAVAILABLE)
        plain = bridge.Client(daemon.address)
        self.addCleanup(plain.close)
        with self.assertRaises(grpc.RpcError) as caught:
            plain.call("Directory.Enrol", directory_pb.EnrolRequest())
        self.assertEqual(caught.exception.code(), grpc.StatusCode.UNAVAILABLE)

    def test_the_command_speaks_it(self):
        if TRESTLE is None:
            self.skipTest("the command was not given")
        daemon = self.daemon(self.pem, self.key).start()
        run = lambda *words: subprocess.run(
            [TRESTLE, "--server", daemon.address, "--home", f"{self.folder}/home", *words],
            capture_output=True, text=True, check=False, timeout=bridge.PATIENCE_S)
        self.assertNotEqual(run("enrol").returncode, 0)
        enrolled = run("--ca", self.pem, "enrol")
        self.assertEqual(enrolled.returncode, 0, enrolled.stderr)
        self.assertNotEqual(run("--ca", f"{self.folder}/none.pem", "whoami").returncode, 0)

    def test_what_is_wrong_with_the_files_is_said_in_one_line(self):
        other, other_key = certificate(self.folder, "other")
        open_key = f"{self.folder}/open.key"
        shutil.copy(self.key, open_key)
        os.chmod(open_key, 0o644)
        rubbish = f"{self.folder}/rubbish"
        with open(rubbish, "w", encoding="utf-8") as file:
            file.write("rubbish")
        os.chmod(rubbish, 0o600)
        for pem, key, said in ((self.pem, other_key, "the key is not the certificate's"),
                               (self.pem, open_key, "others can read the key's file"),
                               (rubbish, self.key, "holds no PEM certificate"),
                               (self.pem, rubbish, "holds no PEM key"),
                               (f"{self.folder}/none", self.key, "cannot be read")):
            with self.assertRaisesRegex(AssertionError, said):
                self.daemon(pem, key).start()
        self.assertTrue(other)


if __name__ == "__main__":
    bridge.main([Tls])
