#include "cli/commands.h"
#include "cli/event_lines.h"
#include "cli/text.h"
#include "trestle/v1/routing.grpc.pb.h"

namespace trestle::cli {
namespace {

constexpr std::uint64_t kCiphertextBytesMin = 256;
constexpr std::uint64_t kCiphertextBytesMax = 65'536;

// The question, or nothing when the person has been told what is wrong with it; `code` says how.
std::optional<v1::ExplainRequest> QuestionOf(Session& session, const Invocation& invocation,
                                             int& code) {
  const Arguments& arguments = invocation.arguments;
  const auto misused = [&](const char* sentence) {
    code = session.Misused(*invocation.command, sentence);
    return std::nullopt;
  };
  if (arguments.positionals.empty() == !arguments.has("--alias")) {
    return misused("say whom the message is for: LINK or --alias ALIAS, one of them");
  }
  v1::ExplainRequest request;
  if (const auto size = arguments.value("--size")) {
    const auto octets = ParseNumber(*size, kCiphertextBytesMin, kCiphertextBytesMax);
    if (!octets || (*octets & (*octets - 1)) != 0) {
      return misused("--size is 256, 512, 1024 … 65536");
    }
    request.set_ciphertext_bytes(static_cast<std::uint32_t>(*octets));
  }
  v1::WhatIf& what_if = *request.mutable_what_if();
  if (const auto sms = arguments.value("--sms")) {
    if (*sms != "yes" && *sms != "no") return misused("--sms is yes or no");
    what_if.set_sms_allowed(*sms == "yes");
  }
  for (const std::string& name : arguments.values("--down")) what_if.add_networks_down(name);
  for (const std::string& name : arguments.values("--draining"))
    what_if.add_networks_draining(name);
  what_if.set_region(arguments.value("--region").value_or(""));
  what_if.set_country(arguments.value("--country").value_or(""));
  what_if.set_only_network(arguments.value("--only").value_or(""));
  if (const auto alias = arguments.value("--alias")) {
    request.set_alias(*alias);
    return request;
  }
  const std::optional<LinkId> link = session.LinkFor(arguments.at(0));
  if (!link) return std::nullopt;
  request.set_link_id(std::string(AsText(link->bytes())));
  return request;
}

std::string PlaceSentence(const v1::Store& store) {
  std::string place;
  for (const std::string* each : {&store.region(), &store.country()}) {
    if (!each->empty()) place.append(place.empty() ? "" : ", ").append(*each);
  }
  return Printable("It would be kept in the store " + store.name() +
                   (place.empty() ? ", which does not say where it stands." : " (" + place + ")."));
}

}  // namespace

int RunRouteExplain(Session& session, const Invocation& invocation) {
  int code = kRefused;
  const std::optional<v1::ExplainRequest> request = QuestionOf(session, invocation, code);
  if (!request) return code;
  v1::ExplainResponse response;
  if (!session.Call(session.either(), &v1::Routing::Stub::Explain, *request, response)) {
    return kRefused;
  }
  session.out() << Printable(response.summary()) << "\n";
  if (response.has_store()) session.out() << PlaceSentence(response.store()) << "\n";
  if (response.candidates_size() != 0) session.out() << "\n" << ExplainTable(response).Text();
  return kDone;
}

int RunRouteList(Session& session, const Invocation&) {
  v1::ListRoutesResponse response;
  if (!session.Call(As::kAccount, &v1::Routing::Stub::ListRoutes, v1::ListRoutesRequest(),
                    response)) {
    return kRefused;
  }
  Table table({"LINK", "LABEL", "NETWORK", "ASSURANCE", "WHY NOT"});
  for (const v1::Route& route : response.routes()) {
    table.Add({HexOf(route.link_id()), route.label(), route.network(),
               EnumWord(v1::Assurance_Name(route.assurance()), "ASSURANCE_"),
               route.has_refusal()
                   ? RuleWord(route.refusal().rule()) + ": " + route.refusal().sentence()
                   : "-"});
  }
  session.out() << (table.empty() ? "no routes: nobody has accepted yet\n" : table.Text());
  return kDone;
}

int RunWatch(Session& session, const Invocation& invocation) {
  const bool as_json = invocation.arguments.has("--json");
  const Ids ids = invocation.arguments.has("--full-ids") ? Ids::kFull : Ids::kShort;
  const As as = session.either();
  grpc::ClientContext context;
  if (!session.Prepare(as, context)) return kRefused;
  const StopSignals::Scope scope(session.signals(), context);
  v1::Routing::Stub stub(session.channel());
  const auto events = stub.Watch(&context, v1::WatchRequest());
  v1::WatchResponse event;
  while (events->Read(&event)) {
    session.out() << (as_json ? EventJson(event) : EventLine(event, ids)) << "\n" << std::flush;
    if (!session.out()) context.TryCancel();  // nobody reads any more
  }
  const grpc::Status status = events->Finish();
  if (session.signals().stopped() || status.ok()) return kDone;
  session.Explain(status, as);
  return kRefused;
}

}  // namespace trestle::cli
