#include "cli/commands.h"
#include "cli/table.h"
#include "cli/text.h"
#include "trestle/v1/admin.grpc.pb.h"

namespace trestle::cli {
namespace {

constexpr std::uint64_t kIdMax = 9'223'372'036'854'775'807;  // admin.proto: DeadLetter.id
constexpr std::uint64_t kPageMax = 256;                      // admin.proto: page_size

std::string UnitsOf(const v1::Capabilities& can) {
  return std::to_string(can.units_max()) + " × " + std::to_string(can.chunk_bytes()) + " octets, " +
         EnumWord(v1::UnitKind_Name(can.unit_kind()), "UNIT_KIND_");
}

template <class Request, class Response>
int OnNetwork(Session& session, const Invocation& invocation,
              grpc::Status (v1::Admin::Stub::*method)(grpc::ClientContext*, const Request&,
                                                      Response*),
              const char* sentence) {
  Request request;
  request.set_network(invocation.arguments.at(0));
  Response response;
  if (!session.Call(As::kOperator, method, request, response)) return kRefused;
  session.out() << Printable(request.network()) << sentence << "\n";
  return kDone;
}

// --network and --rule of the commands about dead letters. False when one of them is no such thing.
template <class Request>
bool FillFilter(const Invocation& invocation, Request& request) {
  if (const auto network = invocation.arguments.value("--network")) {
    request.set_network(*network);
  }
  const auto word = invocation.arguments.value("--rule");
  if (!word) return true;
  std::string name = "RULE_";
  for (const char sign : *word) {
    const bool is_small = sign >= 'a' && sign <= 'z';
    name.push_back(sign == '-' ? '_' : is_small ? static_cast<char>(sign - 'a' + 'A') : sign);
  }
  v1::Rule rule = v1::RULE_UNSPECIFIED;
  if (!v1::Rule_Parse(name, &rule) || rule == v1::RULE_UNSPECIFIED) return false;
  request.set_rule(rule);
  return true;
}

constexpr const char* kRuleMisused = "--rule is a rule's name, such as given_up";

bool MeansAll(const Invocation& invocation) { return invocation.arguments.has("--all"); }

template <class Request, class Response>
int OnDeadLetter(Session& session, const Invocation& invocation,
                 grpc::Status (v1::Admin::Stub::*method)(grpc::ClientContext*, const Request&,
                                                         Response*),
                 const char* sentence) {
  const auto id = ParseNumber(invocation.arguments.at(0), 1, kIdMax);
  if (!id) {
    return session.Misused(*invocation.command,
                           "ID is a number that `admin dead-letters` shows; or --all");
  }
  Request request;
  request.set_id(*id);
  Response response;
  if (!session.Call(As::kOperator, method, request, response)) return kRefused;
  session.out() << sentence << "\n";
  return kDone;
}

}  // namespace

int RunAdminAdapters(Session& session, const Invocation&) {
  v1::ListAdaptersResponse response;
  if (!session.Call(As::kOperator, &v1::Admin::Stub::ListAdapters, v1::ListAdaptersRequest(),
                    response)) {
    return kRefused;
  }
  Table table({"NETWORK", "HEALTH", "SAYS", "FLOW", "CANARY", "DRAINING", "WAITING", "OLDEST",
               "UNDER WAY", "LAST INBOUND", "FRAME"});
  for (const v1::AdapterStatus& adapter : response.adapters()) {
    table.Add({adapter.network(), EnumWord(v1::Health_Name(adapter.health()), "HEALTH_"),
               EnumWord(v1::Health_Name(adapter.reported()), "HEALTH_"),
               EnumWord(v1::Health_Name(adapter.flow()), "HEALTH_"),
               adapter.has_canary() ? SpanText(MillisOf(adapter.canary())) : "-",
               adapter.draining() ? "yes" : "no", std::to_string(adapter.waiting_rows()),
               adapter.has_oldest_waiting() ? SpanText(MillisOf(adapter.oldest_waiting())) : "-",
               std::to_string(adapter.in_flight()),
               adapter.has_last_inbound_age()
                   ? SpanText(MillisOf(adapter.last_inbound_age())) + " ago"
                   : "-",
               UnitsOf(adapter.capabilities())});
  }
  session.out() << table.Text();
  return kDone;
}

int RunAdminDrain(Session& session, const Invocation& invocation) {
  return OnNetwork(session, invocation, &v1::Admin::Stub::Drain,
                   " is draining: nothing new is routed there");
}

int RunAdminResume(Session& session, const Invocation& invocation) {
  return OnNetwork(session, invocation, &v1::Admin::Stub::Resume, " is in use again");
}

int RunAdminDeadLetters(Session& session, const Invocation& invocation) {
  v1::DeadLettersRequest request;
  if (const auto limit = invocation.arguments.value("--limit")) {
    const auto number = ParseNumber(*limit, 1, kPageMax);
    if (!number) return session.Misused(*invocation.command, "--limit is 1 to 256");
    request.set_page_size(static_cast<std::uint32_t>(*number));
  }
  if (const auto after = invocation.arguments.value("--after")) {
    const auto number = ParseNumber(*after, 1, kIdMax);
    if (!number) return session.Misused(*invocation.command, "--after is an id, from 1");
    request.set_after(*number);
  }
  if (!FillFilter(invocation, request)) return session.Misused(*invocation.command, kRuleMisused);
  v1::DeadLettersResponse response;
  if (!session.Call(As::kOperator, &v1::Admin::Stub::DeadLetters, request, response)) {
    return kRefused;
  }
  Table table({"ID", "GIVEN UP", "KIND", "NETWORK", "RULE", "ATTEMPTS", "OCTETS", "ENVELOPE"});
  for (const v1::DeadLetter& letter : response.dead_letters()) {
    table.Add({std::to_string(letter.id()), DateAndTime(letter.at()), letter.kind(),
               letter.network(), RuleWord(letter.rule()), std::to_string(letter.attempts()),
               std::to_string(letter.size_bytes()), HexOf(letter.envelope_id())});
  }
  session.out() << (table.empty() ? "no dead letters\n" : table.Text());
  if (response.next() != 0) session.out() << "more: --after " << response.next() << "\n";
  return kDone;
}

int RunAdminRequeue(Session& session, const Invocation& invocation) {
  if (MeansAll(invocation)) {
    v1::RequeueAllRequest request;
    if (!FillFilter(invocation, request)) {
      return session.Misused(*invocation.command, kRuleMisused);
    }
    v1::RequeueAllResponse response;
    if (!session.Call(As::kOperator, &v1::Admin::Stub::RequeueAll, request, response)) {
      return kRefused;
    }
    session.out() << response.done() << " are tried again, " << response.refused()
                  << " could not be\n";
    return kDone;
  }
  return OnDeadLetter(session, invocation, &v1::Admin::Stub::Requeue, "it is tried again");
}

int RunAdminPurge(Session& session, const Invocation& invocation) {
  if (MeansAll(invocation)) {
    v1::PurgeAllRequest request;
    if (!FillFilter(invocation, request)) {
      return session.Misused(*invocation.command, kRuleMisused);
    }
    v1::PurgeAllResponse response;
    if (!session.Call(As::kOperator, &v1::Admin::Stub::PurgeAll, request, response)) {
      return kRefused;
    }
    session.out() << response.done() << " erased\n";
    return kDone;
  }
  return OnDeadLetter(session, invocation, &v1::Admin::Stub::Purge, "erased");
}

int RunAdminReload(Session& session, const Invocation&) {
  v1::ReloadResponse response;
  if (!session.Call(As::kOperator, &v1::Admin::Stub::Reload, v1::ReloadRequest(), response)) {
    return kRefused;
  }
  for (const std::string& setting : response.applied()) {
    session.out() << "applied        " << Printable(setting) << "\n";
  }
  for (const std::string& setting : response.need_restart()) {
    session.out() << "needs restart  " << Printable(setting) << "\n";
  }
  if (response.applied_size() + response.need_restart_size() == 0) {
    session.out() << "nothing has changed\n";
  }
  return kDone;
}

}  // namespace trestle::cli
