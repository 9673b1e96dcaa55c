#include <algorithm>

#include "cli/commands.h"
#include "cli/erasure_check.h"
#include "trestle/v1/messages.grpc.pb.h"

namespace trestle::cli {
namespace {

constexpr std::size_t kStoreNameBytesMax = 32;

// Each store's log has a memory of its own; the bridge's first is unnamed.
std::string FileFor(const std::string& store, std::string_view what) {
  const std::string name = store.empty() ? "" : "." + store;
  return "erasure_log" + name + "." + std::string(what);
}

// The name becomes a file's: the bridge is not trusted with more than that.
bool IsStoreName(const std::string& store) {
  constexpr std::string_view kSigns = "abcdefghijklmnopqrstuvwxyz0123456789-";
  return store.size() <= kStoreNameBytesMax && store.find_first_not_of(kSigns) == store.npos;
}

Result<LogMemory> Recall(const Home& home, const std::string& store) {
  LogMemory memory;
  const std::optional<Bytes> key = TRESTLE_TRY(home.Load(FileFor(store, "key")));
  const std::optional<Bytes> head = TRESTLE_TRY(home.Load(FileFor(store, "head")));
  if (key) {
    if (key->size() != 32) return Fail(Reason::kStorage, "the pinned key in the home is damaged");
    std::copy(key->begin(), key->end(), memory.key.emplace().begin());
  }
  if (head) {
    memory.head = ParseMemory(*head);
    if (!memory.head) return Fail(Reason::kStorage, "the head kept in the home is damaged");
  }
  return memory;
}

Result<void> Remember(const Home& home, const std::string& store, const ErasureVerdict& verdict) {
  TRESTLE_TRY(home.Save(FileFor(store, "key"), verdict.key));
  return home.Save(FileFor(store, "head"), EncodeMemory(verdict.head));
}

std::string TimeOf(std::uint32_t hour) {
  const std::chrono::sys_seconds at{std::chrono::hours(hour)};
  const std::time_t seconds = std::chrono::system_clock::to_time_t(at);
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%d %H:00 UTC", &parts);
  return text;
}

void Tell(Session& session, const std::string& store, const ErasureVerdict& verdict,
          const LogMemory& memory) {
  const auto line = [&](std::string_view text) { session.out() << text << "\n"; };
  if (!store.empty()) session.out() << "log        of the store " << store << "\n";
  line(memory.key ? "key        the one pinned before" : "key        pinned now, at first use");
  session.out() << "head       week " << verdict.head.shard << ", " << verdict.head.size
                << " leaves, signature right\n";
  if (!memory.head) {
    line("history    none seen before");
  } else if (verdict.continued) {
    line("history    continues the head seen last");
  } else {
    line(
        "history    not compared: too long ago for the bridge to show it; the weeks are one chain");
  }
}

bool Ask(Session& session, const EnvelopeId& id, const LogMemory& memory,
         v1::ErasureProofResponse& response) {
  v1::ErasureProofRequest request;
  request.set_envelope_id(std::string(AsText(id.bytes())));
  if (memory.head) {
    request.set_last_shard(memory.head->shard);
    request.set_last_size(memory.head->size);
  }
  return session.Call(session.either(), &v1::Messages::Stub::ErasureProof, request, response);
}

}  // namespace

int RunErasureVerify(Session& session, const Invocation& invocation) {
  const Result<EnvelopeId> id = EnvelopeId::FromHex(invocation.arguments.at(0));
  if (!id) return session.Misused(*invocation.command, "ENVELOPE is 32 hexadecimal digits");
  Result<LogMemory> memory = Recall(session.home(), "");
  if (!memory) return session.Failed(memory.error());
  v1::ErasureProofResponse response;
  if (!Ask(session, *id, *memory, response)) return kRefused;
  // Only the answer tells which store's log it is: asked again with what is known of that one.
  const std::string store = response.store();
  if (!store.empty()) {
    if (!IsStoreName(store)) {
      session.Complain("do not trust this bridge's erasures: its store's name is none.");
      return kRefused;
    }
    memory = Recall(session.home(), store);
    if (!memory) return session.Failed(memory.error());
    if (!Ask(session, *id, *memory, response)) return kRefused;
    if (response.store() != store) {
      session.Complain(
          "do not trust this bridge's erasures: it names two stores for one envelope.");
      return kRefused;
    }
  }
  const ErasureVerdict verdict = CheckErasure(*id, response, *memory);
  if (!verdict.log_is_sound) {
    session.Complain("do not trust this bridge's erasures: " + verdict.alarm + ".");
    return kRefused;
  }
  const Result<void> kept = Remember(session.home(), store, verdict);
  if (!kept) return session.Failed(kept.error());
  Tell(session, store, verdict, *memory);
  if (!verdict.leaf) {
    session.Complain(verdict.alarm.empty() ? "not erased yet: it waits." : verdict.alarm + ".");
    return kRefused;
  }
  session.out() << "erased     " << ErasureCauseName(verdict.leaf->cause) << ", "
                << TimeOf(verdict.leaf->hour) << ", in the log under the signature\n";
  return kDone;
}

}  // namespace trestle::cli
