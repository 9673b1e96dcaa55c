// The tables: order in the outbox, leases, key packages, what is seen and what is erased.
#include <catch2/catch.hpp>

#include "tests/unit/store/store_scene.h"

using namespace trestle;
using namespace trestle::test;
using namespace std::chrono_literals;

namespace {

struct Scene : StoreScene {
  DeliveryId Add(OutboxRow row) {
    CHECK(Do([&](Transaction& tx) -> Result<void> {
      TRESTLE_TRY(tx.AddOutboxRow(row));
      return {};
    }));
    return row.delivery_id;
  }
  void Erase(const DeliveryId& id) {
    CHECK(Do([&](Transaction& tx) -> Result<void> {
      TRESTLE_TRY(tx.EraseOutboxRow(*TRESTLE_TRY(RowWith(tx, id)), clock.wall_now()));
      return {};
    }));
  }
  static OutboxRow FindIn(Transaction& tx, const DeliveryId& id) {
    return RowWith(tx, id)->value();
  }
  OutboxRow Find(const DeliveryId& id) {
    OutboxRow row;
    CHECK(Do([&](Transaction& tx) -> Result<void> {
      row = *TRESTLE_TRY(RowWith(tx, id));
      return {};
    }));
    return row;
  }
};

}  // namespace

TEST_CASE("An outbox row comes back as it was") {
  Scene scene;
  OutboxRow row = scene.Row(LinkId::Mint(scene.random), Network::Whatsapp());
  row.kind = OutboxKind::kOffer;
  row.contact = ContactId::Mint(scene.random);
  row.offers_link = LinkId::Mint(scene.random);
  row.envelope_row = 7;
  row.state = OutboxState::kWaitsOpen;
  row.attempts = 3;
  row.lane = ToBytes(AsBytes("lane"));
  row.sender = AccountId::Mint(scene.random);
  row.receiver = AccountId::Mint(scene.random);
  row.maybe_sent = true;
  const OutboxRow back = scene.Find(scene.Add(row));
  CHECK(back.thread == row.thread);
  CHECK(back.network == row.network);
  CHECK(back.kind == row.kind);
  CHECK(back.contact == row.contact);
  CHECK(back.body == row.body);
  CHECK(back.offers_link == row.offers_link);
  CHECK(back.envelope_row == row.envelope_row);
  CHECK(back.state == row.state);
  CHECK(back.due_at == row.due_at);
  CHECK(back.expires_at == row.expires_at);
  CHECK(back.attempts == 3);
  CHECK(back.lane == row.lane);
  CHECK(back.sender == row.sender);
  CHECK(back.receiver == row.receiver);
  CHECK(back.maybe_sent);
}

TEST_CASE("Of one thread only the oldest row is leased, and once") {
  Scene scene;
  const EnrolmentId thread = EnrolmentId::Mint(scene.random);
  const DeliveryId first = scene.Add(scene.Row(thread));
  const DeliveryId second = scene.Add(scene.Row(thread));
  CHECK(scene.LeaseIds() == std::vector{first});
  CHECK(scene.LeaseIds().empty());
  scene.Erase(first);
  CHECK(scene.LeaseIds() == std::vector{second});
}

TEST_CASE("A postponed row holds back the younger ones of its thread and of no other") {
  Scene scene;
  const EnrolmentId thread = EnrolmentId::Mint(scene.random);
  const DeliveryId first = scene.Add(scene.Row(thread));
  scene.Add(scene.Row(thread));
  scene.LeaseIds();
  CHECK(scene.Do([&](Transaction& tx) -> Result<void> {
    return tx.Postpone(*TRESTLE_TRY(RowWith(tx, first)), scene.clock.wall_now() + 10s);
  }));
  const DeliveryId other = scene.Add(scene.Row(EnrolmentId::Mint(scene.random)));
  CHECK(scene.LeaseIds() == std::vector{other});
  scene.clock.Pass(10s);
  CHECK(scene.LeaseIds() == std::vector{first});
}

TEST_CASE("Erasing a row in the middle leaves the order as it was") {
  Scene scene;
  const EnrolmentId thread = EnrolmentId::Mint(scene.random);
  const DeliveryId first = scene.Add(scene.Row(thread));
  const DeliveryId middle = scene.Add(scene.Row(thread));
  const DeliveryId last = scene.Add(scene.Row(thread));
  scene.Erase(middle);
  CHECK(scene.LeaseIds() == std::vector{first});
  scene.Erase(first);
  CHECK(scene.LeaseIds() == std::vector{last});
}

