// trestle-bench-fill DATA_DIR CIRCLES [WAITING]: writes the directory of people.h into the store
// below a daemon's data_dir, which must not run, and lets so many envelopes of 1 KiB wait for the
// network "bench", spread evenly over the contacts. Through the store's own code, so that what is
// measured later is what a daemon would have written itself. Prints one JSON object: rows and
// seconds.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>

#include "bench/opened_store.h"
#include "bench/people.h"
#include "bridge/base/digest.h"

namespace trestle::bench {
namespace {

constexpr std::uint64_t kCirclesAtOnce = 200;
// Ids of deliveries are random, so that each group writes the larger part of two indices again,
// however many rows it has: few groups, with all their pages in memory.
constexpr std::uint64_t kGroups = 8;
constexpr std::uint64_t kWaitingAtOnceMin = 10'000;
constexpr std::uint64_t kFillCacheBytes = std::uint64_t{6} << 30;
// A token is proven by its hash, and hashes have no order: only so many senders can log in.
constexpr std::uint64_t kTokensMax = 20'000;

Result<void> AddPerson(Transaction& tx, const Person& person, const Network& network,
                       WallTime now) {
  AccountRecord account;
  account.id = person.account;
  account.created_at = now;
  account.has_endpoint = true;
  TRESTLE_TRY(tx.PutAccount(account));
  TRESTLE_TRY(tx.AddEnrolment({person.enrolment, person.account, network, now}));
  AliasRecord alias;
  alias.id = person.alias;
  alias.name = person.alias_name;
  alias.account = person.account;
  alias.label = "bicycle";
  alias.created_at = now;
  return tx.PutAlias(alias);
}

LinkRecord LinkOf(const LinkId& id, const Person& person, const ContactId& contact,
                  const Network& network) {
  LinkRecord link;
  link.id = id;
  link.contact = contact;
  link.account = person.account;
  link.enrolment = person.enrolment;
  link.network = network;
  link.offered = true;
  link.bound = true;
  return link;
}

Result<void> AddContact(Transaction& tx, const Person& sender, const Contact& made, WallTime now) {
  const Network bench = TRESTLE_TRY(Network::Parse(kNetwork));
  TRESTLE_TRY(AddPerson(tx, made.receiver, bench, now));
  ContactRecord contact;
  contact.id = made.id;
  contact.owner = made.receiver.account;
  contact.requester = sender.account;
  contact.alias = made.receiver.alias;
  contact.consent.state = ContactState::kGranted;
  contact.consent.owner_agreed = true;
  contact.granted_at = now;
  contact.created_at = now;
  TRESTLE_TRY(tx.PutContact(contact));
  TRESTLE_TRY(tx.PutLink(LinkOf(made.sender_link, sender, made.id, Network::Native())));
  return tx.PutLink(LinkOf(made.receiver_link, made.receiver, made.id, bench));
}

Result<void> AddCircle(Transaction& tx, const Circle& circle, bool has_token, WallTime now) {
  TRESTLE_TRY(AddPerson(tx, circle.sender, Network::Native(), now));
  if (has_token) {
    TRESTLE_TRY(tx.AddToken(Sha256(AsBytes(circle.token)), circle.sender.account, now));
  }
  for (const Contact& each : circle.contacts) {
    TRESTLE_TRY(AddContact(tx, circle.sender, each, now));
  }
  return {};
}

Result<void> AddWaiting(Transaction& tx, const Person& sender, const Contact& contact,
                        PayloadMaker& payloads, Random& random, WallTime now) {
  ConversationRecord conversation = TRESTLE_TRY(tx.FindConversation(contact.id));
  EnvelopeRecord envelope;
  envelope.contact = contact.id;
  envelope.envelope_id = EnvelopeId::Mint(random);
  envelope.sender_link = contact.sender_link;
  envelope.seq = conversation.next_seq++;
  envelope.accepted_at = now;
  envelope.expires_at = now + TtlOf(TtlClass::kWeek);
  envelope.payload = ToBytes(payloads.Make(contact.group, 0));
  conversation.group_id = contact.group;
  conversation.epoch = 1;
  TRESTLE_TRY(tx.PutConversation(conversation));
  OutboxRow row;
  row.delivery_id = DeliveryId::MintInOrder(now, random);
  row.kind = OutboxKind::kEnvelope;
  row.thread = contact.receiver_link;
  row.network = TRESTLE_TRY(Network::Parse(kNetwork));
  row.contact = contact.id;
  row.lane = ToBytes(contact.id.bytes());
  row.lane.push_back(static_cast<std::uint8_t>(Side::kOwner));
  row.sender = sender.account;
  row.receiver = contact.receiver.account;
  row.due_at = now;
  row.created_at = now;
  row.expires_at = envelope.expires_at;
  SeenEnvelopeRecord seen;
  seen.contact = contact.id;
  seen.envelope_id = envelope.envelope_id;
  seen.sender_link = contact.sender_link;
  seen.payload_hash = Sha256(envelope.payload);
  seen.seq = envelope.seq;
  seen.accepted_at = now;
  seen.expires_at = envelope.expires_at;
  seen.delivery_id = row.delivery_id;
  row.envelope_row = TRESTLE_TRY(tx.AddEnvelope(envelope));
  TRESTLE_TRY(tx.AddOutboxRow(row));
  return tx.PutSeen(seen);
}

class Filler {
 public:
  Filler(const std::string& data_dir, std::uint64_t circles)
      : circles_(circles), opened_(data_dir, "trestle-bench-fill", kFillCacheBytes) {}

