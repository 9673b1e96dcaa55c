"""The whole API against a real trestled, as two native clients and an operator use it.

    python3 tests/e2e/python/api_test.py build/dev/bin/trestled
"""
import os
import urllib.request

import bridge
from bridge import (BridgeTest, consent_pb, directory_pb, grpc, keys_pb, messages_pb, rooms_pb,
                    routing_pb, types_pb, admin_pb)
from mls_bytes import (HALF_MINUTE, application, commit, key_package, welcome)


class Messages(BridgeTest):
    def test_a_message_reaches_the_other_side_and_its_sender_hears_how_far_it_came(self):
        ana, ana_link, ben, ben_link, _ = self.friends()
        envelope_id, group = os.urandom(16), os.urandom(16)
        payload = application(envelope_id, group)

        accepted = ben.submit(ben_link, payload)
        got = ana.take("envelope")
        levels = {ben.take("receipt").receipt.level, ben.take("receipt").receipt.level}

        self.assertFalse(accepted.HasField("refusal"))
        self.assertEqual((accepted.seq, accepted.envelope_id), (1, envelope_id))
        self.assertEqual((got.link_id, got.envelope.payload, got.envelope.seq),
                         (ana_link, payload, 1))
        self.assertEqual(levels, {types_pb.RECEIPT_LEVEL_HANDED_OVER,
                                  types_pb.RECEIPT_LEVEL_DELIVERED})

    def test_messages_keep_their_order_and_are_numbered_without_gaps(self):
        ana, _, ben, ben_link, _ = self.friends()
        group = os.urandom(16)
        payloads = [application(os.urandom(16), group) for _ in range(20)]

        for payload in payloads:
            ben.submit(ben_link, payload)
        got = [ana.take("envelope").envelope for _ in payloads]

        self.assertEqual([each.payload for each in got], payloads)
        self.assertEqual([each.seq for each in got], list(range(1, 21)))

    def test_the_same_envelope_again_is_a_success_and_is_delivered_once(self):
        ana, _, ben, ben_link, _ = self.friends()
        group = os.urandom(16)
        payload = application(os.urandom(16), group)

        first, again = ben.submit(ben_link, payload), ben.submit(ben_link, payload)
        ben.submit(ben_link, application(os.urandom(16), group))
        got = [ana.take("envelope").envelope.seq for _ in range(2)]

        self.assertEqual((first.duplicate, again.duplicate), (False, True))
        self.assertEqual(first.seq, again.seq)
        self.assertEqual(got, [1, 2])

    def test_an_envelope_id_with_other_octets_is_refused(self):
        _, _, ben, ben_link, _ = self.friends()
        envelope_id, group = os.urandom(16), os.urandom(16)
        ben.submit(ben_link, application(envelope_id, group))

        answer = ben.submit(ben_link, application(envelope_id, group))

        self.assertEqual(answer.refusal.rule, types_pb.RULE_ID_REUSED)

    def test_refusals_are_answers_with_their_rule_and_a_sentence(self):
        _, _, ben, ben_link, _ = self.friends()
        group = os.urandom(16)
        ben.submit(ben_link, application(os.urandom(16), group))

        malformed = ben.submit(ben_link, b"no MLS message")
        unpadded = ben.submit(ben_link, application(os.urandom(16), group, ciphertext_bytes=300))
        other_group = ben.submit(ben_link, application(os.urandom(16), os.urandom(16)))

        self.assertEqual(malformed.refusal.rule, types_pb.RULE_MALFORMED)
        self.assertEqual(unpadded.refusal.rule, types_pb.RULE_BAD_PADDING)
        self.assertEqual(unpadded.refusal.measured, 300)
        self.assertEqual(other_group.refusal.rule, types_pb.RULE_WRONG_GROUP)
        self.assertTrue(unpadded.refusal.sentence.endswith("."))

    def test_a_message_that_waits_arrives_at_the_next_connect(self):
        ana, _, ben, ben_link, _ = self.friends()
        ana.disconnect()
        payload = application(os.urandom(16), os.urandom(16))
        ben.submit(ben_link, payload)

        back = self.person(ana.token).connect()

        self.assertEqual([each.envelope.payload for each in back.until_caught_up()], [payload])

    def test_what_was_not_acknowledged_comes_again_with_the_same_delivery_id(self):
        ana, _, ben, ben_link, _ = self.friends()
        ben.submit(ben_link, application(os.urandom(16), os.urandom(16)))
        while True:
            first = ana.hear()
            if first.HasField("delivery") and first.delivery.HasField("envelope"):
                break
        ana.disconnect()

        back = self.person(ana.token).connect()

        self.assertEqual(back.take("envelope").delivery_id, first.delivery.delivery_id)

    def test_an_accepted_message_survives_kill_9(self):
        ana, _, ben, ben_link, _ = self.friends()
        ana.disconnect()
        payload = application(os.urandom(16), os.urandom(16))
        answer = ben.submit(ben_link, payload)
        self.daemon.kill()

        self.daemon.start()
        back = self.person(ana.token).connect()
        again = self.person(ben.token)

        self.assertEqual(back.take("envelope").envelope.payload, payload)
        self.assertEqual(again.submit(ben_link, payload).seq, answer.seq)

    def test_submissions_on_the_stream_are_answered_by_their_tags(self):
        _, _, ben, ben_link, _ = self.friends()
        group = os.urandom(16)
        for tag in (7, 8):
            ben.exchange.say(messages_pb.ExchangeRequest(submission=messages_pb.Submission(
                tag=tag, request=messages_pb.SubmitRequest(
                    link_id=ben_link, payload=application(os.urandom(16), group)))))
        answers = {}
        while len(answers) < 2:
            message = ben.hear()
            if message.HasField("delivery"):
                ben.ack(message.delivery)
            if message.HasField("submitted"):
                answers[message.submitted.tag] = message.submitted.response.seq

        self.assertEqual(answers, {7: 1, 8: 2})

    def test_a_newer_stream_of_an_account_ends_the_older_one(self):
        ana = self.person().connect()
        self.person(ana.token).connect()

        def hear_to_the_end():
            while ana.hear() is not None:
                pass

        self.assert_fails(grpc.StatusCode.ABORTED, "conflict", hear_to_the_end)

    def test_a_commit_for_another_epoch_is_refused_with_the_current_one(self):
        _, _, ben, ben_link, _ = self.friends()
        group = os.urandom(16)
        ben.submit(ben_link, application(os.urandom(16), group, epoch=3))

        late = ben.call("Rooms.SubmitHandshake", rooms_pb.SubmitHandshakeRequest(
            link_id=ben_link, payload=commit(group, epoch=2)))
        right = ben.call("Rooms.SubmitHandshake", rooms_pb.SubmitHandshakeRequest(
            link_id=ben_link, payload=commit(group, epoch=3)))

        self.assertEqual((late.refusal.rule, late.known_epoch), (types_pb.RULE_WRONG_EPOCH, 3))
        self.assertFalse(right.HasField("refusal"))

    def test_a_welcome_travels_as_a_handshake(self):
        ana, _, ben, ben_link, _ = self.friends()
        payload = welcome()

        answer = ben.call("Rooms.SubmitHandshake", rooms_pb.SubmitHandshakeRequest(
            link_id=ben_link, payload=payload))

        self.assertFalse(answer.HasField("refusal"))
        self.assertEqual(ana.take("envelope").envelope.payload, payload)

    def test_the_fate_of_a_message_can_be_asked_by_its_two_sides_and_nobody_else(self):
        ana, _, ben, ben_link, _ = self.friends()
        envelope_id = os.urandom(16)
        ben.submit(ben_link, application(envelope_id, os.urandom(16)))
        ana.take("envelope")
        ben.take("receipt")
        request = messages_pb.TraceRequest(envelope_id=envelope_id)

        steps = ben.call("Messages.Trace", request).steps
        stranger = self.person().call("Messages.Trace", request).steps

        self.assertEqual([steps[0].step, steps[0].outcome], ["accept", "ok"])
        self.assertIn("attempt", [step.step for step in steps])
        self.assertEqual(len(stranger), 0)
        self.assertGreaterEqual(len(self.operator().call("Messages.Trace", request).steps),
                                len(steps))

    def test_after_delivery_nothing_of_the_payload_is_left_on_disk(self):
        ana, _, ben, ben_link, _ = self.friends()
        payload = application(os.urandom(16), os.urandom(16), ciphertext_bytes=1024)
        ben.submit(ben_link, payload)
        ana.take("envelope")
        ben.take("receipt")

        self.daemon.stop()

        for name in os.listdir(f"{self.daemon.folder}/data/core"):
            with open(f"{self.daemon.folder}/data/core/{name}", "rb") as file:
                self.assertNotIn(payload[-256:], file.read(), name)


