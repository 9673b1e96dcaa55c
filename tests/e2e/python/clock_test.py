"""The daemon while its wall clock jumps: ahead by days, and back again.

    python3 tests/e2e/python/clock_test.py build/dev/bin/trestled

The clock is libfaketime's (Debian: libfaketime); without it the tests skip and say so. It moves the
wall clock alone, as an administrator or a bad time server would.
"""
import os

import bridge
from bridge import BridgeTest, Trestled, types_pb
from mls_bytes import DAY, WEEK, application

LIBRARY = "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1"


class Jumps(BridgeTest):
    def setUp(self):
        if not os.path.exists(LIBRARY):
            self.skipTest("SKIP: libfaketime is not installed")
        self.daemon = Trestled(bridge.BINARY)
        self.addCleanup(self.daemon.remove)
        self.offset = f"{self.daemon.folder}/clock"
        self.jump("+0")
        self.daemon.environment = {
            **os.environ, "LD_PRELOAD": LIBRARY, "FAKETIME_TIMESTAMP_FILE": self.offset,
            "FAKETIME_NO_CACHE": "1", "FAKETIME_DONT_FAKE_MONOTONIC": "1"}
        self.daemon.start()

    def jump(self, offset):
        with open(self.offset + ".new", "w", encoding="ascii") as file:
            file.write(offset + "\n")
        os.replace(self.offset + ".new", self.offset)

    def test_ahead_what_has_expired_is_told_so_and_the_rest_arrives(self):
        ana, _, ben, ben_link, _ = self.friends()
        ana.disconnect()
        group, short_id = os.urandom(16), os.urandom(16)
        long_lived = application(os.urandom(16), group, ttl=WEEK)
        self.assertEqual(ben.submit(ben_link, application(short_id, group, ttl=DAY)).seq, 1)
        self.assertEqual(ben.submit(ben_link, long_lived).seq, 2)
        self.jump("+2d")
        ana.connect()
        self.assertEqual(ana.take("envelope").envelope.payload, long_lived)
        while True:
            receipt = ben.take("receipt").receipt
            if receipt.envelope_id == short_id and receipt.level == types_pb.RECEIPT_LEVEL_EXPIRED:
                break

    def test_back_nothing_waits_for_a_time_that_was(self):
        self.jump("+2d")
        ana, _, ben, ben_link, _ = self.friends()
        group = os.urandom(16)
        first, second = (application(os.urandom(16), group, ttl=WEEK) for _ in range(2))
        ben.submit(ben_link, first)
        self.assertEqual(ana.take("envelope").envelope.payload, first)
        while ben.take("receipt").receipt.level != types_pb.RECEIPT_LEVEL_DELIVERED:
            pass  # until her acknowledgement has come
        ana.disconnect()
        ben.submit(ben_link, second)
        self.jump("+0")
        ana.connect()
        self.assertEqual(ana.take("envelope").envelope.payload, second)
        self.daemon.kill()
        self.daemon.start()


if __name__ == "__main__":
    bridge.main([Jumps])
