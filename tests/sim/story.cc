#include "tests/sim/story.h"

#include <algorithm>

#include "bridge/policy/admission.h"
#include "tests/unit/pipeline/sealed.h"

namespace trestle::world {
namespace {

constexpr std::uint64_t kTag = 8;
constexpr Millis kPatience = std::chrono::minutes(3);  // for a step in peace
constexpr Millis kDrainStep = std::chrono::seconds(5);
constexpr Millis kDrainMax = std::chrono::minutes(40);    // back-off, leases and jumps together
constexpr Millis kAfterDrain = std::chrono::seconds(75);  // carriers sweep once a minute

std::string Between(const std::string& text, std::string_view before, std::string_view ends) {
  const std::size_t start = text.find(before);
  if (start == text.npos) return {};
  const std::string rest = text.substr(start + before.size());
  return rest.substr(0, rest.find_first_of(ends));
}

}  // namespace

// ---- People ----

void Person::AddSeat(std::unique_ptr<Seat> seat) {
  seats_.push_back(std::make_unique<Ear>(*this, std::move(seat)));
}

void Person::TakeText(const std::string& text) {
  has_joined |= text.starts_with("Welcome") || text.starts_with("This network now");
  const std::string new_code = Between(text, "Send JOIN ", " .");
  if (new_code.size() == 8 && new_code.find_first_not_of("0123456789") == new_code.npos) {
    code = new_code;
  }
  const std::string new_alias = Between(text, "Your new alias: ", " .");
  if (!new_alias.empty()) alias = new_alias;
}

void Person::TakeOffer(Seat& seat, const std::string& line, const ThreadOfferFrame& offer) {
  Contact* contact = story_.FindContact(*this, offer);
  if (contact == nullptr) return;
  const int side = offer.role == ThreadRole::kOwner ? 0 : 1;
  auto& lines = contact->lines[side];
  const bool known = std::ranges::any_of(
      lines, [&](const Line& each) { return each.seat == &seat && each.name == line; });
  if (!known) lines.push_back({&seat, line});
  // What is said on a thread before the bridge has opened it may overtake the opening, and is lost.
  seat.Accept(line, offer, [contact, &lines, &seat, line, side] {
    for (Line& each : lines) each.is_open |= each.seat == &seat && each.name == line;
    if (side == 0 && !std::exchange(contact->is_asked, true)) {
      seat.Consent(line, ConsentAction::kGrant, [] {});
    }
  });
  if (side == 1) contact->is_granted = true;
}

void Person::TakeKeys(Seat& seat, const std::string& line) {
  for (std::size_t i = 0; i < story_.contacts(); ++i) {
    Contact& contact = story_.contact(i);
    for (const Line& each : contact.lines[1]) {
      if (each.seat == &seat && each.name == line) contact.has_keys = true;
    }
  }
}

void Person::TakeEnvelope(const Arrival& arrival, const EnvelopeFrame& frame) {
  story_.TakeEnvelope(*this, arrival, frame);
}

void Person::TakeReceipt(const std::string&, const ReceiptFrame& receipt) {
  story_.TakeReceipt(receipt);
}

// ---- What the story hears ----

Contact* Story::FindContact(const Person& person, const ThreadOfferFrame& offer) {
  const int side = offer.role == ThreadRole::kOwner ? 0 : 1;
  for (const auto& contact : contacts_) {
    const std::string& name = side == 0 ? contact->label : contact->alias;
    if (contact->people[side] == &person && name == offer.label) return contact.get();
  }
  return nullptr;
}

void Story::TakeEnvelope(Person& person, const Arrival& arrival, const EnvelopeFrame& frame) {
  Record& record = world_.record();
  const PayloadFacts facts = ReadPayload(frame.payload);
  const auto found =
      facts.envelope_id ? record.letters.find(*facts.envelope_id) : record.letters.end();
  if (found == record.letters.end()) {
    return record.Violate("foreign", "a phone got an envelope that nobody sent");
  }
  Letter& letter = found->second;
  const Contact& contact = *contacts_[static_cast<std::size_t>(letter.contact)];
  if (contact.people[1 - letter.side] != &person) {
    record.Violate("foreign", "a phone got somebody else's envelope");
  }
  world_.Trace("person " + std::to_string(person.number()) + " sees " +
               letter.id.hex().substr(0, 8) + " seq " + std::to_string(frame.seq));
  letter.showings.push_back({arrival.line, frame.seq, frame.accepted_at, arrival.issued_wall,
                             arrival.issued_at, arrival.first_issued_at, arrival.tried_at,
                             world_.queue().mono_now(), arrival.takes_keys, arrival.native_ids});
  world_.queue().hash().Add(letter.id.hex());
}

void Story::TakeReceipt(const ReceiptFrame& receipt) {
  const auto found = world_.record().letters.find(receipt.envelope_id);
  if (found == world_.record().letters.end()) {
    return world_.record().Violate("foreign", "a receipt for an envelope that nobody sent");
  }
  found->second.told.push_back(receipt);
  world_.Trace("sender hears " + receipt.envelope_id.hex().substr(0, 8) + " " +
               std::string(ReceiptLevelName(receipt.level)) + " " +
               std::string(RuleName(receipt.rule)));
}

// ---- The peaceful beginning ----

bool Story::Expect(const char* what, const std::function<bool()>& happened) {
  if (world_.RunUntil(happened, kPatience)) return true;
  world_.record().Violate("setup", what);
  return false;
}

std::string Story::NewAddress(const SimNetwork& net) {
  const std::string tail =
      std::to_string(10'000'000 + world_.random().Below(80'000'000)) + std::to_string(addresses_++);
  const std::string address = (net.network() == Network::Sms() ? "49155" : "16505") + tail;
  if (net.network() == Network::Native()) return address;
  for (std::string& name : net.AddressesOf(address)) {
    world_.record().secrets.push_back(std::move(name));
  }
  return address;
}

bool Story::JoinAll() {
  const std::size_t count = 2 + world_.random().Below(3);
  for (std::size_t i = 0; i < count; ++i) {
    auto person = std::make_unique<Person>(*this, static_cast<int>(i));
    SimNetwork& net = *world_.networks()[world_.random().Below(world_.networks().size())];
    person->AddSeat(net.NewSeat(NewAddress(net)));
    person->seat(0).Join("");
    people_.push_back(std::move(person));
  }
  const auto joined = [&] {
    return std::ranges::all_of(people_, [](const auto& person) { return person->has_joined; });
  };
  if (!Expect("people join", joined)) return false;
  for (const auto& person : people_) {
    person->seat(0).PublishKeys(8);
    if (world_.random().Percent(25) && !AddSecondSeat(*person)) return false;
  }
  return Expect("keys are taken", [&] { return Waiting() == 0; });
}

bool Story::AddSecondSeat(Person& person) {
  person.code.clear();
  person.seat(0).AskForCode();
  if (!Expect("a code comes", [&] { return !person.code.empty(); })) return false;
  SimNetwork& net = *world_.networks()[world_.random().Below(world_.networks().size())];
  // Two clients of one account cut each other off, and each knows only what itself has seen.
  if (net.network() == Network::Native() && person.seat(0).network() == Network::Native()) {
    return true;
  }
  person.AddSeat(net.NewSeat(NewAddress(net)));
  person.has_joined = false;
  person.seat(1).Join(person.code);
  return Expect("a second network is joined", [&] { return person.has_joined; });
}

bool Story::Meet(Person& owner, Person& requester) {
  auto made = std::make_unique<Contact>();
  Contact& contact = *made;
  contact.number = static_cast<int>(contacts_.size());
  contact.people[0] = &owner;
  contact.people[1] = &requester;
  contact.label = "thing " + std::to_string(contact.number);
  contact.group = GroupId::Mint(world_.random());
  contacts_.push_back(std::move(made));
  owner.alias.clear();
  owner.seat(0).MakeAlias(contact.label);
  if (!Expect("an alias is made", [&] { return !owner.alias.empty(); })) return false;
  contact.alias = owner.alias;
  requester.seat(0).Reach(contact.alias);
  const auto met = [&] { return contact.has_keys && Waiting() == 0; };
  return Expect("a contact is made", met);
}

bool Story::Begin() {
  world_.Begin();
  if (!Expect("the bridge begins", [&] { return world_.is_up(); })) return false;
  world_.Run(Millis{3000});  // adapters find their networks
  if (!JoinAll()) return false;
  const std::size_t pairs = std::min<std::size_t>(people_.size() - 1, 3);
  for (std::size_t i = 0; i < pairs; ++i) {
    if (!Meet(*people_[i], *people_[i + 1])) return false;
  }
  world_.Run(Millis{2000});
  return true;
}

// ---- Chaos ----

void Story::Chaos() {
  world_.Trace("chaos: " + world_.chaos().Describe());
  world_.chaos().Begin();
  world_.StartTrouble();
  writes_left_ = 6 + static_cast<int>(world_.random().Below(24));
  Act();
  world_.Run(Millis{static_cast<std::int64_t>(20'000 + world_.random().Below(60'000))});
  world_.RunUntil([&] { return writes_left_ <= 0; }, std::chrono::minutes(2));
  world_.chaos().End();
  world_.disk().SetFull(false);
  world_.Trace("peace");
}

