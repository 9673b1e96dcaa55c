#include <algorithm>
#include <vector>

#include "bridge/envelope/key_log.h"
#include "bridge/envelope/tls_codec.h"
#include "cli/commands.h"
#include "cli/table.h"
#include "cli/text.h"
#include "trestle/v1/keys.grpc.pb.h"

namespace trestle::cli {
namespace {

constexpr std::string_view kHeadFile = "key-log-head";
constexpr std::size_t kHashBytes = 32;

// Where the last run got to: u64 and 32 octets.
Result<std::optional<KeyLogHead>> LoadHead(const Home& home) {
  const auto octets = TRESTLE_TRY(home.Load(kHeadFile));
  if (!octets) return std::optional<KeyLogHead>();
  TlsReader in(*octets);
  KeyLogHead head;
  head.number = TRESTLE_TRY(in.U64());
  const ByteView hash = TRESTLE_TRY(in.Fixed(kHashBytes));
  std::copy(hash.begin(), hash.end(), head.hash.begin());
  return std::optional(head);
}

Result<void> SaveHead(const Home& home, const KeyLogHead& head) {
  TlsWriter out;
  out.U64(head.number).Fixed(head.hash);
  return home.Save(kHeadFile, out.bytes());
}

Result<KeyLogEntry> EntryOf(const v1::KeyLogEntry& entry) {
  if (entry.key_package_ref().size() != kHashBytes || entry.hash().size() != kHashBytes) {
    return Fail(Reason::kMalformed, "the bridge's key log cannot be read");
  }
  KeyLogEntry out;
  out.number = entry.number();
  out.at = WallTime{static_cast<std::int64_t>(entry.at_ms())};
  out.kind = static_cast<KeyLogKind>(entry.kind());
  std::copy(entry.key_package_ref().begin(), entry.key_package_ref().end(), out.ref.begin());
  out.contact = TRESTLE_TRY(ContactId::FromBytes(AsBytes(entry.contact_id())));
  std::copy(entry.hash().begin(), entry.hash().end(), out.hash.begin());
  return out;
}

// All that the bridge keeps, or nothing (the person has been told).
std::optional<std::vector<KeyLogEntry>> ReadLog(Session& session) {
  std::vector<KeyLogEntry> entries;
  v1::LogRequest request;
  v1::LogResponse response;
  do {
    if (!session.Call(As::kAccount, &v1::Keys::Stub::Log, request, response)) return std::nullopt;
    for (const v1::KeyLogEntry& each : response.entries()) {
      const Result<KeyLogEntry> entry = EntryOf(each);
      if (!entry) return session.Failed(entry.error()), std::nullopt;
      // A bridge that answers the same page again would keep us here for ever.
      if (entry->number <= request.after() && request.after() != 0) {
        session.Complain("the bridge's key log goes round in circles.");
        return std::nullopt;
      }
      request.set_after(entry->number);
      entries.push_back(*entry);
    }
  } while (response.entries_size() > 0);
  return entries;
}

// The chain as a whole, and that it still holds where the last run ended.
Result<KeyLogHead> Verify(const std::optional<KeyLogHead>& known,
                          const std::vector<KeyLogEntry>& entries) {
  const KeyLogHead head = TRESTLE_TRY(VerifyKeyLog(std::nullopt, entries));
  if (!known || known->number == 0) return head;
  for (const KeyLogEntry& each : entries) {
    if (each.number != known->number) continue;
    if (each.hash == known->hash) return head;
    return Fail(Reason::kConflict, "the key log is not the one that was seen before");
  }
  const bool only_its_end_is_newer = !entries.empty() && entries.front().number > known->number;
  if (only_its_end_is_newer) return head;  // what was seen is older than what the bridge keeps
  return Fail(Reason::kConflict, "the key log ends before what was seen of it");
}

}  // namespace

int RunKeysLog(Session& session, const Invocation&) {
  const auto known = LoadHead(session.home());
  if (!known) return session.Failed(known.error());
  const auto entries = ReadLog(session);
  if (!entries) return kRefused;
  Table table({"N", "WHEN", "WHAT", "KEY PACKAGE", "CONTACT"});
  for (const KeyLogEntry& each : *entries) {
    const bool to_contact = each.kind != KeyLogKind::kPublished;
    const bool has_key = each.kind != KeyLogKind::kExhausted;
    google::protobuf::Timestamp at;
    at.set_seconds(each.at.ms / 1000);
    table.Add({std::to_string(each.number), DateAndTime(at), std::string(KeyLogKindName(each.kind)),
               has_key ? ToHex(each.ref).substr(0, 16) : "-",
               to_contact ? ToHex(each.contact.bytes()) : "-"});
  }
  session.out() << (table.empty() ? "nothing yet\n" : table.Text());
  const Result<KeyLogHead> head = Verify(*known, *entries);
  if (!head) {
    session.Complain("THE LOG IS NOT TRUE: " + std::string(head.error().what.view()) + ".");
    return kRefused;
  }
  session.out() << "verified up to entry " << head->number << "\n";
  const Result<void> saved = SaveHead(session.home(), *head);
  return saved ? kDone : session.Failed(saved.error());
}

}  // namespace trestle::cli
