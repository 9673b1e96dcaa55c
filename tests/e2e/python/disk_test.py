"""The daemon on a disk that is full, read-only, or has a broken page.

    python3 tests/e2e/python/disk_test.py build/dev/bin/trestled

The full disk is a small tmpfs, which takes root; without it those tests skip and say so.
"""
import contextlib
import os
import sqlite3
import subprocess
import tempfile
import time
import unittest

import bridge
from bridge import BridgeTest, Person, Trestled, grpc, messages_pb
from mls_bytes import DAY, application

SMALL_DISK = "3m"
SERVING = b"\x08\x01"
NOT_SERVING = b"\x08\x02"


def mount(folder, options):
    """True when a tmpfs could be mounted there."""
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", options, "trestle-test", folder],
                          capture_output=True, text=True, check=False)
    return done.returncode == 0


class SmallDisk(BridgeTest):
    def setUp(self):
        self.daemon = Trestled(bridge.BINARY)
        self.addCleanup(self.daemon.remove)
        self.data = f"{self.daemon.folder}/data"
        os.mkdir(self.data)
        if os.geteuid() != 0 or not mount(self.data, f"size={SMALL_DISK}"):
            self.skipTest("SKIP: a small disk needs root and the right to mount a tmpfs")
        self.addCleanup(subprocess.run, ["umount", "-l", self.data], check=False)
        self.daemon.start()

    def fill(self, link, person, group):
        """Submits until the disk is full; answers what was accepted, in order."""
        accepted = {}
        for _ in range(500):
            payload = application(os.urandom(16), group, 4096, ttl=DAY)
            try:
                answer = person.submit(link, payload)
            except grpc.RpcError as error:
                if error.code() == grpc.StatusCode.RESOURCE_EXHAUSTED:
                    time.sleep(0.05)
                    continue
                self.assertEqual(error.code(), grpc.StatusCode.UNAVAILABLE)
                return accepted
            self.assertFalse(answer.HasField("refusal"))
            accepted[payload] = answer.seq
        raise AssertionError("the disk did not fill")

    def test_a_full_disk_refuses_and_loses_nothing_that_was_accepted(self):
        ana, _, ben, ben_link, _ = self.friends()
        ana.disconnect()
        accepted = self.fill(ben_link, ben, os.urandom(16))
        self.assertIsNone(self.daemon.process.poll())
        # Room again: everything that was accepted arrives, in order.
        self.assertTrue(subprocess.run(["mount", "-o", "remount,size=64m", self.data],
                                       check=False).returncode == 0)
        got = []
        ana.connect()
        deadline = time.monotonic() + bridge.PATIENCE_S
        while len(got) < len(accepted) and time.monotonic() < deadline:
            message = ana.hear()
            if message.HasField("delivery"):
                ana.ack(message.delivery)
                if message.delivery.HasField("envelope"):
                    got.append(message.delivery.envelope)
        payloads = {envelope.payload for envelope in got}
        self.assertLessEqual(set(accepted), payloads)
        seqs = [envelope.seq for envelope in got]
        self.assertEqual(seqs, sorted(set(seqs)))

    def test_a_daemon_killed_on_a_full_disk_starts_again_with_what_it_had(self):
        ana, _, ben, ben_link, _ = self.friends()
        token = ana.token
        ana.disconnect()
        accepted = self.fill(ben_link, ben, os.urandom(16))
        self.daemon.kill()
        subprocess.run(["mount", "-o", "remount,size=64m", self.data], check=True)
        self.daemon.start()
        got = self.person(token).connect().until_caught_up()
        payloads = {each.envelope.payload for each in got if each.HasField("envelope")}
        self.assertLessEqual(set(accepted), payloads)

    def test_a_disk_that_is_read_only_at_the_start_is_named_in_one_line(self):
        self.daemon.stop()
        subprocess.run(["mount", "-o", "remount,ro", self.data], check=True)
        code, error = run(self.daemon)
        self.assertEqual(code, 78)
        self.assertTrue(error.startswith("trestled: data_dir: "), error)
        self.assertEqual(error.count("\n"), 1)

    def test_a_disk_that_turns_read_only_refuses_and_goes_on_when_it_is_writable_again(self):
        ana, _, ben, ben_link, _ = self.friends()
        group = os.urandom(16)
        if subprocess.run(["mount", "-o", "remount,ro", self.data], check=False).returncode != 0:
            self.skipTest("SKIP: this system does not remount a busy tmpfs read-only")
        with self.assertRaises(grpc.RpcError) as caught:
            ben.submit(ben_link, application(os.urandom(16), group))
        self.assertEqual(caught.exception.code(), grpc.StatusCode.UNAVAILABLE)
        subprocess.run(["mount", "-o", "remount,rw", self.data], check=True)
        self.assertFalse(ben.submit(ben_link, application(os.urandom(16), group))
                         .HasField("refusal"))