class Contacts(BridgeTest):
    def test_an_unknown_alias_answers_as_a_real_one_does(self):
        owner, stranger = self.person(), self.person()
        alias = owner.alias()

        real = stranger.call("Directory.Reach", directory_pb.ReachRequest(alias=alias)).sentence
        false = stranger.call("Directory.Reach",
                              directory_pb.ReachRequest(alias="amber-zebra-0000")).sentence

        self.assertEqual(real.replace(alias, "?"), false.replace("amber-zebra-0000", "?"))

    def test_an_open_alias_needs_no_grant(self):
        owner, ben = self.person().connect(), self.person().connect()
        owner.publish(key_package())
        alias = owner.alias(policy=directory_pb.ALIAS_POLICY_OPEN)

        ben.call("Consent.Request", consent_pb.ConsentRequestRequest(alias=alias))

        self.assertEqual(ben.take("thread_offer").thread_offer.label, alias)

    def test_without_a_key_package_a_grant_waits_for_one(self):
        owner, ben = self.person().connect(), self.person().connect()
        ben.call("Directory.Reach", directory_pb.ReachRequest(alias=owner.alias()))
        link = owner.take("thread_offer").thread_offer.link_id

        granted = owner.call("Consent.Grant", consent_pb.GrantRequest(link_id=link))
        owner.publish(key_package())

        self.assertEqual(granted.refusal.rule, types_pb.RULE_KEYS_EXHAUSTED)
        self.assertTrue(ben.take("peer_keys").peer_keys.key_package)

    def test_after_a_revocation_nothing_passes(self):
        ana, ana_link, ben, ben_link, _ = self.friends()
        ana.call("Consent.Revoke", consent_pb.RevokeRequest(link_id=ana_link))

        answer = ben.submit(ben_link, application(os.urandom(16), os.urandom(16)))

        self.assertEqual(answer.refusal.rule, types_pb.RULE_NO_CONSENT)

    def test_each_side_sees_the_contact_with_its_own_links_only(self):
        ana, ana_link, ben, ben_link, alias = self.friends()

        of_ana = ana.call("Consent.List", consent_pb.ListRequest()).contacts[0]
        of_ben = ben.call("Consent.List", consent_pb.ListRequest()).contacts[0]

        self.assertEqual([link.link_id for link in of_ana.links], [ana_link])
        self.assertEqual([link.link_id for link in of_ben.links], [ben_link])
        self.assertEqual((of_ana.label, of_ben.label), ("bicycle", alias))
        self.assertEqual(of_ana.state, consent_pb.CONTACT_STATE_GRANTED)

    def test_a_lost_key_package_can_be_claimed_once_more(self):
        ana, _, ben, ben_link, _ = self.friends()
        package = key_package()
        ana.publish(package)

        claimed = ben.call("Keys.Claim", keys_pb.ClaimRequest(link_id=ben_link))
        again = ben.call("Keys.Claim", keys_pb.ClaimRequest(link_id=ben_link))

        self.assertEqual(claimed.key_package, package)
        self.assertEqual(again.refusal.rule, types_pb.RULE_KEYS_EXHAUSTED)

    def test_key_packages_are_counted(self):
        ana = self.person()
        package = key_package()

        published = ana.publish(package, package, b"no key package")

        self.assertEqual((published.stored, published.refused, published.count), (1, 2, 1))
        self.assertEqual(ana.call("Keys.Count", keys_pb.CountRequest()).count, 1)

    def test_a_revoked_alias_reaches_nobody(self):
        owner, ben = self.person().connect(), self.person()
        alias, other = owner.alias(), owner.alias()
        owner.call("Directory.RevokeAlias", directory_pb.RevokeAliasRequest(name=alias))

        ben.call("Directory.Reach", directory_pb.ReachRequest(alias=alias))
        ben.call("Directory.Reach", directory_pb.ReachRequest(alias=other))

        self.assertEqual(owner.take("thread_offer").thread_offer.role, types_pb.THREAD_ROLE_OWNER)
        contacts = owner.call("Consent.List", consent_pb.ListRequest()).contacts
        self.assertEqual(len(contacts), 1)

    def test_preferences_are_kept_as_they_were_set(self):
        ana = self.person()
        wanted = directory_pb.Preferences(network_order=["native", "sms"],
                                          refused_networks=["instagram"], sms_allowed=True)

        ana.call("Directory.SetPreferences",
                 directory_pb.SetPreferencesRequest(preferences=wanted))

        got = ana.call("Directory.GetPreferences", directory_pb.GetPreferencesRequest())
        self.assertEqual(got.preferences, wanted)

    def test_a_join_code_adds_a_second_client_to_the_account(self):
        ana = self.person()
        code = ana.call("Directory.CreateJoinCode", directory_pb.CreateJoinCodeRequest()).code

        joined = self.client().call("Directory.Enrol", directory_pb.EnrolRequest(join_code=code))

        self.assertEqual(joined.account_id, ana.account_id)
        self.assertNotEqual(joined.token, ana.token)


