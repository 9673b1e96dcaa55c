"""Aliases, consent and key logs over gRPC: what answers tell, and what they do not."""
import hashlib

from bridge import (BridgeTest, consent_pb, directory_pb, error_details_pb, grpc, keys_pb, main,
                    routing_pb, types_pb)
from mls_bytes import key_package

EVERYONE = consent_pb.Everyone.Value


class Enumeration(BridgeTest):
    EXTRA_CONFIG = "limits: {lookups_per_account_max: 40}\n"

    def names(self, asker):
        """A name of each kind that must not be told from one that does not exist."""
        owner = self.person().connect()
        owner.publish(key_package())
        names = {"askable": owner.alias(), "unknown": "brisk-otter-0000", "own": asker.alias(),
                 "closed": owner.alias(policy=directory_pb.ALIAS_POLICY_CLOSED),
                 "released": owner.alias(), "used up": owner.alias(uses_max=1),
                 "refused": owner.alias()}
        owner.call("Directory.RevokeAlias", directory_pb.RevokeAliasRequest(name=names["released"]))
        self.person().call("Directory.Reach", directory_pb.ReachRequest(alias=names["used up"]))
        owner.take("thread_offer")
        asker.call("Directory.Reach", directory_pb.ReachRequest(alias=names["refused"]))
        link = owner.take("thread_offer").thread_offer.link_id
        owner.call("Consent.Refuse", consent_pb.RefuseRequest(link_id=link))
        other = self.person().connect()
        names["blocked"] = other.alias()
        asker.call("Directory.Reach", directory_pb.ReachRequest(alias=names["blocked"]))
        link = other.take("thread_offer").thread_offer.link_id
        other.call("Consent.Block", consent_pb.BlockRequest(link_id=link))
        return names

    def test_every_alias_answers_the_same_octets(self):
        asker = self.person().connect()
        names = self.names(asker)
        questions = {
            "Directory.Reach": lambda name: directory_pb.ReachRequest(alias=name),
            "Consent.Request": lambda name: consent_pb.ConsentRequestRequest(alias=name),
            "Consent.Cancel": lambda name: consent_pb.CancelRequest(alias=name),
            "Routing.Explain": lambda name: routing_pb.ExplainRequest(
                alias=name, what_if=routing_pb.WhatIf(sms_allowed=True)),
        }
        for method, question in questions.items():
            answers = {}
            for kind, name in names.items():
                answer = asker.call(method, question(name))
                for field in ("sentence",):
                    if hasattr(answer, field):
                        setattr(answer, field, getattr(answer, field).replace(name, "NAME"))
                answers[kind] = answer.SerializeToString(deterministic=True)
            self.assertEqual(len(set(answers.values())), 1, (method, answers))
        self.assertEqual(len(asker.call("Consent.List", consent_pb.ListRequest()).contacts), 0)
        self.assertEqual(len(asker.call("Consent.History", consent_pb.HistoryRequest()).entries), 0)

    def test_guesses_are_throttled_with_a_time_to_come_again(self):
        asker = self.person()
        for i in range(40):
            asker.call("Directory.Reach", directory_pb.ReachRequest(alias=f"brisk-otter-{i:04}"))
        status = self.assert_fails(
            grpc.StatusCode.RESOURCE_EXHAUSTED, "busy",
            lambda: asker.call("Directory.Reach", directory_pb.ReachRequest(alias="brisk-otter-9")))
        retry = error_details_pb.RetryInfo()
        self.assertTrue(any(detail.Unpack(retry) for detail in status.details))
        self.assertGreater(retry.retry_delay.seconds, 3500)


class Aliases(BridgeTest):
    def test_a_rotated_name_takes_over_and_the_old_one_can_be_had_back(self):
        owner = self.person()
        old = owner.alias(label="stall", uses_max=3, listing="market")
        made = owner.call("Directory.RotateAlias", directory_pb.RotateAliasRequest(name=old)).alias
        self.assertEqual((made.label, made.uses_max, made.listing), ("stall", 3, "market"))
        self.assertNotEqual(made.name, old)
        stranger = self.person()
        self.assert_fails(grpc.StatusCode.NOT_FOUND, "not_found", lambda: stranger.call(
            "Directory.RestoreAlias", directory_pb.RestoreAliasRequest(name=old)))
        back = owner.call("Directory.RestoreAlias", directory_pb.RestoreAliasRequest(name=old)).alias
        self.assertFalse(back.HasField("revoked_at"))
        closed = owner.call("Directory.CloseListing",
                            directory_pb.CloseListingRequest(listing="market"))
        self.assertEqual(closed.aliases, 2)


