// What the people and the networks of one run know by themselves: which envelopes were sent, what
// the bridge said to the network about them, what was handed to which phone and when. The checkers
// judge the bridge by this record alone, never by the bridge's own tables.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "bridge/envelope/aad_header.h"
#include "bridge/envelope/frame.h"

namespace trestle::world {

// One time that an envelope was handed to its recipient's phone.
struct Showing {
  std::string line;        // the thread on which it came
  std::uint64_t seq = 0;   // the bridge's number
  WallTime accepted_at{};  // as the bridge says
  WallTime issued_wall{};  // when the bridge let go of it
  MonoTime issued_at{};
  MonoTime first_issued_at{};  // of its parts
  MonoTime tried_at{};         // when it had let go of all of it first; the air may lose some
  MonoTime at{};               // when the phone had it
  bool takes_keys = false;     // the network drops what it has seen, so this is a second showing
  std::vector<std::string> native_ids;
};

struct Letter {
  EnvelopeId id;
  int contact = 0;
  int side = 0;  // of the sender
  TtlClass ttl = TtlClass::kDay;
  bool is_ephemeral = false;
  Bytes probe;                // octets of the ciphertext, to look for
  std::vector<Bytes> sealed;  // and of what the store made of it, as often as it was seen there
  MonoTime sent_at{};
  WallTime sent_wall{};
  std::size_t parts = 0;             // native messages
  std::size_t parts_taken = 0;       // those that the bridge said it has
  std::optional<MonoTime> taken_at;  // when the last one was
  WallTime taken_wall{};
  std::optional<Rule> refused_at_once;
  std::vector<ReceiptFrame> told;  // to its sender
  std::vector<Showing> showings;
};

// A time during which a contact was withdrawn, as the one who withdrew knows it.
struct Withdrawal {
  int contact = 0;
  MonoTime known_from{};          // the bridge said that it has it
  std::optional<MonoTime> until;  // something was done to take it back
};

struct Violation {
  std::string claim;  // the checker's name
  std::string text;
};

struct Record {
  std::map<EnvelopeId, Letter> letters;
  std::vector<Withdrawal> withdrawals;
  std::vector<std::string> secrets;  // addresses and plain texts that must be nowhere
  std::vector<Violation> violations;
  std::uint64_t crashes = 0;
  // When a process, a store or an adapter may have forgotten what it need not keep.
  std::vector<MonoTime> forgettings;

  void Violate(std::string claim, std::string text) {
    violations.push_back({std::move(claim), std::move(text)});
  }
};

}  // namespace trestle::world