TEST_CASE("Networks are leased apart, and no more than asked for") {
  Scene scene;
  for (int i = 0; i < 3; ++i) scene.Add(scene.Row(EnrolmentId::Mint(scene.random)));
  scene.Add(scene.Row(EnrolmentId::Mint(scene.random), Network::Whatsapp()));
  CHECK(scene.LeaseIds(Network::Sms(), 2).size() == 2);
  CHECK(scene.LeaseIds(Network::Whatsapp()).size() == 1);
}

TEST_CASE("Rows of a thread that is not open wait until it is") {
  Scene scene;
  const LinkId link = LinkId::Mint(scene.random);
  OutboxRow row = scene.Row(link);
  row.state = OutboxState::kWaitsOpen;
  scene.Add(row);
  CHECK(scene.LeaseIds().empty());
  CHECK(scene.Do([&](Transaction& tx) { return tx.OpenThread(link); }));
  CHECK(scene.LeaseIds().size() == 1);
}

TEST_CASE("Rows moved to an open thread keep their age there, but wait for what is under way") {
  Scene scene;
  const LinkId closed = LinkId::Mint(scene.random);
  const LinkId open = LinkId::Mint(scene.random);
  OutboxRow waiting = scene.Row(closed);
  waiting.state = OutboxState::kWaitsOpen;
  const DeliveryId moved = scene.Add(waiting);
  const DeliveryId under_way = scene.Add(scene.Row(open, Network::Whatsapp()));
  const DeliveryId later = scene.Add(scene.Row(open, Network::Whatsapp()));
  CHECK(scene.LeaseIds(Network::Whatsapp()) == std::vector{under_way});
  CHECK(scene.Do([&](Transaction& tx) -> Result<void> {
    for (const OutboxRow& row : TRESTLE_TRY(tx.RowsWaitingForOpen(closed))) {
      TRESTLE_TRY(tx.MoveRow(row, open, Network::Whatsapp(), scene.clock.wall_now()));
    }
    CHECK(tx.tally().rows_of(Network::Whatsapp()) == 3);
    CHECK(tx.tally().rows_of(Network::Sms()) == 0);
    return {};
  }));
  CHECK(scene.LeaseIds(Network::Whatsapp()).empty());
  scene.Erase(under_way);
  CHECK(scene.LeaseIds(Network::Whatsapp()) == std::vector{moved});
  scene.Erase(moved);
  CHECK(scene.LeaseIds(Network::Whatsapp()) == std::vector{later});
}

TEST_CASE("A moved row that is older goes before what waits on the open thread") {
  Scene scene;
  const LinkId closed = LinkId::Mint(scene.random);
  const LinkId open = LinkId::Mint(scene.random);
  OutboxRow waiting = scene.Row(closed);
  waiting.state = OutboxState::kWaitsOpen;
  const DeliveryId moved = scene.Add(waiting);
  const DeliveryId later = scene.Add(scene.Row(open));
  CHECK(scene.Do([&](Transaction& tx) -> Result<void> {
    return tx.MoveRow(TRESTLE_TRY(tx.RowsWaitingForOpen(closed)).at(0), open, Network::Sms(),
                      scene.clock.wall_now());
  }));
  CHECK(scene.LeaseIds() == std::vector{moved});
  scene.Erase(moved);
  CHECK(scene.LeaseIds() == std::vector{later});
}

TEST_CASE("Another process's leases end at once, one's own when they lapse") {
  Scene scene;
  const DeliveryId id = scene.Add(scene.Row(EnrolmentId::Mint(scene.random)));
  scene.LeaseIds();
  const auto release = [&](const Bytes16& process) {
    std::size_t released = 0;
    CHECK(scene.Do([&](Transaction& tx) -> Result<void> {
      released = TRESTLE_TRY(tx.ReleaseLeases(process, scene.clock.wall_now()));
      return {};
    }));
    return released;
  };
  CHECK(release(Bytes16{1}) == 0);
  CHECK(release(Bytes16{2}) == 1);
  CHECK(scene.LeaseIds() == std::vector{id});
  const auto lapse = [&] {
    std::size_t released = 0;
    CHECK(scene.Do([&](Transaction& tx) -> Result<void> {
      released = TRESTLE_TRY(tx.ReleaseLapsed(scene.clock.wall_now()));
      return {};
    }));
    return released;
  };
  CHECK(lapse() == 0);
  scene.clock.Pass(1min);
  CHECK(lapse() == 1);
}

