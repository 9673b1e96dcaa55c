"""Ten times more than is allowed, for a while: memory stays under a bound, what was accepted is
delivered, what was refused was told so with a time, and a well-behaved sender gets its share.

    python3 tests/e2e/python/overload_test.py build/dev/bin/trestled
    TRESTLE_OVERLOAD_S=300 python3 tests/e2e/python/overload_test.py build/dev/bin/trestled

Floods beyond the rates of docs/limits.md from several accounts at once, each with calls in flight
all the time, over gRPC.
"""
import os
import threading
import time
import urllib.request

import bridge
from bridge import (BridgeTest, Person, TwoWay, directory_pb, error_details_pb, error_info, grpc,
                    messages_pb, types_pb)
from mls_bytes import DAY, WEEK, application

SECONDS = float(os.environ.get("TRESTLE_OVERLOAD_S", "8"))
RSS_BOUND_MB = 512  # docs/limits.md
FLOODERS = 3
IN_FLIGHT = 24      # calls of one flooder at a time
SUBMITS_PER_SECOND = 50
QUIET_PAUSE_S = 0.2  # the well-behaved sender's: a tenth of what it may


def rss_mb(pid):
    with open(f"/proc/{pid}/status", encoding="utf-8") as file:
        for line in file:
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) / 1024
    raise AssertionError("no VmRSS")


def retry_delay_ms(error):
    """The RetryInfo of a failed call; None when it carries none."""
    _, status = error_info(error)
    for detail in status.details:
        info = error_details_pb.RetryInfo()
        if detail.Is(info.DESCRIPTOR):
            detail.Unpack(info)
            return info.retry_delay.seconds * 1000 + info.retry_delay.nanos // 1_000_000
    return None


def wait_for(test, is_so):
    deadline = time.monotonic() + 60 + SECONDS
    while not is_so() and time.monotonic() < deadline:
        time.sleep(0.05)
    test.assertTrue(is_so())


class Flooder:
    """A sender with IN_FLIGHT submissions under way until it is told to stop."""

    def __init__(self, test, token, link):
        self.person = test.person(token)
        self.link = link
        self.group = os.urandom(16)
        self.accepted, self.refused, self.untold, self.other = set(), 0, 0, []
        self.lock = threading.Lock()
        self.room = threading.Semaphore(IN_FLIGHT)
        self.over = threading.Event()

    def run(self):
        while not self.over.is_set():
            self.room.acquire()
            payload = application(os.urandom(16), self.group, ttl=WEEK)
            future = self.person.stubs["Messages"].Submit.future(
                messages_pb.SubmitRequest(link_id=self.link, payload=payload),
                metadata=self.person.metadata, timeout=bridge.PATIENCE_S)
            future.add_done_callback(lambda done, payload=payload: self.take(done, payload))
        for _ in range(IN_FLIGHT):
            self.room.acquire()

    def take(self, future, payload):
        with self.lock:
            error = future.exception()
            if error is None and not future.result().HasField("refusal"):
                self.accepted.add(payload)
            elif error is None and future.result().refusal.rule == types_pb.RULE_QUEUE_FULL:
                self.refused += 1  # its receiver is behind, and the answer says so
            elif error is not None and error.code() == grpc.StatusCode.RESOURCE_EXHAUSTED:
                self.refused += 1
                if not retry_delay_ms(error):
                    self.untold += 1
            else:
                self.other.append(error or future.result().refusal)
        self.room.release()


class Receiver:
    """Takes everything that comes to an account, and acknowledges it."""

    def __init__(self, test, token):
        self.person = test.person(token).connect()
        self.payloads = []
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        try:
            while True:
                message = self.person.hear()
                if message is None:
                    return
                if message.HasField("delivery"):
                    if message.delivery.HasField("envelope"):
                        self.payloads.append(message.delivery.envelope.payload)
                    self.person.ack(message.delivery)
        except Exception:  # the end of the test
            return


