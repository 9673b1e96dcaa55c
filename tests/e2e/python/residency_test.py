"""Residency and erasure as an operator and two people see them.

    python3 tests/e2e/python/residency_test.py build/dev/bin/trestled
"""
import os
import shutil
import sqlite3
import subprocess

import bridge
from bridge import BridgeTest, Person, Trestled, directory_pb, grpc, messages_pb, routing_pb, types_pb
from mls_bytes import WEEK, application


def envelopes_in(store):
    """How many envelopes wait in a copy of the store in this folder."""
    copy = f"{store}.copy"
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(store, copy)
    with sqlite3.connect(f"{copy}/store.db") as database:
        return database.execute("SELECT count(*) FROM envelope").fetchone()[0]


def any_file_holds(folder, mark):
    for path, _, names in os.walk(folder):
        for name in names:
            with open(f"{path}/{name}", "rb") as file:
                if mark in file.read():
                    return True
    return False


class TwoPlaces(BridgeTest):
    """The same people at two daemons: one keeps data in Europe, one in America."""

    EXTRA_CONFIG = "stores: [{region: us, country: US}]\n"

    def submit_for_europe(self):
        """Somebody who accepts Europe only is away; a message to them, and what came of it."""
        owner, _, requester, link, _ = self.friends()
        owner.call("Directory.SetPreferences", directory_pb.SetPreferencesRequest(
            preferences=directory_pb.Preferences(accepted_places=["eu"], refused_places=["FR"])))
        owner.disconnect()
        envelope = os.urandom(16)
        payload = application(envelope, os.urandom(16), ttl=WEEK)
        return requester, link, envelope, payload, requester.submit(link, payload)

    def test_in_america_it_is_refused_and_kept_nowhere(self):
        requester, link, _, payload, answer = self.submit_for_europe()
        self.assertEqual(answer.refusal.rule, types_pb.RULE_RESIDENCY)
        self.assertEqual((answer.refusal.measured, answer.refusal.limit), (0, 1))
        self.assertEqual(envelopes_in(f"{self.daemon.folder}/data/core"), 0)
        self.assertFalse(any_file_holds(self.daemon.folder, payload[-64:]))
        explained = requester.call("Routing.Explain", routing_pb.ExplainRequest(link_id=link))
        self.assertEqual({each.rule for each in explained.candidates}, {types_pb.RULE_RESIDENCY})
        elsewhere = requester.call("Routing.Explain", routing_pb.ExplainRequest(
            link_id=link, what_if=routing_pb.WhatIf(region="eu", country="DE")))
        self.assertEqual(elsewhere.refusal.rule, types_pb.RULE_UNSPECIFIED)
        self.assertEqual(elsewhere.chosen_network, "native")

    def test_in_europe_the_same_message_waits(self):
        self.daemon.stop()
        with open(self.daemon.config, encoding="utf-8") as file:
            text = file.read()
        with open(self.daemon.config, "w", encoding="utf-8") as file:
            file.write(text.replace("region: us, country: US", "region: eu, country: DE"))
        self.daemon.start()
        _, _, _, payload, answer = self.submit_for_europe()
        self.assertFalse(answer.HasField("refusal"))
        self.assertEqual(envelopes_in(f"{self.daemon.folder}/data/core"), 1)
        # Sealed once more: not even its ciphertext stands in a file.
        self.assertFalse(any_file_holds(self.daemon.folder, payload[-64:]))

    def test_erasure_is_proven_to_both_and_to_nobody_else(self):
        owner, owner_link, requester, link, _ = self.friends()
        envelope = os.urandom(16)
        requester.submit(link, application(envelope, os.urandom(16), ttl=WEEK))
        owner.take("envelope")
        self.assertEqual(requester.take("receipt").receipt.envelope_id, envelope)
        ask = messages_pb.ErasureProofRequest(envelope_id=envelope)
        for each in (owner, requester, self.operator()):
            proof = each.call("Messages.ErasureProof", ask)
            self.assertTrue(proof.erased)
            self.assertEqual((len(proof.leaf), len(proof.signature)), (38, 64))
        stranger = self.person()
        self.assert_fails(grpc.StatusCode.NOT_FOUND, "not_found",
                          lambda: stranger.call("Messages.ErasureProof", ask))