TEST_CASE("An expired row is found unless it is under way") {
  Scene scene;
  const DeliveryId leased = scene.Add(scene.Row(EnrolmentId::Mint(scene.random)));
  scene.LeaseIds();
  const DeliveryId waiting = scene.Add(scene.Row(EnrolmentId::Mint(scene.random)));
  CHECK(leased != waiting);
  scene.clock.Pass(1h);
  CHECK(scene.Do([&](Transaction& tx) -> Result<void> {
    const auto rows = TRESTLE_TRY(tx.ExpiredRows(scene.clock.wall_now(), 10));
    CHECK(rows.size() == 1);
    CHECK(rows.at(0).delivery_id == waiting);
    return {};
  }));
}

TEST_CASE("Each key package is taken once, the oldest first") {
  Scene scene;
  const AccountId account = AccountId::Mint(scene.random);
  CHECK(scene.Do([&](Transaction& tx) -> Result<void> {
    CHECK(TRESTLE_TRY(tx.AddKeyPackage({Bytes32{9}, account, Bytes{1}})));
    CHECK(TRESTLE_TRY(tx.AddKeyPackage({Bytes32{1}, account, Bytes{2}})));
    CHECK_FALSE(TRESTLE_TRY(tx.AddKeyPackage({Bytes32{1}, account, Bytes{2}})));
    CHECK(TRESTLE_TRY(tx.TakeKeyPackage(account)) == Bytes{1});
    CHECK(TRESTLE_TRY(tx.TakeKeyPackage(account)) == Bytes{2});
    CHECK_FALSE(TRESTLE_TRY(tx.TakeKeyPackage(account)));
    CHECK(TRESTLE_TRY(tx.CountKeyPackages(account)) == 0);
    return {};
  }));
}

TEST_CASE(
    "The last resort is found again and again, beside the key packages, until it is replaced") {
  Scene scene;
  const AccountId account = AccountId::Mint(scene.random);
  CHECK(scene.Do([&](Transaction& tx) -> Result<void> {
    CHECK_FALSE(TRESTLE_TRY(tx.FindLastResort(account)));
    TRESTLE_TRY(tx.PutLastResort(account, Bytes{1}));
    TRESTLE_TRY(tx.PutLastResort(account, Bytes{2}));
    for (int i = 0; i < 2; ++i) CHECK(TRESTLE_TRY(tx.FindLastResort(account)) == Bytes{2});
    CHECK(TRESTLE_TRY(tx.CountKeyPackages(account)) == 0);
    CHECK_FALSE(TRESTLE_TRY(tx.TakeKeyPackage(account)));
    CHECK_FALSE(TRESTLE_TRY(tx.FindLastResort(AccountId::Mint(scene.random))));
    return {};
  }));
}

TEST_CASE("An inbound's key is new once, until its time has passed") {
  Scene scene;
  const WallTime now = scene.clock.wall_now();
  CHECK(scene.Do([&](Transaction& tx) -> Result<void> {
    CHECK(TRESTLE_TRY(tx.MarkInbound(Bytes32{1}, now + 1s)));
    CHECK_FALSE(TRESTLE_TRY(tx.MarkInbound(Bytes32{1}, now + 1s)));
    CHECK(TRESTLE_TRY(tx.EraseExpired(now, 10)) == 0);
    CHECK(TRESTLE_TRY(tx.EraseExpired(now + 1s, 10)) == 1);
    CHECK(TRESTLE_TRY(tx.MarkInbound(Bytes32{1}, now + 9s)));
    return {};
  }));
}

TEST_CASE("One sweep erases no more of each kind than its bound") {
  Scene scene;
  const WallTime now = scene.clock.wall_now();
  CHECK(scene.Do([&](Transaction& tx) -> Result<void> {
    for (std::uint8_t i = 0; i < 7; ++i) TRESTLE_TRY(tx.MarkInbound(Bytes32{i}, now));
    CHECK(TRESTLE_TRY(tx.EraseExpired(now, 5)) == 5);
    CHECK(TRESTLE_TRY(tx.EraseExpired(now, 5)) == 2);
    return {};
  }));
}

