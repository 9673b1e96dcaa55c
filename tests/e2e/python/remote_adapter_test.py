"""An adapter in a process of its own, in another language: this one, in Python. Its network is a
pretence: what it "sends" it keeps in a list.

    python3 tests/e2e/python/remote_adapter_test.py build/dev/bin/trestled
"""
import hashlib
import os

import bridge
from bridge import (BridgeTest, Client, TwoWay, adapters_pb, admin_pb, consent_pb, directory_pb,
                    grpc, routing_pb, types_pb)
from mls_bytes import application, key_package

CONFIG = """
adapters:
  remote:
    - network: pigeon
      token_file: adapter.token
      unit: binary
      chunk_bytes: 4096
      units_max: 20
"""
CAPABILITIES = types_pb.Capabilities(unit_kind=types_pb.UNIT_KIND_BINARY, chunk_bytes=4096,
                                     units_max=20)

# Frames as octets (bridge/envelope/frame.h): version, kind, fields.
VERSION = 1
ENVELOPE, RECEIPT, OFFER, ACCEPT, CONSENT, PEER_KEYS = 1, 2, 3, 4, 5, 6


class PigeonAdapter(TwoWay):
    def __init__(self, client, capabilities=CAPABILITIES, network="pigeon"):
        super().__init__(client, "AdapterHost", "Connect")
        self.tag = 0
        self.waiting = []
        self.say(adapters_pb.ConnectRequest(hello=adapters_pb.Hello(
            network=network, capabilities=capabilities)))

    def begin(self):
        assert self.hear().HasField("connected")
        self.say(adapters_pb.ConnectRequest(
            health=adapters_pb.HealthReport(health=types_pb.HEALTH_HEALTHY)))
        return self

    def offer(self, thread, **body):
        """Offers it and waits until it is durable; answers the failure, or None."""
        self.tag += 1
        key = hashlib.sha256(b"pigeon" + os.urandom(16)).digest()
        self.say(adapters_pb.ConnectRequest(offer=adapters_pb.Offer(
            tag=self.tag, key=key, **{"from": thread}, **body)))
        while True:
            message = self.hear()
            if message.HasField("offered"):
                assert message.offered.tag == self.tag
                return message.offered.failure if message.offered.HasField("failure") else None
            self.waiting.append(message.deliver)

    def deliver(self):
        return self.waiting.pop(0) if self.waiting else self.hear().deliver

    def answer(self, delivery, certainty=adapters_pb.CERTAINTY_SENT, **more):
        self.say(adapters_pb.ConnectRequest(attempt=adapters_pb.AttemptResult(
            delivery_id=delivery.delivery_id, certainty=certainty, **more)))


