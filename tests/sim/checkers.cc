#include "tests/sim/checkers.h"

#include <string.h>

#include <algorithm>

namespace trestle::world {
namespace {

// Between the core's last look at a row and the wire lie the lane and the adapter's loop.
constexpr Millis kHandOverGrace{3000};
constexpr Millis kJumpGrace{20'000};
constexpr Millis kSetAgeMax = std::chrono::minutes(9);  // FragmentStore's, with room
constexpr Millis kReportGrace = std::chrono::seconds(30);
constexpr Millis kTraceAge = std::chrono::minutes(50);  // Limits::trace_age_min, and some room
// FragmentStore::Limits::age_max, the carrier's sweep, and the clock's jumps backwards.
constexpr Millis kFragmentsAgeMax = std::chrono::minutes(14);

bool Holds(const MemoryDisk::File& file, ByteView octets) {
  if (file.octets.empty()) return false;
  return ::memmem(file.octets.data(), file.octets.size(), octets.data(), octets.size()) != nullptr;
}

std::string Name(const Letter& letter) { return letter.id.hex().substr(0, 8); }

bool IsTold(const Letter& letter, std::initializer_list<ReceiptLevel> levels) {
  return std::ranges::any_of(letter.told, [&](const ReceiptFrame& receipt) {
    return std::ranges::find(levels, receipt.level) != levels.end();
  });
}

// Whether something was forgotten while this showing and its report were under way.
bool MayBeForgotten(const Record& record, const Letter& letter, const Showing& showing) {
  return std::ranges::any_of(record.forgettings, [&](MonoTime at) {
    return at >= letter.sent_at && at <= showing.at + kReportGrace;
  });
}

// A frame whose parts came so far apart that the first ones were given up: a stated bound.
bool TookTooLong(const Letter& letter) {
  return letter.parts > 1 && letter.taken_wall - letter.sent_wall > kSetAgeMax;
}

// 1, 7: what the bridge said it has is shown, or its sender hears what became of it.
void CheckFates(World& world, const Letter& letter) {
  if (letter.is_ephemeral || !letter.taken_at || letter.refused_at_once) return;
  if (!letter.showings.empty() || TookTooLong(letter)) return;
  using enum ReceiptLevel;
  if (IsTold(letter, {kFailed, kExpired, kRefused, kUnknown})) return;
  // A thread that is full drops receipts, and says so in its metric.
  if (world.chaos().was_on(Fault::kFullQueue)) return;
  world.record().Violate("lost", Name(letter) + " was taken, and nobody heard of it again");
}

// 2: not twice where the network takes keys; elsewhere only where a fault explains it.
void CheckRepeats(World& world, const Letter& letter) {
  const auto keyed = std::ranges::count_if(letter.showings, &Showing::takes_keys);
  if (keyed > 1) world.record().Violate("twice", Name(letter) + " was shown twice");
  constexpr std::array kExcuses = {
      Fault::kAnswerLost,  Fault::kDelay,         Fault::kClog,
      Fault::kCrash,       Fault::kPartialPage,   Fault::kDiskFull,
      Fault::kCommitFails, Fault::kAdapterKilled, Fault::kCommitAnswerLost};
  const bool excused =
      std::ranges::any_of(kExcuses, [&](Fault fault) { return world.chaos().was_on(fault); });
  if (!excused && letter.showings.size() > 1) {
    world.record().Violate("needless", Name(letter) + " was handed over twice for no reason");
  }
}

// 4: nothing is let go after its time.
void CheckExpiry(World& world, const Letter& letter) {
  for (const Showing& showing : letter.showings) {
    const WallTime end = showing.accepted_at + TtlOf(letter.ttl) + kHandOverGrace;
    const bool jumped = world.last_jump() && showing.issued_at < *world.last_jump() + kJumpGrace;
    if (showing.issued_wall > end && !jumped) {
      world.record().Violate("expired", Name(letter) + " was handed over after its time");
    }
  }
}

// 5: nothing is let go while consent is withdrawn.
void CheckConsent(World& world, const Letter& letter) {
  for (const Withdrawal& withdrawal : world.record().withdrawals) {
    if (withdrawal.contact != letter.contact) continue;
    for (const Showing& showing : letter.showings) {
      const bool after = showing.first_issued_at > withdrawal.known_from + kHandOverGrace;
      const bool before_return = !withdrawal.until || showing.issued_at < *withdrawal.until;
      if (after && before_return) {
        world.record().Violate("consent", Name(letter) + " was handed over without consent");
      }
    }
  }
}

// 6: settled means erased, in the core's store and in every adapter's.
void CheckErasure(World& world, const Letter& letter) {
  const bool kept = std::ranges::any_of(letter.told, [](const ReceiptFrame& receipt) {
    // Given up in doubt, it is a dead letter as well.
    const bool in_doubt = receipt.level == ReceiptLevel::kUnknown && receipt.rule != Rule::kExpired;
    return (receipt.level == ReceiptLevel::kFailed || in_doubt) && receipt.rule != Rule::kNoConsent;
  });
  if (kept) return;  // a dead letter, until an operator or its time takes it
  for (const auto& [path, file] : world.disk().files()) {
    const bool sealed = std::ranges::any_of(
        letter.sealed, [&file = *file](const Bytes& octets) { return Holds(file, octets); });
    if (sealed || Holds(*file, letter.probe)) {
      world.record().Violate("erasure", Name(letter) + " is still in " +
                                            path.substr(path.find_last_of('/', path.size() - 16)));
    }
  }
}

// A repeated fragment opens a set that nobody completes; the store gives it up after ten minutes.
void AwaitFragments(World& world) {
  const auto& letters = world.record().letters;
  const bool some = std::ranges::any_of(world.disk().files(), [&](const auto& entry) {
    return entry.first.find("fragments") != entry.first.npos &&
           std::ranges::any_of(letters, [&](const auto& letter) {
             return Holds(*entry.second, letter.second.probe);
           });
  });
  if (some) world.Run(kFragmentsAgeMax);
}

// 3: of each direction of a contact the bridge lets go in the order in which it accepted.
void CheckOrder(World& world) {
  struct First {
    MonoTime tried_at;
    std::uint64_t seq;
    const Letter* letter;
  };
  std::map<std::string, std::vector<First>> threads;
  for (const auto& [id, letter] : world.record().letters) {
    if (letter.showings.empty() || letter.is_ephemeral) continue;
    const Showing& first = *std::ranges::min_element(letter.showings, {}, &Showing::tried_at);
    const std::string thread =
        std::to_string(letter.contact) + " " + std::to_string(letter.side) + " " + first.line;
    threads[thread].push_back({first.tried_at, first.seq, &letter});
  }
  for (auto& [thread, firsts] : threads) {
    std::ranges::sort(firsts, [](const First& a, const First& b) {
      return a.tried_at != b.tried_at ? a.tried_at < b.tried_at : a.seq < b.seq;
    });
    for (std::size_t i = 1; i < firsts.size(); ++i) {
      if (firsts[i].seq < firsts[i - 1].seq) {
        world.record().Violate(
            "order", Name(*firsts[i].letter) + " was overtaken by " + Name(*firsts[i - 1].letter));
      }
    }
  }
}

// 8: what the network reported, and could be known to belong to the envelope, reached its sender.
void CheckReceipts(World& world, const Letter& letter,
                   const std::vector<PhoneNetwork*>& phone_networks) {
  if (letter.is_ephemeral || world.chaos().was_on(Fault::kFullQueue)) return;
  for (const Showing& showing : letter.showings) {
    if (showing.native_ids.empty() || MayBeForgotten(world.record(), letter, showing)) continue;
    const WallTime by = showing.accepted_at + TtlOf(letter.ttl);
    const bool known = std::ranges::all_of(showing.native_ids, [&](const std::string& id) {
      return std::ranges::any_of(
          phone_networks, [&](const PhoneNetwork* net) { return net->KnowsArrival(id, by); });
    });
    if (!known) continue;
    using enum ReceiptLevel;
    if (IsTold(letter, {kDelivered, kRead})) return;
    return world.record().Violate("receipt", Name(letter) + " arrived, and its sender never heard");
  }
}

// 9: nothing that belongs to a person lies where it must not.
void CheckSecrets(World& world) {
  for (const std::string& secret : world.record().secrets) {
    for (const auto& [path, file] : world.disk().files()) {
      if (Holds(*file, AsBytes(secret))) {
        world.record().Violate("secret", "an address or a text lies open in " + path);
      }
    }
  }
}

// 10: every fate can be asked.
void CheckTraces(World& world, const Letter& letter) {
  if (!letter.taken_at || letter.is_ephemeral || TookTooLong(letter)) return;
  if (world.queue().wall_now() - letter.sent_wall > kTraceAge) return;
  const auto answer = world.Ask<TraceAnswer>([&](Core& core, Done<TraceAnswer> done) {
    core.Trace(std::nullopt, letter.id, std::move(done));
  });
  if (!answer || answer->steps.empty()) {
    world.record().Violate("untraceable", Name(letter) + " has no trace");
  }
}

}  // namespace

void CheckAll(World& world, const std::vector<PhoneNetwork*>& phone_networks) {
  AwaitFragments(world);
  for (const auto& [id, letter] : world.record().letters) {
    CheckFates(world, letter);
    CheckRepeats(world, letter);
    CheckExpiry(world, letter);
    CheckConsent(world, letter);
    CheckErasure(world, letter);
    CheckReceipts(world, letter, phone_networks);
    CheckTraces(world, letter);
  }
  CheckOrder(world);
  CheckSecrets(world);
  world.LookAtMetrics();
}

void CheckLog(World& world, std::string_view log) {
  for (const std::string& secret : world.record().secrets) {
    if (log.find(secret) != log.npos) world.record().Violate("secret", "in the event log");
  }
}

}  // namespace trestle::world