TEST_CASE("A trace comes back as it was, in order") {
  Scene scene;
  TraceRecord record;
  record.at = scene.clock.wall_now();
  record.step = Step::kAttempt;
  record.outcome = Outcome::kMaybeSent;
  record.rule = Rule::kGivenUp;
  record.envelope_id = EnvelopeId::Mint(scene.random);
  record.delivery_id = DeliveryId::Mint(scene.random);
  record.to_network = Network::Sms();
  record.size_bytes = 443;
  record.attempt = 4;
  record.latency = 77ms;
  CHECK(scene.Do([&](Transaction& tx) -> Result<void> {
    TRESTLE_TRY(tx.AddTrace(record));
    const auto back = TRESTLE_TRY(tx.TraceOf(*record.envelope_id, WallTime{-1}, 10));
    REQUIRE(back.size() == 1);
    CHECK(back[0].step == record.step);
    CHECK(back[0].outcome == record.outcome);
    CHECK(back[0].rule == record.rule);
    CHECK(back[0].delivery_id == record.delivery_id);
    CHECK_FALSE(back[0].from_network);
    CHECK(back[0].to_network == record.to_network);
    CHECK(back[0].size_bytes == 443);
    CHECK(back[0].attempt == 4);
    CHECK(back[0].latency == 77ms);
    return {};
  }));
}

TEST_CASE("A contact comes back as it was, and its pair is unique") {
  Scene scene;
  ContactRecord contact;
  contact.id = ContactId::Mint(scene.random);
  contact.owner = AccountId::Mint(scene.random);
  contact.requester = AccountId::Mint(scene.random);
  contact.alias = AliasId::Mint(scene.random);
  contact.consent = {ContactState::kBlocked, true, false, true};
  contact.key_claims = 2;
  CHECK(scene.Do([&](Transaction& tx) -> Result<void> {
    TRESTLE_TRY(tx.PutContact(contact));
    const auto back = TRESTLE_TRY(tx.FindContactThrough(contact.requester, contact.alias));
    REQUIRE(back);
    CHECK(back->consent == contact.consent);
    CHECK_FALSE(back->granted_at);
    CHECK(back->key_claims == 2);
    return {};
  }));
  contact.id = ContactId::Mint(scene.random);
  CHECK_FALSE(scene.Do([&](Transaction& tx) { return tx.PutContact(contact); }));
}

TEST_CASE("A conversation comes back as it was, and is as new where there was none") {
  Scene scene;
  ConversationRecord conversation;
  conversation.contact = ContactId::Mint(scene.random);
  conversation.group_id = GroupId::Mint(scene.random);
  conversation.epoch = 12;
  conversation.next_seq = 34;
  CHECK(scene.Do([&](Transaction& tx) -> Result<void> {
    CHECK(TRESTLE_TRY(tx.FindConversation(conversation.contact)).next_seq == 1);
    TRESTLE_TRY(tx.PutConversation(conversation));
    const auto back = TRESTLE_TRY(tx.FindConversation(conversation.contact));
    CHECK(back.group_id == conversation.group_id);
    CHECK(back.epoch == 12);
    CHECK(back.next_seq == 34);
    return {};
  }));
}

TEST_CASE("An alias's name stays taken after it was revoked") {
  Scene scene;
  AliasRecord alias;
  alias.id = AliasId::Mint(scene.random);
  alias.name = "brisk-otter-4821";
  alias.revoked_at = scene.clock.wall_now();
  CHECK(scene.Do([&](Transaction& tx) { return tx.PutAlias(alias); }));
  alias.id = AliasId::Mint(scene.random);
  CHECK_FALSE(scene.Do([&](Transaction& tx) { return tx.PutAlias(alias); }));
}

namespace {

OutboxRow InLane(Scene& scene, std::string_view lane, const Network& network) {
  OutboxRow row = scene.Row(LinkId::Mint(scene.random), network);
  row.lane = ToBytes(AsBytes(lane));
  return row;
}

// A row of its own thread and lane, on behalf of a sender.
OutboxRow From(Scene& scene, const AccountId& sender) {
  OutboxRow row = scene.Row(LinkId::Mint(scene.random));
  row.sender = sender;
  return row;
}

}  // namespace

