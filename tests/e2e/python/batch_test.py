"""Batches: several submissions, acknowledgements, deliveries and attempts in one message.

    python3 tests/e2e/python/batch_test.py build/dev/bin/trestled
"""
import os

import bridge
from bridge import (BridgeTest, TwoWay, adapters_pb, grpc, messages_pb, types_pb)
from mls_bytes import application
from remote_adapter_test import CAPABILITIES, CONFIG

COUNT = 60


class Client:
    """A native client that takes batches; what came, in its order."""

    def __init__(self, person, batch_max):
        self.stream = TwoWay(person, "Messages", "Exchange")
        self.largest = 0
        self.deliveries, self.answers = [], {}
        self.stream.say(messages_pb.ExchangeRequest(open=messages_pb.Open(batch_max=batch_max)))
        assert self.stream.hear().HasField("opened")

    def submit(self, link, payloads):
        self.stream.say(messages_pb.ExchangeRequest(batch=messages_pb.ExchangeRequestBatch(
            submissions=[messages_pb.Submission(tag=tag, request=messages_pb.SubmitRequest(
                link_id=link, payload=payload)) for tag, payload in enumerate(payloads)])))

    def hear_until(self, is_enough):
        while not is_enough(self):
            message = self.stream.hear()
            batch = message.batch
            if message.HasField("delivery"):
                batch = messages_pb.ExchangeResponseBatch(deliveries=[message.delivery])
            elif message.HasField("submitted"):
                batch = messages_pb.ExchangeResponseBatch(submitted=[message.submitted])
            self.largest = max(self.largest, len(batch.deliveries) + len(batch.submitted))
            for each in batch.submitted:
                self.answers[each.tag] = each.response
            self.deliveries += batch.deliveries
            if batch.deliveries:
                self.stream.say(messages_pb.ExchangeRequest(batch=messages_pb.ExchangeRequestBatch(
                    acks=[messages_pb.Ack(delivery_id=each.delivery_id)
                          for each in batch.deliveries])))
        return self


class Batches(BridgeTest):
    EXTRA_CONFIG = CONFIG

    def test_a_batch_of_submissions_is_answered_each_by_its_tag_and_arrives_in_order(self):
        owner, _, requester, link, _ = self.friends()
        owner.disconnect()
        requester.disconnect()
        group = os.urandom(16)
        payloads = [application(os.urandom(16), group) for _ in range(COUNT)]
        payloads[7] = b"not an envelope"
        sender, receiver = Client(requester, 256), Client(owner, 8)
        self.addCleanup(sender.stream.close)
        self.addCleanup(receiver.stream.close)

        sender.submit(link, payloads)
        sender.hear_until(lambda it: len(it.answers) == COUNT)
        receiver.hear_until(lambda it: len(it.deliveries) == COUNT - 1)

        refused = [tag for tag, answer in sender.answers.items() if answer.HasField("refusal")]
        self.assertEqual(refused, [7])
        self.assertEqual(sender.answers[7].refusal.rule, types_pb.RULE_MALFORMED)
        self.assertEqual([each.envelope.payload for each in receiver.deliveries],
                         payloads[:7] + payloads[8:])
        self.assertLessEqual(receiver.largest, 8)

    def test_a_client_that_did_not_ask_for_batches_gets_none(self):
        owner, _, requester, link, _ = self.friends()
        requester.disconnect()
        group = os.urandom(16)
        sender = Client(requester, 0)
        self.addCleanup(sender.stream.close)

        sender.submit(link, [application(os.urandom(16), group) for _ in range(COUNT)])
        sender.hear_until(lambda it: len(it.answers) == COUNT)

        self.assertEqual(sender.largest, 1)

    def test_a_batch_above_its_bound_ends_the_stream(self):
        for message in (messages_pb.ExchangeRequest(open=messages_pb.Open(batch_max=257)),
                        messages_pb.ExchangeRequest(batch=messages_pb.ExchangeRequestBatch(
                            acks=[messages_pb.Ack(delivery_id=os.urandom(16))] * 257)),
                        messages_pb.ExchangeRequest(batch=messages_pb.ExchangeRequestBatch(
                            acks=[messages_pb.Ack(delivery_id=b"short")]))):
            person = self.person()
            stream = TwoWay(person, "Messages", "Exchange")
            self.addCleanup(stream.close)
            stream.say(message)
            self.assert_fails(grpc.StatusCode.INVALID_ARGUMENT, "invalid_argument", stream.hear)

    def test_an_adapter_may_offer_and_answer_in_batches(self):
        client = self.client(bridge.ADAPTER_TOKEN)
        adapter = TwoWay(client, "AdapterHost", "Connect")
        self.addCleanup(adapter.close)
        adapter.say(adapters_pb.ConnectRequest(hello=adapters_pb.Hello(
            network="pigeon", capabilities=CAPABILITIES, batch_max=4)))
        self.assertTrue(adapter.hear().HasField("connected"))
        adapter.say(adapters_pb.ConnectRequest(
            health=adapters_pb.HealthReport(health=types_pb.HEALTH_HEALTHY)))
        people = [os.urandom(16) for _ in range(COUNT)]
        adapter.say(adapters_pb.ConnectRequest(batch=adapters_pb.ConnectRequestBatch(offers=[
            adapters_pb.Offer(tag=tag, key=os.urandom(32), service_word="HELP",
                              **{"from": adapters_pb.Thread(enrolment_id=person)})
            for tag, person in enumerate(people)])))

        offered, delivered, largest = set(), [], 0
        while len(offered) < COUNT or len(delivered) < COUNT:
            message = adapter.hear()
            batch = message.batch
            if message.HasField("deliver"):
                batch = adapters_pb.ConnectResponseBatch(deliveries=[message.deliver])
            elif message.HasField("offered"):
                batch = adapters_pb.ConnectResponseBatch(offered=[message.offered])
            largest = max(largest, len(batch.deliveries) + len(batch.offered))
            self.assertFalse(any(each.HasField("failure") for each in batch.offered))
            offered |= {each.tag for each in batch.offered}
            delivered += [each.to.enrolment_id for each in batch.deliveries]
            adapter.say(adapters_pb.ConnectRequest(batch=adapters_pb.ConnectRequestBatch(attempts=[
                adapters_pb.AttemptResult(delivery_id=each.delivery_id,
                                          certainty=adapters_pb.CERTAINTY_SENT)
                for each in batch.deliveries])))

        self.assertEqual(offered, set(range(COUNT)))
        self.assertEqual(sorted(delivered), sorted(people))
        self.assertLessEqual(largest, 4)


if __name__ == "__main__":
    bridge.main([Batches])
