#include <algorithm>

#include "cli/commands.h"
#include "cli/table.h"
#include "cli/text.h"
#include "trestle/v1/consent.grpc.pb.h"
#include "trestle/v1/directory.grpc.pb.h"

namespace trestle::cli {
namespace {

constexpr std::uint32_t kAliasTtlMin = 60;  // directory.proto: CreateAliasRequest.ttl_s
constexpr std::uint32_t kAliasTtlMax = 31'536'000;
constexpr std::size_t kKeysForGrant = 8;

std::optional<v1::AliasPolicy> PolicyNamed(const std::string& name) {
  if (name == "open") return v1::ALIAS_POLICY_OPEN;
  if (name == "ask") return v1::ALIAS_POLICY_ASK;
  if (name == "closed") return v1::ALIAS_POLICY_CLOSED;
  return std::nullopt;
}

// Aliases are lower case; people write what their phone makes of it.
std::string AliasAsGiven(std::string alias) {
  std::transform(alias.begin(), alias.end(), alias.begin(), [](char sign) {
    return sign >= 'A' && sign <= 'Z' ? static_cast<char>(sign + 32) : sign;
  });
  return alias;
}

std::string StateOf(const v1::Alias& alias) {
  if (alias.has_revoked_at()) return "revoked " + DateAndTime(alias.revoked_at());
  if (alias.has_expires_at()) return "until " + DateAndTime(alias.expires_at());
  return "in use";
}

// The four answers about a link differ in their names only. Nothing when the person has been told.
template <class Request, class Response>
std::optional<Response> Answered(Session& session, const Invocation& invocation,
                                 grpc::Status (v1::Consent::Stub::*method)(grpc::ClientContext*,
                                                                           const Request&,
                                                                           Response*)) {
  const std::optional<LinkId> link = session.LinkFor(invocation.arguments.at(0));
  if (!link) return std::nullopt;
  Request request;
  request.set_link_id(std::string(AsText(link->bytes())));
  Response response;
  if (!session.Call(As::kAccount, method, request, response)) return std::nullopt;
  return response;
}

template <class Response>
int Concluded(Session& session, const std::optional<Response>& response, const char* sentence) {
  if (!response) return kRefused;
  if (response->has_refusal()) return session.Refused(response->refusal());
  session.out() << sentence << "\n";
  return kDone;
}

}  // namespace

int RunAliasNew(Session& session, const Invocation& invocation) {
  const Arguments& arguments = invocation.arguments;
  v1::CreateAliasRequest request;
  request.set_label(arguments.at(0));
  if (const auto name = arguments.value("--policy")) {
    const std::optional<v1::AliasPolicy> policy = PolicyNamed(*name);
    if (!policy) return session.Misused(*invocation.command, "--policy is open, ask or closed");
    request.set_policy(*policy);
  }
  if (const auto ttl = arguments.value("--ttl")) {
    const Result<std::uint32_t> seconds = ParseSpan(*ttl);
    if (!seconds || *seconds < kAliasTtlMin || *seconds > kAliasTtlMax) {
      return session.Misused(*invocation.command, "--ttl is 60s to 365d, such as 30m, 12h or 7d");
    }
    request.set_ttl_s(*seconds);
  }
  v1::CreateAliasResponse response;
  if (!session.Call(As::kAccount, &v1::Directory::Stub::CreateAlias, request, response)) {
    return kRefused;
  }
  session.out() << Printable(response.alias().name()) << "\n";
  return kDone;
}

int RunAliasList(Session& session, const Invocation&) {
  v1::ListAliasesResponse response;
  if (!session.Call(As::kAccount, &v1::Directory::Stub::ListAliases, v1::ListAliasesRequest(),
                    response)) {
    return kRefused;
  }
  Table table({"ALIAS", "LABEL", "POLICY", "MADE", "STATE"});
  for (const v1::Alias& alias : response.aliases()) {
    table.Add({alias.name(), alias.label(),
               EnumWord(v1::AliasPolicy_Name(alias.policy()), "ALIAS_POLICY_"),
               DateAndTime(alias.created_at()), StateOf(alias)});
  }
  session.out() << (table.empty() ? "no aliases yet: say `trestle alias new`\n" : table.Text());
  return kDone;
}

int RunAliasRevoke(Session& session, const Invocation& invocation) {
  v1::RevokeAliasRequest request;
  request.set_name(AliasAsGiven(invocation.arguments.at(0)));
  v1::RevokeAliasResponse response;
  if (!session.Call(As::kAccount, &v1::Directory::Stub::RevokeAlias, request, response)) {
    return kRefused;
  }
  session.out() << "revoked; contacts that came through it stay\n";
  return kDone;
}

int RunReach(Session& session, const Invocation& invocation) {
  v1::ReachRequest request;
  request.set_alias(AliasAsGiven(invocation.arguments.at(0)));
  v1::ReachResponse response;
  if (!session.Call(As::kAccount, &v1::Directory::Stub::Reach, request, response)) return kRefused;
  session.out() << PrintableLines(response.sentence(), 0) << "\n";
  return kDone;
}

int RunContacts(Session& session, const Invocation&) {
  v1::ListResponse response;
  if (!session.Call(As::kAccount, &v1::Consent::Stub::List, v1::ListRequest(), response)) {
    return kRefused;
  }
  const std::optional<Home::Lease> device =
      session.home().has_endpoint() ? session.Endpoint() : std::nullopt;
  Table table({"LINK", "NETWORK", "LABEL", "ROLE", "STATE", "SEALED"});
  for (const v1::Contact& contact : response.contacts()) {
    std::string state = EnumWord(v1::ContactState_Name(contact.state()), "CONTACT_STATE_");
    if (contact.waits_for_keys()) state += ", waits for your keys";
    for (const v1::ContactLink& link : contact.links()) {
      const std::string id = HexOf(link.link_id());
      table.Add({id, link.network(), contact.label(),
                 EnumWord(v1::ThreadRole_Name(contact.role()), "THREAD_ROLE_"),
                 link.bound() ? state : state + ", not open yet",
                 device && (*device)->HasThread(id) ? "yes" : "no"});
    }
  }
  session.out() << (table.empty() ? "no contacts yet\n" : table.Text());
  return kDone;
}

int RunAccept(Session& session, const Invocation& invocation) {
  const auto response = Answered(session, invocation, &v1::Consent::Stub::Grant);
  if (!response || !response->has_refusal() ||
      response->refusal().rule() != v1::RULE_KEYS_EXHAUSTED) {
    return Concluded(session, response,
                     "accepted; they can write as soon as they have opened the conversation");
  }
  // The consent stands, and completes with fresh keys.
  std::optional<Home::Lease> device = session.Endpoint();
  if (!device || !PublishKeys(session, **device, kKeysForGrant)) return kRefused;
  session.out() << "accepted, with fresh keys\n";
  return kDone;
}

int RunRefuse(Session& session, const Invocation& invocation) {
  return Concluded(session, Answered(session, invocation, &v1::Consent::Stub::Refuse),
                   "refused; they are not told");
}

int RunRevoke(Session& session, const Invocation& invocation) {
  return Concluded(session, Answered(session, invocation, &v1::Consent::Stub::Revoke),
                   "revoked; nothing is delivered from now on");
}

int RunBlock(Session& session, const Invocation& invocation) {
  return Concluded(session, Answered(session, invocation, &v1::Consent::Stub::Block),
                   "blocked; later requests reach nobody");
}

}  // namespace trestle::cli