  void FillDirectory() {
    for (std::uint64_t first = 0; first < circles_; first += kCirclesAtOnce) {
      opened_.Do([&](Transaction& tx) -> Result<void> {
        const WallTime now = opened_.clock().wall_now();
        const std::uint64_t end = std::min(circles_, first + kCirclesAtOnce);
        for (std::uint64_t each = first; each < end; ++each) {
          TRESTLE_TRY(AddCircle(tx, CircleAt(each, circles_), each < kTokensMax, now));
        }
        return {};
      });
    }
  }

  void FillOutbox(std::uint64_t waiting) {
    const std::uint64_t at_once = std::max(kWaitingAtOnceMin, waiting / kGroups);
    for (std::uint64_t first = 0; first < waiting; first += at_once) {
      opened_.Do([&](Transaction& tx) -> Result<void> {
        const WallTime now = opened_.clock().wall_now();
        const std::uint64_t end = std::min(waiting, first + at_once);
        for (std::uint64_t each = first; each < end; ++each) TRESTLE_TRY(AddNext(tx, each, now));
        return {};
      });
    }
  }

 private:
  Result<void> AddNext(Transaction& tx, std::uint64_t number, WallTime now) {
    const std::uint64_t place = number % (circles_ * kContacts);
    if (place % kContacts == 0) circle_ = CircleAt(place / kContacts, circles_);
    return AddWaiting(tx, circle_.sender, circle_.contacts[place % kContacts], payloads_,
                      opened_.random(), now);
  }

  const std::uint64_t circles_;
  OpenedStore opened_;
  Circle circle_;
  PayloadMaker payloads_{1024};
};

int Main(const std::string& folder, std::uint64_t circles, std::uint64_t waiting) {
  const auto begun = std::chrono::steady_clock::now();
  {
    Filler filler(folder, circles);
    filler.FillDirectory();
    filler.FillOutbox(waiting);
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begun;
  std::printf("{\"accounts\": %llu, \"waiting\": %llu, \"seconds\": %.3f}\n",
              static_cast<unsigned long long>(kAccounts * circles),
              static_cast<unsigned long long>(waiting), took.count());
  return 0;
}

}  // namespace
}  // namespace trestle::bench

int main(int argc, char** argv) {
  if (argc < 3 || argc > 4) {
    std::fprintf(stderr, "usage: trestle-bench-fill DATA_DIR CIRCLES [WAITING]\n");
    return 2;
  }
  return trestle::bench::Main(argv[1], std::strtoull(argv[2], nullptr, 10),
                              argc > 3 ? std::strtoull(argv[3], nullptr, 10) : 0);
}
