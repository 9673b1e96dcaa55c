"""Accepted means durable: the daemon is killed again and again while somebody submits and somebody
receives, and nothing that was accepted is lost, reordered or numbered with a gap.

    python3 tests/e2e/python/kill_test.py build/dev/bin/trestled
    TRESTLE_KILLS=300 python3 tests/e2e/python/kill_test.py build/dev/bin/trestled

The kills come at random moments of the load, so that they fall before, inside and after commits.
"""
import os
import random
import threading
import time

import bridge
from bridge import BridgeTest, Person, grpc
from mls_bytes import WEEK, application

KILLS = int(os.environ.get("TRESTLE_KILLS", "5"))
MESSAGES_BETWEEN = 40  # accepted before each kill at most


class Kill(BridgeTest):
    # The rates are somebody else's test.
    EXTRA_CONFIG = "limits: {submits_per_second: 100000, submits_burst: 100000}\n"

    def test_what_was_accepted_arrives_once_and_in_order_over_kills(self):
        ana, _, ben, ben_link, _ = self.friends()
        ana_token, ben_token = ana.token, ben.token
        ana.close()
        ben.close()
        group = os.urandom(16)
        accepted, received = {}, {}

        for _ in range(KILLS):
            enough = threading.Event()
            self.until = random.randint(1, MESSAGES_BETWEEN)
            submitter = threading.Thread(
                target=self.submit, args=(ben_token, ben_link, group, accepted, enough))
            receiver = threading.Thread(target=self.receive, args=(ana_token, received))
            submitter.start()
            receiver.start()
            self.assertTrue(enough.wait(bridge.PATIENCE_S))
            time.sleep(random.random() * 0.05)
            self.daemon.kill()
            submitter.join(bridge.PATIENCE_S)
            receiver.join(bridge.PATIENCE_S)
            self.daemon.start()
        last = self.person(ana_token).connect()
        for delivery in last.until_caught_up():
            self.note(delivery, received)

        payloads = {envelope.payload: envelope.seq for envelope in received.values()}
        for payload, seq in accepted.items():
            self.assertEqual(payloads.get(payload), seq)
        seqs = sorted(payloads.values())
        self.assertEqual(seqs, list(range(1, len(seqs) + 1)))
        order = [envelope.seq for envelope in received.values()]
        self.assertEqual(order, sorted(order))
        self.assertGreaterEqual(len(accepted), KILLS)
        print(f"{KILLS} kills, {len(accepted)} accepted, {len(received)} shown")

    def submit(self, token, link, group, accepted, enough):
        """Until the daemon dies."""
        person = Person(self.daemon, token)
        answers = 0
        try:
            while True:
                payload = application(os.urandom(16), group, ttl=WEEK)
                answer = person.submit(link, payload)
                # Many kills in a row let the thread fill up: then it is refused, and told so.
                if not answer.HasField("refusal"):
                    accepted[payload] = answer.seq
                answers += 1
                if answers >= self.until:
                    enough.set()
        except grpc.RpcError:
            person.close()

    def receive(self, token, received):
        """Until the daemon dies; a delivery is noted before it is acknowledged."""
        person = Person(self.daemon, token)
        try:
            person.connect()
            while True:
                message = person.hear()
                if message is None:
                    return
                if message.HasField("delivery"):
                    self.note(message.delivery, received)
                    person.ack(message.delivery)
        except grpc.RpcError:
            person.close()

    @staticmethod
    def note(delivery, received):
        """The first time counts; a repeated delivery id is how a client knows what it has seen."""
        if delivery.HasField("envelope"):
            received.setdefault(delivery.delivery_id, delivery.envelope)


if __name__ == "__main__":
    bridge.main([Kill])