TEST_CASE("Rows of one lane go one after another, whatever network each is on") {
  Scene scene;
  const DeliveryId first = scene.Add(InLane(scene, "ana to ben", Network::Sms()));
  const DeliveryId second = scene.Add(InLane(scene, "ana to ben", Network::Whatsapp()));
  CHECK(scene.LeaseIds(Network::Whatsapp()).empty());
  CHECK(scene.LeaseIds(Network::Sms()) == std::vector{first});
  CHECK(scene.LeaseIds(Network::Whatsapp()).empty());
  CHECK(scene.Do([&](Transaction& tx) -> Result<void> {
    const auto next =
        TRESTLE_TRY(tx.EraseOutboxRow(scene.FindIn(tx, first), scene.clock.wall_now()));
    REQUIRE(next);
    CHECK(next->network == Network::Whatsapp());
    CHECK(next->row == scene.FindIn(tx, second).row);
    return {};
  }));
  CHECK(scene.LeaseIds(Network::Whatsapp()) == std::vector{second});
}

TEST_CASE("Two lanes that meet on one thread take turns there") {
  Scene scene;
  OutboxRow envelope = InLane(scene, "ana to ben", Network::Sms());
  const OutboxRow receipt = scene.Row(envelope.thread);
  const DeliveryId first = scene.Add(envelope);
  const DeliveryId second = scene.Add(receipt);
  CHECK(scene.LeaseIds() == std::vector{first});
  CHECK(scene.LeaseIds().empty());
  scene.Erase(first);
  CHECK(scene.LeaseIds() == std::vector{second});
}

TEST_CASE("A flood of one sender's does not hold up another's") {
  Scene scene;
  const AccountId flood = AccountId::Mint(scene.random);
  for (int i = 0; i < 50; ++i) scene.Add(From(scene, flood));
  const DeliveryId quiet = scene.Add(From(scene, AccountId::Mint(scene.random)));
  const auto leased = scene.LeaseIds(Network::Sms(), 2);
  REQUIRE(leased.size() == 2);
  CHECK(leased[1] == quiet);
}

TEST_CASE("No more of one receiver's go at once than may", "[limit:in_flight_per_receiver_max]") {
  Scene scene;
  const AccountId receiver = AccountId::Mint(scene.random);
  for (int i = 0; i < 5; ++i) {
    OutboxRow row = scene.Row(LinkId::Mint(scene.random));
    row.receiver = receiver;
    scene.Add(row);
  }
  LeaseRequest request{
      Network::Sms(), scene.clock.wall_now(), {Bytes16{1}, scene.clock.wall_now() + 1min}, 10};
  request.per_receiver_max = 3;
  request.receivers[ReceiverKeyOf([&] {
    OutboxRow row;
    row.receiver = receiver;
    return row;
  }())] = 1;
  std::size_t leased = 0;
  CHECK(scene.Do([&](Transaction& tx) -> Result<void> {
    leased = TRESTLE_TRY(tx.Lease(request)).size();
    return {};
  }));
  CHECK(leased == 2);
}

TEST_CASE("A lease that ended by itself leaves the row in doubt") {
  Scene scene;
  const DeliveryId id = scene.Add(scene.Row(EnrolmentId::Mint(scene.random)));
  CHECK_FALSE(scene.Find(id).maybe_sent);
  scene.LeaseIds();
  CHECK(scene.Do([&](Transaction& tx) -> Result<void> {
    TRESTLE_TRY(tx.ReleaseLeases(Bytes16{2}, scene.clock.wall_now()));
    return {};
  }));
  CHECK(scene.Find(id).maybe_sent);
}

TEST_CASE("What waits for a sender is counted, over a reopening too") {
  const ScratchFolder folder;
  const AccountId sender = AccountId(Bytes16{7});
  {
    StoreScene scene(folder.path() + "/store.db");
    OutboxRow row = scene.Row(LinkId::Mint(scene.random));
    row.sender = sender;
    CHECK(scene.Do([&](Transaction& tx) -> Result<void> {
      TRESTLE_TRY(tx.AddOutboxRow(row));
      CHECK(tx.tally().rows_for(sender) == 1);
      return {};
    }));
  }
  StoreScene scene(folder.path() + "/store.db");
  CHECK(scene.Do([&](Transaction& tx) -> Result<void> {
    CHECK(tx.tally().rows_for(sender) == 1);
    CHECK(tx.tally().rows_for(AccountId()) == 0);
    return {};
  }));
}