class Callers(BridgeTest):
    def test_a_call_without_a_token_is_not_answered(self):
        self.assert_fails(grpc.StatusCode.UNAUTHENTICATED, "unauthenticated",
                          lambda: self.client().call("Keys.Count", keys_pb.CountRequest()))

    def test_a_wrong_token_is_not_answered(self):
        wrong = self.client("wrong")
        self.assert_fails(grpc.StatusCode.UNAUTHENTICATED, "unauthenticated",
                          lambda: wrong.call("Keys.Count", keys_pb.CountRequest()))

    def test_an_account_is_no_operator(self):
        ana = self.person()
        self.assert_fails(grpc.StatusCode.UNAUTHENTICATED, "unauthenticated",
                          lambda: ana.call("Admin.ListAdapters", admin_pb.ListAdaptersRequest()))

    def test_the_operator_is_no_account(self):
        operator = self.operator()
        self.assert_fails(grpc.StatusCode.UNAUTHENTICATED, "unauthenticated",
                          lambda: operator.call("Keys.Count", keys_pb.CountRequest()))

    def test_a_stream_with_a_wrong_token_ends(self):
        stream = bridge.TwoWay(self.client("wrong"), "Messages", "Exchange")
        self.addCleanup(stream.close)
        self.assert_fails(grpc.StatusCode.UNAUTHENTICATED, "unauthenticated", stream.hear)

    def test_another_account_s_thread_looks_like_one_that_does_not_exist(self):
        _, ana_link, _, _, _ = self.friends()
        stranger = self.person()
        payload = application(os.urandom(16), os.urandom(16))

        for link in (ana_link, os.urandom(16)):
            self.assert_fails(grpc.StatusCode.NOT_FOUND, "not_found",
                              lambda link=link: stranger.submit(link, payload))

    def test_a_field_beyond_its_limits_is_named(self):
        ana = self.person()
        status = self.assert_fails(grpc.StatusCode.INVALID_ARGUMENT, "invalid_argument",
                                   lambda: ana.submit(b"short", b"x" * 66049))

        bad = bridge.error_details_pb.BadRequest()
        self.assertTrue(status.details[1].Unpack(bad))
        self.assertEqual([each.field for each in bad.field_violations], ["link_id", "payload"])

    def test_a_message_above_the_server_s_bound_is_not_even_read(self):
        ana = self.person()
        with self.assertRaises(grpc.RpcError) as caught:
            ana.submit(os.urandom(16), b"x" * (2 << 20))
        self.assertEqual(caught.exception.code(), grpc.StatusCode.RESOURCE_EXHAUSTED)

    def test_a_malformed_stream_message_ends_the_stream_with_its_reason(self):
        ana = self.person()
        stream = bridge.TwoWay(ana, "Messages", "Exchange")
        self.addCleanup(stream.close)
        stream.say(messages_pb.ExchangeRequest())
        self.assert_fails(grpc.StatusCode.INVALID_ARGUMENT, "invalid_argument", stream.hear)

    def test_an_acknowledgement_before_open_ends_the_stream(self):
        stream = bridge.TwoWay(self.person(), "Messages", "Exchange")
        self.addCleanup(stream.close)
        stream.say(messages_pb.ExchangeRequest(ack=messages_pb.Ack(delivery_id=os.urandom(16))))
        self.assert_fails(grpc.StatusCode.INVALID_ARGUMENT, "invalid_argument", stream.hear)

    def test_a_client_that_only_opens_and_half_closes_is_answered(self):
        stream = bridge.TwoWay(self.person(), "Messages", "Exchange")
        self.addCleanup(stream.close)
        stream.say(messages_pb.ExchangeRequest(open=messages_pb.Open()))
        stream.half_close()
        self.assertTrue(stream.hear().HasField("opened"))
        while (last := stream.hear()) is not None:
            self.assertTrue(last.HasField("caught_up"))

    def test_a_wrong_join_code_is_not_found(self):
        self.assert_fails(grpc.StatusCode.NOT_FOUND, "not_found",
                          lambda: self.client().call("Directory.Enrol", directory_pb.EnrolRequest(
                              join_code="00000000")))


