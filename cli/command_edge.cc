// The SMS edge: agreeing to it for one contact, and taking that back.
#include "cli/commands.h"
#include "cli/text.h"
#include "trestle/v1/consent.grpc.pb.h"

namespace trestle::cli {
namespace {

constexpr std::uint32_t kSpanMinS = 60;                  // consent.proto: AllowEdgeRequest.seconds
constexpr std::uint32_t kSpanMaxS = 365 * 24 * 60 * 60;  // likewise

}  // namespace

int RunEdgeAllow(Session& session, const Invocation& invocation) {
  v1::AllowEdgeRequest request;
  if (const auto span = invocation.arguments.value("--for")) {
    const Result<std::uint32_t> seconds = ParseSpan(*span);
    if (!seconds || *seconds < kSpanMinS || *seconds > kSpanMaxS) {
      return session.Misused(*invocation.command, "--for is 60s to 365d, such as 12h or 7d");
    }
    request.set_seconds(*seconds);
  }
  const std::optional<LinkId> link = session.LinkFor(invocation.arguments.at(0));
  if (!link) return kRefused;
  request.set_link_id(std::string(AsText(link->bytes())));
  v1::AllowEdgeResponse response;
  if (!session.Call(As::kAccount, &v1::Consent::Stub::AllowEdge, request, response)) {
    return kRefused;
  }
  if (response.has_refusal()) return session.Refused(response.refusal());
  session.out() << "agreed: the SMS edge may open what is said in this contact, and carriers can "
                   "read it, while the other side agrees too\n";
  return kDone;
}

int RunEdgeEnd(Session& session, const Invocation& invocation) {
  const std::optional<LinkId> link = session.LinkFor(invocation.arguments.at(0));
  if (!link) return kRefused;
  v1::EndEdgeRequest request;
  request.set_link_id(std::string(AsText(link->bytes())));
  v1::EndEdgeResponse response;
  if (!session.Call(As::kAccount, &v1::Consent::Stub::EndEdge, request, response)) return kRefused;
  if (response.has_refusal()) return session.Refused(response.refusal());
  session.out() << "agreed no more: nothing goes as plain SMS from now on\n";
  return kDone;
}

Result<endpoint::EdgeUse> EdgeUseFor(Session& session, endpoint::Endpoint& device,
                                     const LinkId& link) {
  if (!TRESTLE_TRY(device.PeerStandsAtEdge(link.hex()))) return endpoint::EdgeUse::kRefused;
  v1::ListResponse contacts;
  if (!session.Call(As::kAccount, &v1::Consent::Stub::List, v1::ListRequest(), contacts)) {
    return Fail(Reason::kUnavailable, "the contacts could not be read");
  }
  const std::string id(AsText(link.bytes()));
  for (const v1::Contact& contact : contacts.contacts()) {
    for (const v1::ContactLink& each : contact.links()) {
      const bool agreed =
          each.link_id() == id && contact.edge().has_own_until() &&
          contact.edge().own_until().seconds() * 1000 > session.clock().wall_now().ms;
      if (agreed) return endpoint::EdgeUse::kAgreed;
    }
  }
  return endpoint::EdgeUse::kRefused;
}

}  // namespace trestle::cli
