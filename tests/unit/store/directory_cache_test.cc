// The directory's records in memory: bounded, and never other than what the file says.
#include "bridge/store/directory_cache.h"

#include <catch2/catch.hpp>

#include "bridge/store/trace_steps.h"
#include "tests/unit/store/store_scene.h"

using namespace trestle;
using namespace trestle::test;

namespace {

LinkId LinkAt(std::uint8_t number) { return LinkId(Bytes16{number, number}); }

LinkRecord LinkOf(std::uint8_t number, const ContactId& contact) {
  LinkRecord link;
  link.id = LinkAt(number);
  link.contact = contact;
  link.account = AccountId(Bytes16{1});
  link.enrolment = EnrolmentId(Bytes16{number});
  return link;
}

}  // namespace

TEST_CASE("A bounded cache keeps what was used last and no more than twice its size") {
  BoundedCache<LinkId, int> cache(4);
  for (std::uint8_t number = 0; number < 100; ++number) {
    cache.Put(LinkAt(number), number);
    CHECK(cache.size() <= 8);
    if (number > 0) REQUIRE(cache.Find(LinkAt(0)) != nullptr);
  }
  CHECK(*cache.Find(LinkAt(0)) == 0);
  CHECK(*cache.Find(LinkAt(99)) == 99);
  CHECK(cache.Find(LinkAt(50)) == nullptr);
  cache.Forget(LinkAt(99));
  CHECK(cache.Find(LinkAt(99)) == nullptr);
}

TEST_CASE("What a piece of work wrote and took back is not read afterwards") {
  StoreScene scene;
  const ContactId contact(Bytes16{7});
  LinkRecord link = LinkOf(1, contact);
  CHECK(scene.Do([&](Transaction& tx) { return tx.PutLink(link); }));
  // Fails after it has written, and after what it wrote was read again.
  CHECK_FALSE(scene.Do([&](Transaction& tx) -> Result<void> {
    link.bound = true;
    TRESTLE_TRY(tx.PutLink(link));
    TRESTLE_TRY(tx.PutLink(LinkOf(2, contact)));
    CHECK(TRESTLE_TRY(tx.FindLink(link.id))->bound);
    CHECK(TRESTLE_TRY(tx.LinksOf(contact)).size() == 2);
    return Fail(Reason::kConflict, "taken back");
  }));
  CHECK(scene.Do([&](Transaction& tx) -> Result<void> {
    CHECK_FALSE(TRESTLE_TRY(tx.FindLink(link.id))->bound);
    CHECK_FALSE(TRESTLE_TRY(tx.FindLink(LinkAt(2))));
    CHECK(TRESTLE_TRY(tx.LinksOf(contact)).size() == 1);
    return {};
  }));
}

TEST_CASE("What a group wrote that was not committed is not read afterwards") {
  StoreScene scene;
  ConversationRecord conversation;
  conversation.contact = ContactId(Bytes16{7});
  conversation.next_seq = 5;
  CHECK(scene.Do([&](Transaction& tx) { return tx.PutConversation(conversation); }));
  scene.commit_fails = true;
  conversation.next_seq = 6;
  CHECK_FALSE(scene.Do([&](Transaction& tx) { return tx.PutConversation(conversation); }));
  scene.commit_fails = false;
  CHECK(scene.Do([&](Transaction& tx) -> Result<void> {
    CHECK(TRESTLE_TRY(tx.FindConversation(conversation.contact)).next_seq == 5);
    return {};
  }));
}

TEST_CASE("Steps come back as they were, with what their envelope says") {
  TraceRecord common;
  common.envelope_id = EnvelopeId(Bytes16{1});
  common.delivery_id = DeliveryId(Bytes16{2});
  common.contact = ContactId(Bytes16{3});
  TraceRecord accepted = common;
  accepted.at = {1'700'000'000'000};
  accepted.step = Step::kAccept;
  accepted.from_network = Network::Native();
  accepted.size_bytes = 70'000;
  accepted.delivery_id.reset();
  TraceRecord sent = common;
  sent.at = {1'700'000'000'900};
  sent.step = Step::kAttempt;
  sent.outcome = Outcome::kSent;
  sent.rule = Rule::kOpenedAtEdge;
  sent.to_network = Network::Sms();
  sent.attempt = 3;
  sent.latency = Millis{900};

  Bytes steps;
  AppendStep(steps, accepted);
  AppendStep(steps, sent);
  const std::vector<TraceRecord> back = StepsIn(steps, common).value();

  REQUIRE(back.size() == 2);
  CHECK(back[0].at == accepted.at);
  CHECK(back[0].step == Step::kAccept);
  CHECK(back[0].from_network == Network::Native());
  CHECK_FALSE(back[0].to_network);
  CHECK_FALSE(back[0].delivery_id);
  CHECK(back[0].size_bytes == 70'000);
  CHECK(back[1].outcome == Outcome::kSent);
  CHECK(back[1].rule == Rule::kOpenedAtEdge);
  CHECK(back[1].to_network == Network::Sms());
  CHECK(back[1].delivery_id == common.delivery_id);
  CHECK(back[1].contact == common.contact);
  CHECK(back[1].attempt == 3);
  CHECK(back[1].latency == Millis{900});
  steps.pop_back();
  CHECK_FALSE(StepsIn(steps, common));
}