class Overload(BridgeTest):
    def test_a_flood_is_told_so_and_a_quiet_sender_gets_its_share(self):
        """[limit:submits]"""
        flooders, receivers = [], []
        for _ in range(FLOODERS):
            owner, _, requester, link, _ = self.friends()
            owner.disconnect()
            requester.disconnect()
            receivers.append(Receiver(self, owner.token))
            receivers.append(Receiver(self, requester.token))
            flooders.append(Flooder(self, requester.token, link))
        owner, _, quiet, quiet_link, _ = self.friends()
        owner.disconnect()
        quiet_receiver = Receiver(self, owner.token)
        threads = [threading.Thread(target=each.run) for each in flooders]
        for thread in threads:
            thread.start()

        quiet_group, quiet_sent, slowest, rss_most = os.urandom(16), [], 0, 0
        begun = time.monotonic()
        while time.monotonic() - begun < SECONDS:
            at = time.monotonic()
            payload = application(os.urandom(16), quiet_group, ttl=WEEK)
            self.assertFalse(quiet.submit(quiet_link, payload).HasField("refusal"))
            slowest = max(slowest, time.monotonic() - at)
            quiet_sent.append(payload)
            rss_most = max(rss_most, rss_mb(self.daemon.process.pid))
            time.sleep(QUIET_PAUSE_S)
        elapsed = time.monotonic() - begun
        for each in flooders:
            each.over.set()
        for thread in threads:
            thread.join()

        accepted = set().union(*(each.accepted for each in flooders))
        refused = sum(each.refused for each in flooders)
        wait_for(self, lambda: len(quiet_receiver.payloads) >= len(quiet_sent))
        wait_for(self, lambda: sum(len(each.payloads) for each in receivers) >= len(accepted))
        received = [payload for each in receivers for payload in each.payloads]
        print(f"{elapsed:.0f} s: offered {len(accepted) + refused} ({(len(accepted) + refused) / elapsed:.0f}"
              f" a second), accepted {len(accepted)}, refused {refused}, resident at most "
              f"{rss_most:.0f} MB, slowest answer to the quiet sender {slowest * 1000:.0f} ms")

        self.assertEqual([each.other for each in flooders], [[]] * FLOODERS)
        self.assertEqual([each.untold for each in flooders], [0] * FLOODERS)
        self.assertEqual(quiet_receiver.payloads, quiet_sent)
        self.assertLessEqual(accepted, set(received))
        self.assertEqual(len(received), len(set(received)))
        self.assertLess(rss_most, RSS_BOUND_MB)
        self.assertGreater(refused, 0)
        # No account had more than its rate and its burst.
        for each in flooders:
            self.assertLessEqual(len(each.accepted), SUBMITS_PER_SECOND * (elapsed + 3) + 200)


class Slow(BridgeTest):
    def test_a_client_that_submits_and_does_not_read_is_cut_off_with_a_reason(self):
        """[limit:stream_queue_max]"""
        person = self.person()
        requests = self.endless(os.urandom(16))
        # Not reading: the answers pile up at the daemon until it has enough of it. gRPC tells a client
        # the end of a stream only behind what it has not read, so the daemon is asked for it.
        stream = person.stubs["Messages"].Exchange(requests, metadata=person.metadata)
        wait_for(self, self.was_cut_off)
        # The reason reaches a client that is merely slow; one that reads nothing sees the call cancelled.
        with self.assertRaises(grpc.RpcError) as caught:
            for _ in stream:
                pass
        self.assertIn(caught.exception.code(),
                      (grpc.StatusCode.RESOURCE_EXHAUSTED, grpc.StatusCode.CANCELLED))
        self.assertIsNone(self.daemon.process.poll())

    def was_cut_off(self):
        address = f"http://127.0.0.1:{self.daemon.ready['metrics_port']}/metrics"
        with urllib.request.urlopen(address, timeout=bridge.PATIENCE_S) as answer:
            return 'trestle_rpc_total{code="RESOURCE_EXHAUSTED"}' in answer.read().decode()

    @staticmethod
    def endless(link):
        yield messages_pb.ExchangeRequest(open=messages_pb.Open())
        payload = b"x" * 64
        for tag in range(1_000_000):
            yield messages_pb.ExchangeRequest(submission=messages_pb.Submission(
                tag=tag + 1, request=messages_pb.SubmitRequest(link_id=link, payload=payload)))


class Calls(BridgeTest):
    EXTRA_CONFIG = "limits: {calls_per_second: 1, calls_burst: 3}\n"

    def test_an_account_that_calls_too_often_is_told_when_to_come_again(self):
        """[limit:calls]"""
        person = self.person()
        with self.assertRaises(grpc.RpcError) as caught:
            for _ in range(10):
                person.call("Directory.ListAliases", directory_pb.ListAliasesRequest())
        self.assertEqual(caught.exception.code(), grpc.StatusCode.RESOURCE_EXHAUSTED)
        self.assertGreater(retry_delay_ms(caught.exception), 0)


if __name__ == "__main__":
    bridge.main([Overload, Slow, Calls])