class BrokenPage(BridgeTest):
    def test_a_store_with_a_broken_page_is_not_opened_and_is_named_in_one_line(self):
        ana, _, ben, ben_link, _ = self.friends()
        ana.disconnect()
        for _ in range(50):
            ben.submit(ben_link, application(os.urandom(16), os.urandom(16), 4096))
        self.daemon.stop()
        self.break_pages(range(1, 40))
        self.assert_names_the_damage(*run(self.daemon))

    def test_a_store_is_checked_from_end_to_end_without_being_started(self):
        ana, _, ben, ben_link, _ = self.friends()
        ana.disconnect()
        for _ in range(50):
            ben.submit(ben_link, application(os.urandom(16), os.urandom(16), 4096))
        self.assertNotEqual(run(self.daemon, "--check-store")[0], 0)  # the daemon has it
        self.daemon.stop()
        self.assertEqual(run(self.daemon, "--check-store"), (0, ""))
        self.break_pages([30])
        self.assert_names_the_damage(*run(self.daemon, "--check-store"))

    def test_a_broken_page_that_is_met_at_work_ends_the_serving_of_the_store(self):
        daemon = self.daemon
        daemon.stop()
        broken = self.grow_and_break()
        daemon.start()  # a file of this size is not read whole
        self.assertEqual(self.health(), SERVING)
        for request in (messages_pb.TraceRequest(envelope_id=broken),
                        messages_pb.TraceRequest(envelope_id=os.urandom(16))):
            with self.assertRaises(grpc.RpcError) as caught:
                self.operator().call("Messages.Trace", request)
            self.assertEqual(caught.exception.code(), grpc.StatusCode.UNAVAILABLE)
            self.assertEqual(self.health(), NOT_SERVING)
        daemon.stop()
        self.assert_names_the_damage(*run(daemon))  # and to be met once is enough

    def grow_and_break(self):
        """Makes the store larger than what is read whole at a start, with traces, and breaks a page in
        their midst; answers an envelope id that stands there."""
        path = f"{self.daemon.folder}/data/core/store.db"
        with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as store:
            store.execute(
                "INSERT INTO trace (envelope_id, delivery_id, contact, at, step, outcome, rule, size_bytes, "
                "attempt, latency_ms, expires_at) WITH RECURSIVE n (i) AS (VALUES (1) UNION ALL "
                "SELECT i + 1 FROM n WHERE i < 40000) SELECT randomblob(16), randomblob(16), "
                "randomblob(1800), 0, 1, 1, 0, 0, 0, 0, 1 << 60 FROM n")
            envelope, delivery = store.execute(
                "SELECT envelope_id, delivery_id FROM trace WHERE number = 20000").fetchone()
            store.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        self.assertGreater(os.path.getsize(path), 65 * 1024 * 1024)
        with open(path, "r+b") as file:
            for at in range(0, os.path.getsize(path), 4096):
                file.seek(at)
                page = file.read(4096)
                if envelope in page and delivery in page:  # the table's: no index has both
                    file.seek(at)
                    file.write(os.urandom(64))
                    return envelope
        raise AssertionError("there is no such page")

    def health(self):
        """What grpc.health.v1 answers for the whole: its field 1."""
        with grpc.insecure_channel(self.daemon.address) as channel:
            return channel.unary_unary("/grpc.health.v1.Health/Check", request_serializer=bytes,
                                       response_deserializer=bytes)(b"", timeout=bridge.PATIENCE_S)

    def break_pages(self, pages):
        """Those from the second on: the first one's header still says what the file is."""
        path = f"{self.daemon.folder}/data/core/store.db"
        size = os.path.getsize(path)
        self.assertGreater(size, 40 * 4096)
        with open(path, "r+b") as file:
            for page in pages:
                file.seek(page * 4096)
                file.write(os.urandom(64))

    def assert_names_the_damage(self, code, error):
        self.assertEqual(code, 78)
        self.assertTrue(error.startswith("trestled: data_dir: "), error)
        self.assertIn("damaged", error)
        self.assertEqual(error.count("\n"), 1)


def run(daemon, *arguments):
    """Runs it to its end; answers (code, standard error)."""
    ended = subprocess.run([bridge.BINARY, "--config", daemon.config, *arguments], capture_output=True,
                           text=True, timeout=bridge.PATIENCE_S, check=False)
    return ended.returncode, ended.stderr


if __name__ == "__main__":
    bridge.main([SmallDisk, BrokenPage])