class RemoteAdapter(BridgeTest):
    EXTRA_CONFIG = CONFIG

    def adapter(self, token=bridge.ADAPTER_TOKEN, **settings):
        client = Client(self.daemon.address, token)
        self.addCleanup(client.close)
        adapter = PigeonAdapter(client, **settings)
        self.addCleanup(adapter.close)
        return adapter

    def health(self):
        adapters = self.operator().call("Admin.ListAdapters",
                                        admin_pb.ListAdaptersRequest()).adapters
        return {each.network: each.health for each in adapters}["pigeon"]

    def test_a_person_joins_over_a_network_in_another_language(self):
        adapter = self.adapter().begin()
        thread = adapters_pb.Thread(enrolment_id=os.urandom(16))

        self.assertIsNone(adapter.offer(thread, service_word="JOIN"))
        welcome = adapter.deliver()
        adapter.answer(welcome)
        self.assertIsNone(adapter.offer(thread, service_word="ALIAS bicycle"))
        named = adapter.deliver()

        self.assertEqual(welcome.to, thread)
        self.assertTrue(welcome.service_text)
        self.assertRegex(named.service_text, r"[a-z]+-[a-z]+-\d{4}")

    def test_free_text_is_never_taken(self):
        adapter = self.adapter().begin()
        thread = adapters_pb.Thread(enrolment_id=os.urandom(16))
        failure = adapter.offer(thread, service_word="hello, are you there?")
        self.assertEqual(failure.reason, "invalid_argument")

    def test_a_frame_that_does_not_parse_is_not_taken(self):
        adapter = self.adapter().begin()
        thread = adapters_pb.Thread(enrolment_id=os.urandom(16))
        self.assertTrue(adapter.offer(thread, frame=b"\xff\xff").reason)

    def test_what_the_adapter_says_must_agree_with_the_configuration(self):
        other = types_pb.Capabilities(unit_kind=types_pb.UNIT_KIND_TEXT, chunk_bytes=4096,
                                      units_max=20)
        self.assert_fails(grpc.StatusCode.INVALID_ARGUMENT, "invalid_argument",
                          self.adapter(capabilities=other).hear)

    def test_a_token_opens_its_own_network_only(self):
        self.assert_fails(grpc.StatusCode.PERMISSION_DENIED, "permission_denied",
                          self.adapter(network="native").hear)
        self.assert_fails(grpc.StatusCode.UNAUTHENTICATED, "unauthenticated",
                          self.adapter(token="wrong").hear)

    def test_the_network_is_down_while_nobody_is_connected(self):
        self.assertEqual(self.health(), types_pb.HEALTH_DOWN)
        adapter = self.adapter().begin()
        adapter.offer(adapters_pb.Thread(enrolment_id=os.urandom(16)), service_word="HELP")
        self.assertEqual(self.health(), types_pb.HEALTH_HEALTHY)

    def test_a_newer_process_ends_the_older_one(self):
        older = self.adapter().begin()
        self.adapter().begin()

        def hear_to_the_end():
            while older.hear() is not None:
                pass

        self.assert_fails(grpc.StatusCode.ABORTED, "conflict", hear_to_the_end)

    def test_a_delivery_that_was_not_answered_comes_again_to_the_next_process(self):
        adapter = self.adapter().begin()
        adapter.offer(adapters_pb.Thread(enrolment_id=os.urandom(16)), service_word="JOIN")
        first = adapter.deliver()
        adapter.close()

        again = self.adapter().begin().deliver()

        self.assertEqual(again.delivery_id, first.delivery_id)

    def test_a_message_crosses_from_a_native_client_to_this_network(self):
        adapter = self.adapter().begin()
        thread = adapters_pb.Thread(enrolment_id=os.urandom(16))
        adapter.offer(thread, service_word="JOIN")
        adapter.answer(adapter.deliver())
        package = key_package()
        adapter.offer(thread, frame=publish_frame(package))
        adapter.offer(thread, service_word="ALIAS")
        named = adapter.deliver()
        adapter.answer(named)
        alias = next(word for word in named.service_text.replace(".", " ").split()
                     if word.count("-") == 2)
        ben = self.person().connect()
        ben.call("Directory.Reach", directory_pb.ReachRequest(alias=alias))
        offer = adapter.deliver()
        adapter.answer(offer)
        ana_link = adapters_pb.Thread(link_id=offer.offers_link)
        adapter.offer(ana_link, frame=accept_frame())
        adapter.offer(ana_link, frame=bytes([VERSION, CONSENT, 1]))
        ben_link = ben.take("thread_offer").thread_offer.link_id
        self.assertEqual(ben.take("peer_keys").peer_keys.key_package, package)
        payload = application(os.urandom(16), os.urandom(16))

        explained = ben.call("Routing.Explain", routing_pb.ExplainRequest(link_id=ben_link))
        answer = ben.submit(ben_link, payload)
        got = adapter.deliver()
        adapter.answer(got)
        receipt = ben.take("receipt").receipt

        self.assertEqual(explained.chosen_network, "pigeon")
        self.assertFalse(answer.HasField("refusal"))
        self.assertEqual(got.to, ana_link)
        self.assertTrue(got.frame.endswith(payload))
        self.assertEqual(receipt.level, types_pb.RECEIPT_LEVEL_HANDED_OVER)


def publish_frame(package):
    from mls_bytes import vector
    return bytes([VERSION, 7]) + vector(package)


def accept_frame():
    return bytes([VERSION, ACCEPT]) + bytes(16)


if __name__ == "__main__":
    bridge.main([RemoteAdapter])