class Routing(BridgeTest):
    def test_explain_names_the_network_its_assurance_and_a_sentence(self):
        _, _, ben, ben_link, _ = self.friends()

        answer = ben.call("Routing.Explain", routing_pb.ExplainRequest(link_id=ben_link))

        self.assertEqual(answer.chosen_network, "native")
        self.assertEqual(answer.assurance, types_pb.ASSURANCE_SEALED)
        self.assertTrue(answer.candidates[0].chosen)
        self.assertIn("native", answer.summary)

    def test_a_what_if_changes_the_answer_and_nothing_else(self):
        _, _, ben, ben_link, alias = self.friends()
        what_if = routing_pb.WhatIf(networks_down=["native"])

        down = ben.call("Routing.Explain",
                        routing_pb.ExplainRequest(link_id=ben_link, what_if=what_if))
        now = ben.call("Routing.Explain", routing_pb.ExplainRequest(alias=alias))

        self.assertEqual(down.chosen_network, "")
        self.assertEqual(down.candidates[0].rule, types_pb.RULE_ADAPTER_DOWN)
        self.assertEqual(down.waits_for_network, "native")
        self.assertTrue(down.candidates[0].sentence)
        self.assertEqual(now.chosen_network, "native")

    def test_an_account_cannot_explain_another_s_thread_and_the_operator_can(self):
        _, _, _, ben_link, _ = self.friends()
        stranger = self.person()
        request = routing_pb.ExplainRequest(link_id=ben_link)

        self.assert_fails(grpc.StatusCode.NOT_FOUND, "not_found",
                          lambda: stranger.call("Routing.Explain", request))
        self.assertEqual(self.operator().call("Routing.Explain", request).chosen_network, "native")

    def test_routes_are_listed_by_contact(self):
        _, _, ben, ben_link, alias = self.friends()

        routes = ben.call("Routing.ListRoutes", routing_pb.ListRoutesRequest()).routes

        self.assertEqual([(r.link_id, r.network, r.label) for r in routes],
                         [(ben_link, "native", alias)])

    def test_the_operator_watches_what_happens(self):
        _, _, ben, ben_link, _ = self.friends()
        operator = self.operator()
        stream = operator.stubs["Routing"].Watch(routing_pb.WatchRequest(),
                                                 metadata=operator.metadata,
                                                 timeout=bridge.PATIENCE_S)
        self.addCleanup(stream.cancel)
        group = os.urandom(16)
        # The watch begins when its call reaches the daemon: submit until something shows.
        stop = bridge.threading.Event()

        def submit_until_seen():
            while not stop.is_set():
                ben.submit(ben_link, application(os.urandom(16), group, ttl=HALF_MINUTE))

        thread = bridge.threading.Thread(target=submit_until_seen)
        thread.start()
        self.addCleanup(thread.join)
        self.addCleanup(stop.set)
        event = next(stream)
        stop.set()

        self.assertIn(event.room, ("ingest", "router", "dispatch"))
        self.assertTrue(event.to_network or event.from_network)


