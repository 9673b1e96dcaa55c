"""What a person with grpcurl sees: the services list and describe themselves, answers read well,
errors say why. Skips where there is no grpcurl (`./dev test` installs it with go).

    python3 tests/e2e/python/grpcurl_test.py build/dev/bin/trestled
"""
import base64
import json
import os
import shutil
import subprocess
import sys

import bridge
from bridge import BridgeTest
from mls_bytes import application

GRPCURL = shutil.which("grpcurl") or str(bridge.ROOT / "build/tools/grpcurl")


def base64_of(octets):
    return base64.b64encode(octets).decode()


class Grpcurl(BridgeTest):
    def run_it(self, *arguments, token=None):
        header = ["-H", f"authorization: Bearer {token}"] if token else []
        ended = subprocess.run([GRPCURL, "-plaintext", *header, *arguments], capture_output=True,
                               text=True, timeout=bridge.PATIENCE_S)
        return ended.returncode, ended.stdout, ended.stderr

    def call(self, method, request, token=None):
        code, out, error = self.run_it("-d", json.dumps(request), self.daemon.address,
                                       f"trestle.v1.{method}", token=token)
        self.assertEqual(code, 0, error)
        return json.loads(out)

    def test_the_services_list_themselves(self):
        code, out, error = self.run_it(self.daemon.address, "list")
        self.assertEqual(code, 0, error)
        for service in ("Messages", "Directory", "Routing", "Consent", "Keys", "Rooms",
                        "AdapterHost", "Admin"):
            self.assertIn(f"trestle.v1.{service}", out.split())
        self.assertIn("grpc.health.v1.Health", out.split())

    def test_a_method_describes_itself_with_its_limits(self):
        code, out, error = self.run_it(self.daemon.address, "describe",
                                       "trestle.v1.SubmitRequest")
        self.assertEqual(code, 0, error)
        self.assertIn("bytes payload = 2", out)
        self.assertIn("max_bytes:66048", out.replace(" ", ""))

    def test_explain_reads_well(self):
        _, _, ben, ben_link, _ = self.friends()

        answer = self.call("Routing/Explain",
                           {"linkId": base64_of(ben_link),
                            "whatIf": {"networksDown": ["native"]}}, ben.token)

        self.assertEqual(answer["candidates"][0]["rule"], "RULE_ADAPTER_DOWN")
        self.assertEqual(answer["candidates"][0]["sentence"],
                         "The adapter of native is down.")
        self.assertTrue(answer["summary"].startswith("It would wait for native"))

    def test_a_message_can_be_submitted(self):
        ana, _, ben, ben_link, _ = self.friends()
        payload = application(os.urandom(16), os.urandom(16))

        answer = self.call("Messages/Submit", {"linkId": base64_of(ben_link),
                                               "payload": base64_of(payload)}, ben.token)

        self.assertEqual(answer["seq"], "1")
        self.assertEqual(ana.take("envelope").envelope.payload, payload)

    def test_an_account_can_be_made(self):
        answer = self.call("Directory/Enrol", {})
        alias = self.call("Directory/CreateAlias", {"label": "bicycle"}, answer["token"])["alias"]
        self.assertEqual((alias["label"], alias["policy"]), ("bicycle", "ALIAS_POLICY_ASK"))

    def test_an_error_says_its_reason_in_words_and_in_details(self):
        code, _, error = self.run_it("-d", "{}", self.daemon.address,
                                     "trestle.v1.Admin/ListAdapters")
        self.assertNotEqual(code, 0)
        self.assertIn("Unauthenticated", error)
        self.assertIn("authorization: Bearer", error)
        self.assertIn("google.rpc.ErrorInfo", error)
        self.assertIn('"reason": "unauthenticated"', error.replace('":"', '": "'))


if __name__ == "__main__":
    if not os.access(GRPCURL, os.X_OK):
        print("SKIP: grpcurl is neither on PATH nor in build/tools")
        sys.exit(77)
    bridge.main([Grpcurl])
