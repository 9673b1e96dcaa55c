#include <algorithm>

#include "cli/commands.h"
#include "cli/table.h"
#include "cli/text.h"
#include "trestle/v1/directory.grpc.pb.h"

namespace trestle::cli {
namespace {

constexpr std::uint32_t kAliasTtlMin = 60;  // directory.proto: CreateAliasRequest.ttl_s
constexpr std::uint32_t kAliasTtlMax = 31'536'000;
constexpr std::uint32_t kAliasUsesMax = 1'000'000;  // CreateAliasRequest.uses_max

std::optional<v1::AliasPolicy> PolicyNamed(const std::string& name) {
  if (name == "open") return v1::ALIAS_POLICY_OPEN;
  if (name == "ask") return v1::ALIAS_POLICY_ASK;
  if (name == "closed") return v1::ALIAS_POLICY_CLOSED;
  return std::nullopt;
}

std::string StateOf(const v1::Alias& alias) {
  if (alias.has_restorable_until()) {
    return "revoked, to be restored until " + DateAndTime(alias.restorable_until());
  }
  if (alias.has_revoked_at()) return "revoked " + DateAndTime(alias.revoked_at());
  if (alias.uses_max() != 0 && alias.uses() >= alias.uses_max()) return "used up";
  if (alias.has_expires_at()) return "until " + DateAndTime(alias.expires_at());
  return "in use";
}

std::string UsesOf(const v1::Alias& alias) {
  const std::string uses = std::to_string(alias.uses());
  return alias.uses_max() == 0 ? uses : uses + " of " + std::to_string(alias.uses_max());
}

}  // namespace

std::string AliasAsGiven(std::string alias) {
  std::transform(alias.begin(), alias.end(), alias.begin(), [](char sign) {
    return sign >= 'A' && sign <= 'Z' ? static_cast<char>(sign + 32) : sign;
  });
  return alias;
}

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
  if (const auto uses = arguments.value("--uses")) {
    const auto number = ParseNumber(*uses, 1, kAliasUsesMax);
    if (!number) return session.Misused(*invocation.command, "--uses is a number from 1");
    request.set_uses_max(static_cast<std::uint32_t>(*number));
  }
  request.set_listing(arguments.value("--listing").value_or(""));
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
  Table table({"ALIAS", "LABEL", "POLICY", "MADE", "USES", "LISTING", "STATE"});
  for (const v1::Alias& alias : response.aliases()) {
    table.Add({alias.name(), alias.label(),
               EnumWord(v1::AliasPolicy_Name(alias.policy()), "ALIAS_POLICY_"),
               DateAndTime(alias.created_at()), UsesOf(alias), alias.listing(), StateOf(alias)});
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

int RunAliasRotate(Session& session, const Invocation& invocation) {
  v1::RotateAliasRequest request;
  request.set_name(AliasAsGiven(invocation.arguments.at(0)));
  v1::RotateAliasResponse response;
  if (!session.Call(As::kAccount, &v1::Directory::Stub::RotateAlias, request, response)) {
    return kRefused;
  }
  session.out() << Printable(response.alias().name()) << "\n";
  return kDone;
}

int RunAliasRestore(Session& session, const Invocation& invocation) {
  v1::RestoreAliasRequest request;
  request.set_name(AliasAsGiven(invocation.arguments.at(0)));
  v1::RestoreAliasResponse response;
  if (!session.Call(As::kAccount, &v1::Directory::Stub::RestoreAlias, request, response)) {
    return kRefused;
  }
  session.out() << Printable(response.alias().name()) << " is yours again\n";
  return kDone;
}

int RunAliasClose(Session& session, const Invocation& invocation) {
  v1::CloseListingRequest request;
  request.set_listing(invocation.arguments.at(0));
  v1::CloseListingResponse response;
  if (!session.Call(As::kAccount, &v1::Directory::Stub::CloseListing, request, response)) {
    return kRefused;
  }
  session.out() << response.aliases() << " aliases revoked; contacts that came through them stay\n";
  return kDone;
}

}  // namespace trestle::cli