void Story::Act() {
  if (writes_left_-- <= 0) return;
  if (world_.random().Percent(8)) {
    ChatPlainly();
  } else if (world_.random().Percent(10)) {
    Repeat();
  } else {
    Write();
  }
  if (world_.chaos().Hit(Fault::kConsentWithdrawn)) Withdraw();
  if (world_.chaos().Hit(Fault::kAliasRevoked)) RevokeAlias();
  if (world_.chaos().Hit(Fault::kMoved)) Move();
  const bool burst = world_.random().Percent(50);
  const Millis pause{static_cast<std::int64_t>(world_.random().Below(burst ? 300 : 5000))};
  world_.queue().After(pause, kTag, [this] { Act(); });
}

void Story::Write() {
  SeededRandom& random = world_.random();
  Contact& contact = AnyContact();
  const int side = static_cast<int>(random.Below(2));
  const auto& lines = contact.lines[side];
  if (lines.empty()) return;
  const Line line = lines[random.Below(lines.size())];
  if (!line.is_open) return;
  constexpr std::array kTtls = {TtlClass::kHalfMinute,  TtlClass::kHalfMinute,
                                TtlClass::kFiveMinutes, TtlClass::kFiveMinutes,
                                TtlClass::kHour,        TtlClass::kDay};
  test::SealedOptions options;
  options.group = contact.group;
  options.id = EnvelopeId::Mint(random);
  options.ttl = kTtls.at(random.Below(kTtls.size()));
  options.delivery = random.Percent(8) ? DeliveryClass::kEphemeral : DeliveryClass::kNormal;
  options.ciphertext_bytes = random.Percent(80) ? 256 : random.Percent(80) ? 1024 : 4096;
  const Bytes payload = test::Application(random, options);
  Letter& letter = world_.record().letters[options.id];
  letter.id = options.id;
  letter.contact = contact.number;
  letter.side = side;
  letter.ttl = options.ttl;
  letter.is_ephemeral = options.delivery == DeliveryClass::kEphemeral;
  letter.probe.assign(payload.end() - 24, payload.end());
  letter.sent_at = world_.queue().mono_now();
  letter.sent_wall = world_.queue().wall_now();
  written_[options.id] = {line, payload};
  world_.Trace("person " + std::to_string(contact.people[side]->number()) + " writes " +
               letter.id.hex().substr(0, 8) + " on " + line.seat->network().name());
  Seat::Sending sending;
  sending.part_taken = [this, id = options.id] {
    Letter& same = world_.record().letters[id];
    if (++same.parts_taken != same.parts) return;
    same.taken_at = world_.queue().mono_now();
    same.taken_wall = world_.queue().wall_now();
  };
  sending.refused = [this, id = options.id](Rule rule) {
    world_.record().letters[id].refused_at_once = rule;
  };
  letter.parts = line.seat->Send(line.name, payload, std::move(sending));
}

