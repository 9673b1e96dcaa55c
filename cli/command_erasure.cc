#include <algorithm>

#include "cli/commands.h"
#include "cli/erasure_check.h"
#include "trestle/v1/messages.grpc.pb.h"

namespace trestle::cli {
namespace {

constexpr std::string_view kKeyFile = "erasure_log.key";
constexpr std::string_view kHeadFile = "erasure_log.head";

Result<LogMemory> Recall(const Home& home) {
  LogMemory memory;
  const std::optional<Bytes> key = TRESTLE_TRY(home.Load(kKeyFile));
  const std::optional<Bytes> head = TRESTLE_TRY(home.Load(kHeadFile));
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

Result<void> Remember(const Home& home, const ErasureVerdict& verdict) {
  TRESTLE_TRY(home.Save(kKeyFile, verdict.key));
  return home.Save(kHeadFile, EncodeMemory(verdict.head));
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

void Tell(Session& session, const ErasureVerdict& verdict, const LogMemory& memory) {
  const auto line = [&](std::string_view text) { session.out() << text << "\n"; };
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

}  // namespace

int RunErasureVerify(Session& session, const Invocation& invocation) {
  const Result<EnvelopeId> id = EnvelopeId::FromHex(invocation.arguments.at(0));
  if (!id) return session.Misused(*invocation.command, "ENVELOPE is 32 hexadecimal digits");
  const Result<LogMemory> memory = Recall(session.home());
  if (!memory) return session.Failed(memory.error());
  v1::ErasureProofRequest request;
  request.set_envelope_id(std::string(AsText(id->bytes())));
  if (memory->head) {
    request.set_last_shard(memory->head->shard);
    request.set_last_size(memory->head->size);
  }
  v1::ErasureProofResponse response;
  if (!session.Call(session.either(), &v1::Messages::Stub::ErasureProof, request, response)) {
    return kRefused;
  }
  const ErasureVerdict verdict = CheckErasure(*id, response, *memory);
  if (!verdict.log_is_sound) {
    session.Complain("do not trust this bridge's erasures: " + verdict.alarm + ".");
    return kRefused;
  }
  const Result<void> kept = Remember(session.home(), verdict);
  if (!kept) return session.Failed(kept.error());
  Tell(session, verdict, *memory);
  if (!verdict.leaf) {
    session.Complain(verdict.alarm.empty() ? "not erased yet: it waits." : verdict.alarm + ".");
    return kRefused;
  }
  session.out() << "erased     " << ErasureCauseName(verdict.leaf->cause) << ", "
                << TimeOf(verdict.leaf->hour) << ", in the log under the signature\n";
  return kDone;
}

}  // namespace trestle::cli