class Consent(BridgeTest):
    def test_one_contact_or_everyone_but_not_both_nor_neither(self):
        person = self.person()
        for request in (consent_pb.GrantRequest(),
                        consent_pb.GrantRequest(link_id=b"x" * 16,
                                                everyone=EVERYONE("EVERYONE_CONTACTS")),
                        consent_pb.GrantRequest(link_id=b"x")):
            self.assert_fails(grpc.StatusCode.INVALID_ARGUMENT, "invalid_argument",
                              lambda request=request: person.call("Consent.Grant", request))

    def test_revoking_everybody_ends_every_contact_and_is_in_the_ledger(self):
        owner, _, requester, requester_link, _ = self.friends()
        answer = owner.call("Consent.Revoke",
                            consent_pb.RevokeRequest(everyone=EVERYONE("EVERYONE_CONTACTS")))
        self.assertEqual(answer.contacts, 1)
        entries = owner.call("Consent.History", consent_pb.HistoryRequest()).entries
        self.assertEqual([entry.entry for entry in entries], ["granted", "revoked", "revoked"])
        self.assertEqual({entry.origin for entry in entries}, {"api"})
        contact = requester.call("Consent.List", consent_pb.ListRequest()).contacts[0]
        self.assertEqual(contact.state, consent_pb.CONTACT_STATE_REVOKED)

    def test_a_cancelled_request_cannot_be_granted(self):
        owner, requester = self.person().connect(), self.person()
        owner.publish(key_package())
        alias = owner.alias()
        requester.call("Directory.Reach", directory_pb.ReachRequest(alias=alias))
        link = owner.take("thread_offer").thread_offer.link_id
        requester.call("Consent.Cancel", consent_pb.CancelRequest(alias=alias))
        answer = owner.call("Consent.Grant", consent_pb.GrantRequest(link_id=link))
        self.assertEqual(answer.refusal.rule, types_pb.RULE_NO_CONSENT)


class KeyLog(BridgeTest):
    def verify(self, entries):
        """The chain as keys.proto describes it, computed here once more."""
        before = bytes(32)
        for number, entry in enumerate(entries, 1):
            self.assertEqual(entry.number, number)
            before = hashlib.sha256(
                b"trestle key log 1" + before + entry.number.to_bytes(8, "big") +
                entry.at_ms.to_bytes(8, "big") + bytes([entry.kind]) + entry.key_package_ref +
                entry.contact_id).digest()
            self.assertEqual(entry.hash, before)

    def test_the_owner_sees_who_got_which_key_and_can_verify_the_chain(self):
        owner, link, requester, requester_link, _ = self.friends()
        package = key_package()
        owner.publish(package)
        claimed = requester.call("Keys.Claim", keys_pb.ClaimRequest(link_id=requester_link))
        self.assertEqual(claimed.code, keys_pb.KEY_MATERIAL_CODE_SUCCESS)
        third = requester.call("Keys.Claim", keys_pb.ClaimRequest(link_id=requester_link))
        self.assertEqual(third.code, keys_pb.KEY_MATERIAL_CODE_EXHAUSTED)
        entries = owner.call("Keys.Log", keys_pb.LogRequest()).entries
        self.verify(entries)
        kinds = [keys_pb.KeyLogKind.Name(entry.kind) for entry in entries]
        self.assertEqual(kinds, ["KEY_LOG_KIND_PUBLISHED", "KEY_LOG_KIND_CLAIMED",
                                 "KEY_LOG_KIND_PUBLISHED", "KEY_LOG_KIND_CLAIMED"])
        contact = owner.call("Consent.List", consent_pb.ListRequest()).contacts[0].contact_id
        self.assertEqual({entries[1].contact_id, entries[3].contact_id}, {contact})
        self.assertEqual(entries[3].key_package_ref, hashlib.sha256(package).digest())
        self.assertEqual(len(requester.call("Keys.Log", keys_pb.LogRequest()).entries), 0)

    def test_pages_follow_one_another_without_a_gap(self):
        owner = self.person()
        owner.publish(*[key_package() for _ in range(7)])
        got = []
        while True:
            page = owner.call("Keys.Log", keys_pb.LogRequest(
                page_size=3, after=got[-1].number if got else 0)).entries
            if not page:
                break
            got += page
        self.assertEqual(len(got), 7)
        self.verify(got)

    def test_somebody_without_consent_gets_no_key(self):
        _, link, _, _, _ = self.friends()
        stranger = self.person()
        self.assert_fails(grpc.StatusCode.NOT_FOUND, "not_found", lambda: stranger.call(
            "Keys.Claim", keys_pb.ClaimRequest(link_id=link)))


if __name__ == "__main__":
    main([Enumeration, Aliases, Consent, KeyLog])
