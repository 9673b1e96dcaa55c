#include <algorithm>

#include "cli/commands.h"
#include "cli/table.h"
#include "cli/text.h"
#include "trestle/v1/consent.grpc.pb.h"
#include "trestle/v1/directory.grpc.pb.h"

namespace trestle::cli {
namespace {

constexpr std::size_t kKeysForGrant = 8;

std::optional<v1::Everyone> EveryoneNamed(const std::string& name) {
  if (name == "contacts") return v1::EVERYONE_CONTACTS;
  if (name == "strangers") return v1::EVERYONE_STRANGERS;
  return std::nullopt;
}

// The four answers about a link differ in their names only. Nothing when the person has been told.
template <class Request, class Response>
std::optional<Response> Answered(Session& session, const Invocation& invocation,
                                 grpc::Status (v1::Consent::Stub::*method)(grpc::ClientContext*,
                                                                           const Request&,
                                                                           Response*)) {
  Request request;
  const std::string& whom = invocation.arguments.at(0);
  if (const auto everyone = EveryoneNamed(whom)) {
    request.set_everyone(*everyone);
  } else {
    const std::optional<LinkId> link = session.LinkFor(whom);
    if (!link) return std::nullopt;
    request.set_link_id(std::string(AsText(link->bytes())));
  }
  Response response;
  if (!session.Call(As::kAccount, method, request, response)) return std::nullopt;
  return response;
}

template <class Response>
int Concluded(Session& session, const std::optional<Response>& response, const char* sentence) {
  if (!response) return kRefused;
  if (response->has_refusal()) return session.Refused(response->refusal());
  session.out() << sentence << "\n";
  if (response->contacts() > 0) session.out() << response->contacts() << " contacts changed\n";
  return kDone;
}

// How the conversation is protected, as this home's endpoint knows it.
std::string SealedWord(endpoint::Endpoint* device, const std::string& link) {
  if (device == nullptr || !device->HasThread(link)) return "no";
  const Result<bool> is_edge = device->PeerStandsAtEdge(link);
  return is_edge && *is_edge ? "to the SMS edge" : "yes";
}

}  // namespace

int RunReach(Session& session, const Invocation& invocation) {
  v1::ReachRequest request;
  request.set_alias(AliasAsGiven(invocation.arguments.at(0)));
  v1::ReachResponse response;
  if (!session.Call(As::kAccount, &v1::Directory::Stub::Reach, request, response)) return kRefused;
  session.out() << PrintableLines(response.sentence(), 0) << "\n";
  return kDone;
}

int RunCancel(Session& session, const Invocation& invocation) {
  v1::CancelRequest request;
  request.set_alias(AliasAsGiven(invocation.arguments.at(0)));
  v1::CancelResponse response;
  if (!session.Call(As::kAccount, &v1::Consent::Stub::Cancel, request, response)) return kRefused;
  session.out() << PrintableLines(response.sentence(), 0) << "\n";
  return kDone;
}

int RunConsents(Session& session, const Invocation&) {
  Table table({"WHEN", "WHAT", "CONTACT", "FROM", "NETWORK"});
  v1::HistoryRequest request;
  v1::HistoryResponse response;
  do {
    if (!session.Call(As::kAccount, &v1::Consent::Stub::History, request, response)) {
      return kRefused;
    }
    for (const v1::ConsentEntry& entry : response.entries()) {
      const std::string until =
          entry.has_until() ? " until " + DateAndTime(entry.until()) : std::string();
      table.Add({DateAndTime(entry.at()), entry.entry() + until,
                 entry.contact_id().empty() ? "all" : HexOf(entry.contact_id()), entry.origin(),
                 entry.network()});
      request.set_after(entry.number());
    }
  } while (response.entries_size() > 0);
  session.out() << (table.empty() ? "nothing yet\n" : table.Text());
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
                 SealedWord(device ? &**device : nullptr, id)});
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