class SeveralStores(BridgeTest):
    """One daemon that keeps its directory in America, with a second store in Europe."""

    STORES = ("stores: [{name: america, path: america, region: us, country: US}, "
              "{name: europe, path: europe, region: eu, country: DE}]\n")
    EXTRA_CONFIG = STORES

    def pair_that_accepts(self, *places):
        """Two people, the places that each accepts, and the owner away."""
        owner, _, requester, link, _ = self.friends()
        for person, place in zip((owner, requester), places):
            person.call("Directory.SetPreferences", directory_pb.SetPreferencesRequest(
                preferences=directory_pb.Preferences(accepted_places=[place])))
        owner.disconnect()
        return owner, requester, link

    def submit(self, requester, link, group=None):
        envelope = os.urandom(16)
        payload = application(envelope, group or os.urandom(16), ttl=WEEK)
        return envelope, payload, requester.submit(link, payload)

    def folder(self, name):
        return f"{self.daemon.folder}/{name}"

    def assert_lies(self, envelope, payload, here, not_there):
        # Sealed once more: its ciphertext stands in no file; its id, which is not sealed, in one's.
        for name in (here, not_there, "data"):
            self.assertFalse(any_file_holds(self.folder(name), payload[-64:]))
        self.assertTrue(any_file_holds(self.folder(here), envelope))
        self.assertFalse(any_file_holds(self.folder(not_there), envelope))
        self.assertFalse(any_file_holds(self.folder("data"), envelope))

    def test_each_pair_s_messages_lie_in_its_own_region_alone(self):
        europeans = self.pair_that_accepts("eu", "DE")
        americans = self.pair_that_accepts("us", "US")
        european = self.submit(*europeans[1:])
        american = self.submit(*americans[1:])
        for _, _, answer in (european, american):
            self.assertFalse(answer.HasField("refusal"))
        explained = [pair[1].call("Routing.Explain", routing_pb.ExplainRequest(link_id=pair[2]))
                     for pair in (europeans, americans)]
        self.assertEqual([(each.store.name, each.store.region, each.store.country)
                          for each in explained],
                         [("europe", "eu", "DE"), ("america", "us", "US")])
        self.assert_lies(*european[:2], "europe", "america")
        self.assert_lies(*american[:2], "america", "europe")
        self.daemon.kill()
        self.assert_lies(*european[:2], "europe", "america")
        self.assert_lies(*american[:2], "america", "europe")
        self.daemon.start()
        self.assert_lies(*european[:2], "europe", "america")
        for (owner, *_), (_, payload, _) in ((europeans, european), (americans, american)):
            back = self.person(owner.token).connect()
            shown = [each.envelope.payload for each in back.until_caught_up()
                     if each.HasField("envelope")]
            self.assertEqual(shown, [payload])
        self.assertEqual(envelopes_in(self.folder("america")), 0)
        self.assertEqual(envelopes_in(self.folder("europe")), 0)

    def test_a_pair_with_no_place_in_common_is_refused_and_kept_nowhere(self):
        _, requester, link = self.pair_that_accepts("eu", "us")
        _, payload, answer = self.submit(requester, link)
        self.assertEqual(answer.refusal.rule, types_pb.RULE_RESIDENCY)
        self.assertEqual((answer.refusal.measured, answer.refusal.limit), (0, 1))
        explained = requester.call("Routing.Explain", routing_pb.ExplainRequest(link_id=link))
        self.assertFalse(explained.HasField("store"))
        for name in ("america", "europe"):
            self.assertEqual(envelopes_in(self.folder(name)), 0)
            self.assertFalse(any_file_holds(self.folder(name), payload[-64:]))

    def test_each_store_proves_its_own_erasures(self):
        owner, requester, link = self.pair_that_accepts("eu", "eu")
        envelope, _, _ = self.submit(requester, link)
        home = self.friends()
        other = os.urandom(16)
        home[2].submit(home[3], application(other, os.urandom(16), ttl=WEEK))
        home[0].take("envelope")
        back = self.person(owner.token).connect()
        back.take("envelope")
        self.assertEqual(requester.take("receipt").receipt.envelope_id, envelope)
        placed, at_home = (self.operator().call(
            "Messages.ErasureProof", messages_pb.ErasureProofRequest(envelope_id=each))
            for each in (envelope, other))
        self.assertEqual((placed.store, at_home.store), ("europe", ""))
        self.assertTrue(placed.erased and at_home.erased)
        self.assertEqual((placed.head.size, at_home.head.size), (1, 1))
        self.assertNotEqual(placed.public_key, at_home.public_key)