class Operators(BridgeTest):
    def test_adapters_are_listed_with_what_they_can_carry(self):
        adapters = self.operator().call("Admin.ListAdapters",
                                        admin_pb.ListAdaptersRequest()).adapters

        self.assertEqual([each.network for each in adapters], ["native"])
        self.assertEqual(adapters[0].health, types_pb.HEALTH_HEALTHY)
        self.assertEqual(adapters[0].capabilities.units_max, 1)

    def test_a_drained_network_takes_nothing_new_until_it_is_resumed(self):
        _, _, ben, ben_link, _ = self.friends()
        operator, group = self.operator(), os.urandom(16)
        operator.call("Admin.Drain", admin_pb.DrainRequest(network="native"))

        refused = ben.submit(ben_link, application(os.urandom(16), group))
        operator.call("Admin.Resume", admin_pb.ResumeRequest(network="native"))
        accepted = ben.submit(ben_link, application(os.urandom(16), group))

        self.assertTrue(refused.HasField("refusal"))
        self.assertFalse(accepted.HasField("refusal"))

    def test_a_network_that_is_not_there_cannot_be_drained(self):
        self.assert_fails(grpc.StatusCode.NOT_FOUND, "not_found",
                          lambda: self.operator().call("Admin.Drain",
                                                       admin_pb.DrainRequest(network="sms")))

    def test_dead_letters_are_an_empty_list_when_there_are_none(self):
        page = self.operator().call("Admin.DeadLetters", admin_pb.DeadLettersRequest())
        self.assertEqual((len(page.dead_letters), page.next), (0, 0))

    def test_an_unknown_dead_letter_is_not_found(self):
        for method, request in (("Admin.Requeue", admin_pb.RequeueRequest(id=1)),
                                ("Admin.Purge", admin_pb.PurgeRequest(id=1))):
            self.assert_fails(grpc.StatusCode.NOT_FOUND, "not_found",
                              lambda m=method, r=request: self.operator().call(m, r))

    def test_reload_says_what_took_effect_and_what_needs_a_restart(self):
        with open(self.daemon.config, encoding="utf-8") as file:
            text = file.read()
        with open(self.daemon.config, "w", encoding="utf-8") as file:
            file.write(text.replace("log: {path: trestled.log}",
                                    "log: {path: trestled.log, level: debug}\n"
                                    "limits: {attempts_max: 7}"))

        answer = self.operator().call("Admin.Reload", admin_pb.ReloadRequest())

        self.assertEqual(list(answer.applied), ["log.level"])
        self.assertEqual(list(answer.need_restart), ["limits.attempts_max"])

    def test_a_configuration_that_is_not_right_is_not_reloaded(self):
        with open(self.daemon.config, "a", encoding="utf-8") as file:
            file.write("nonsense: 1\n")
        self.assert_fails(grpc.StatusCode.INVALID_ARGUMENT, "invalid_argument",
                          lambda: self.operator().call("Admin.Reload", admin_pb.ReloadRequest()))

    def test_metrics_are_served(self):
        self.person()
        address = f"http://127.0.0.1:{self.daemon.ready['metrics_port']}"
        with urllib.request.urlopen(address + "/metrics", timeout=bridge.PATIENCE_S) as answer:
            text = answer.read().decode()
        self.assertIn('trestle_rpc_total{code="OK"} 1', text)


if __name__ == "__main__":
    bridge.main([Messages, Contacts, Callers, Routing, Operators])