// The endpoint tries again, as it does when it hears nothing.
void Story::Repeat() {
  if (written_.empty()) return;
  auto chosen = written_.begin();
  std::advance(chosen, static_cast<std::ptrdiff_t>(world_.random().Below(written_.size())));
  const auto& [line, payload] = chosen->second;
  (void)line.seat->Send(line.name, payload, {[] {}, [](Rule) {}});
}

// One at a time of each side, so that what the side knows is what the bridge has.
void Story::Withdraw() {
  Contact& contact = AnyContact();
  const auto side = world_.random().Below(2);
  if (contact.lines[side].empty() || std::exchange(contact.is_withdrawing[side], true)) return;
  const Line line = contact.lines[side].front();
  world_.Trace("person " + std::to_string(contact.people[side]->number()) + " withdraws");
  line.seat->Consent(line.name, ConsentAction::kRevoke, [this, line, &contact, side] {
    auto& all = world_.record().withdrawals;
    all.push_back({contact.number, world_.queue().mono_now(), std::nullopt});
    if (!world_.random().Percent(60)) return;
    const std::size_t at = all.size() - 1;
    const Millis span{static_cast<std::int64_t>(2000 + world_.random().Below(25'000))};
    world_.queue().After(span, kTag, [this, line, at, &contact, side] {
      world_.Trace("and grants again");
      world_.record().withdrawals[at].until = world_.queue().mono_now();
      line.seat->Consent(line.name, ConsentAction::kGrant,
                         [&contact, side] { contact.is_withdrawing[side] = false; });
    });
  });
}

void Story::Move() {
  Person& person = *people_[world_.random().Below(people_.size())];
  if (person.seats() > 1) return;
  SimNetwork& net = *world_.networks()[world_.random().Below(world_.networks().size())];
  // A native client that does not hear its token has lost it for good: that is no move.
  if (net.network() == Network::Native()) return;
  person.code.clear();
  person.AddSeat(net.NewSeat(NewAddress(net)));
  world_.Trace("person " + std::to_string(person.number()) + " moves to " + net.network().name());
  person.seat(0).AskForCode();
  world_.queue().After(Millis{4000}, kTag, [&person] {
    if (!person.code.empty()) person.seat(1).Join(person.code);
  });
}

void Story::ChatPlainly() {
  Contact& contact = AnyContact();
  const auto side = world_.random().Below(2);
  if (contact.lines[side].empty()) return;
  const Line line = contact.lines[side].front();
  const std::string text =
      "zebra-" + std::to_string(world_.random().Next()) + " meet me behind the station";
  world_.record().secrets.push_back(text);
  line.seat->Chat(line.name, text);
}

void Story::RevokeAlias() {
  Person& person = *AnyContact().people[0];
  person.seat(0).RevokeAlias();
}

// ---- Peace again ----

std::size_t Story::Waiting() const {
  std::size_t all = 0;
  for (const auto& net : world_.networks()) all += net->waiting();
  return all;
}

std::optional<std::size_t> Story::RowsLeft() {
  const auto views = world_.Ask<std::vector<AdapterView>>(
      [](Core& core, Done<std::vector<AdapterView>> done) { core.ListAdapters(std::move(done)); });
  if (!views) return std::nullopt;
  std::size_t rows = 0;
  for (const AdapterView& view : *views) rows += view.rows_waiting;
  return rows;
}

void Story::Drain() {
  const MonoTime end = world_.queue().mono_now() + kDrainMax;
  bool drained = false;
  while (!drained && world_.queue().mono_now() < end) {
    world_.Run(kDrainStep);
    drained = Waiting() == 0 && RowsLeft() == std::size_t{0};
  }
  if (!drained) {
    world_.record().Violate("stuck", std::to_string(Waiting()) + " messages of people and " +
                                         std::to_string(RowsLeft().value_or(0)) +
                                         " rows are still there");
  }
  world_.Run(kAfterDrain);
}

}  // namespace trestle::world