class Start(BridgeTest):
    """What the daemon says when it must not or cannot hold what it has."""

    def ends_with(self, *arguments):
        ended = subprocess.run([bridge.BINARY, "--config", self.daemon.config, *arguments],
                               capture_output=True, text=True, timeout=bridge.PATIENCE_S)
        self.assertEqual(ended.returncode, 78)
        self.assertEqual(ended.stderr.count("\n"), 1)
        return ended.stderr

    def configure(self, extra):
        with open(self.daemon.config, "a", encoding="utf-8") as file:
            file.write(extra)

    def with_one_that_waits(self):
        owner, _, requester, link, _ = self.friends()
        owner.disconnect()
        requester.submit(link, application(os.urandom(16), os.urandom(16), ttl=WEEK))
        self.daemon.stop()
        return owner.token

    def test_a_place_that_its_own_configuration_forbids_stops_it(self):
        self.daemon.stop()
        self.configure("stores: [{region: us, country: US}]\nresidency: {accepted: [eu]}\n")
        self.assertIn("stores[0].region: residency does not let data be kept", self.ends_with())
        self.ends_with("--check")

    def test_a_placed_store_that_is_missing_or_left_out_stops_it(self):
        self.daemon.stop()
        self.configure(SeveralStores.STORES)
        shutil.copytree(f"{self.daemon.folder}/data/core", f"{self.daemon.folder}/america")
        os.replace(f"{self.daemon.folder}/data/keys/core.keys",
                   f"{self.daemon.folder}/data/keys/america.keys")
        os.replace(f"{self.daemon.folder}/data/keys/core.keys.master",
                   f"{self.daemon.folder}/data/keys/america.keys.master")
        self.daemon.start()
        self.daemon.stop()
        europe = f"{self.daemon.folder}/europe/store.db"
        os.rename(europe, europe + ".away")
        self.assertIn("stores[1]: the store's file is missing", self.ends_with())
        self.assertFalse(os.path.exists(europe))
        os.rename(europe + ".away", europe)
        self.daemon.start()
        self.daemon.stop()
        with open(self.daemon.config, encoding="utf-8") as file:
            text = file.read()
        with open(self.daemon.config, "w", encoding="utf-8") as file:
            file.write(text.replace(", {name: europe, path: europe, region: eu, country: DE}", ""))
        self.assertIn("not configured any more", self.ends_with())

    def test_lost_storage_keys_stop_it_unless_what_waits_is_given_up(self):
        token = self.with_one_that_waits()
        os.unlink(f"{self.daemon.folder}/data/keys/core.keys")
        self.assertIn("the storage keys are missing", self.ends_with())
        ready = f"{self.daemon.folder}/ready.json"
        self.daemon.start(["--forget-waiting"])
        person = Person(self.daemon, token).connect()
        self.addCleanup(person.close)
        self.assertEqual([each for each in person.until_caught_up() if each.HasField("envelope")],
                         [])
        self.assertTrue(os.path.exists(ready))

    def test_a_missing_or_wrong_master_key_stops_it(self):
        self.with_one_that_waits()
        master = f"{self.daemon.folder}/data/keys/core.keys.master"
        os.rename(master, master + ".away")
        self.assertIn("the master key is missing", self.ends_with())
        with open(os.open(master, os.O_CREAT | os.O_WRONLY, 0o600), "wb") as file:
            file.write(os.urandom(32))
        self.assertIn("do not open with this master key", self.ends_with())
        os.replace(master + ".away", master)
        self.daemon.start()


if __name__ == "__main__":
    bridge.main([TwoPlaces, SeveralStores, Start])
