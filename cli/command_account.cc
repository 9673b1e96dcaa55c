#include <algorithm>

#include "cli/commands.h"
#include "cli/text.h"
#include "trestle/v1/consent.grpc.pb.h"
#include "trestle/v1/directory.grpc.pb.h"
#include "trestle/v1/keys.grpc.pb.h"

namespace trestle::cli {
namespace {

constexpr std::size_t kKeysAtOnce = 8;
constexpr std::size_t kKeysAtOnceMax = 32;  // keys.proto: PublishRequest.key_packages
constexpr std::size_t kJoinCodeDigits = 8;
constexpr std::string_view kAccountFile = "account";

// "a,b", or "none".
std::vector<std::string> NamesIn(const std::string& list) {
  std::vector<std::string> names;
  if (list == "none") return names;
  std::size_t start = 0;
  while (start <= list.size()) {
    const std::size_t end = std::min(list.find(',', start), list.size());
    if (end > start) names.push_back(list.substr(start, end - start));
    start = end + 1;
  }
  return names;
}

template <class Names>
std::string Joined(const Names& names) {
  std::string out;
  for (const std::string& name : names) out += (out.empty() ? "" : ", ") + Printable(name);
  return out.empty() ? "none" : out;
}

bool ShowContacts(Session& session) {
  v1::ListResponse contacts;
  if (!session.Call(As::kAccount, &v1::Consent::Stub::List, v1::ListRequest(), contacts)) {
    return false;
  }
  int granted = 0;
  int asking = 0;
  for (const v1::Contact& contact : contacts.contacts()) {
    if (contact.state() == v1::CONTACT_STATE_GRANTED) ++granted;
    if (contact.state() == v1::CONTACT_STATE_REQUESTED) ++asking;
  }
  session.out() << "contacts  " << granted << " accepted, " << asking
                << " waiting for your answer\n";
  return true;
}

// After the others: what waits for keys is to take one of those.
bool PublishLastResort(Session& session, endpoint::Endpoint& device) {
  const Result<Bytes> made = device.LastResortKeyPackage();
  if (!made) {
    session.Failed(made.error());
    return false;
  }
  v1::PublishRequest request;
  request.add_key_packages(std::string(AsText(*made)));
  v1::PublishResponse response;
  return session.Call(As::kAccount, &v1::Keys::Stub::Publish, request, response);
}

}  // namespace

bool PublishKeys(Session& session, endpoint::Endpoint& device, std::size_t count) {
  const Result<std::vector<Bytes>> made = device.MakeKeyPackages(count);
  if (!made) {
    session.Failed(made.error());
    return false;
  }
  v1::PublishRequest request;
  for (const Bytes& package : *made) request.add_key_packages(std::string(AsText(package)));
  v1::PublishResponse response;
  if (!session.Call(As::kAccount, &v1::Keys::Stub::Publish, request, response)) return false;
  session.out() << "published " << response.stored() << " key packages; the bridge has "
                << response.count() << "\n";
  if (!PublishLastResort(session, device)) return false;
  if (response.refused() == 0) return true;
  return session.Complain("the bridge did not take " + std::to_string(response.refused()) +
                          " of them: it keeps 64 at most.");
}

int RunStatus(Session& session, const Invocation&) {
  std::ostream& out = session.out();
  out << "bridge    " << Printable(session.globals().server) << ", " << std::flush;
  const bool reachable = session.Reachable();
  out << (reachable ? "answers" : "does not answer") << "\n";
  out << "home      " << Printable(session.home().folder()) << "\n";
  const Result<std::optional<std::string>> token = session.home().Token();
  if (!token) return session.Failed(token.error());
  if (!*token) {
    out << "account   none yet: say `trestle enrol`\n";
    return kRefused;
  }
  const auto account = session.home().Load(kAccountFile);
  if (account && *account) out << "account   " << Printable(AsText(**account)) << "\n";
  if (!reachable) return kRefused;
  v1::CountResponse keys;
  if (!session.Call(As::kAccount, &v1::Keys::Stub::Count, v1::CountRequest(), keys)) {
    return kRefused;
  }
  out << "keys      " << keys.count() << " key packages left at the bridge"
      << (keys.count() == 0 ? ": say `trestle keys publish`" : "") << "\n";
  return ShowContacts(session) ? kDone : kRefused;
}

int RunEnrol(Session& session, const Invocation& invocation) {
  v1::EnrolRequest request;
  request.set_join_code(invocation.arguments.value("--join-code").value_or(""));
  const std::string& code = request.join_code();
  if (invocation.arguments.has("--join-code") &&
      (code.size() != kJoinCodeDigits || code.find_first_not_of("0123456789") != code.npos)) {
    return session.Misused(*invocation.command, "a join code is 8 digits");
  }
  const Result<std::optional<std::string>> token = session.home().Token();
  if (!token) return session.Failed(token.error());
  if (*token) {
    session.Complain("you have enrolled in " + session.home().folder() +
                     " already; another --home makes another account.");
    return kRefused;
  }
  // Before the account is made, so that it is not lost when the home cannot be written.
  std::optional<Home::Lease> device = session.Endpoint();
  if (!device) return kRefused;
  v1::EnrolResponse response;
  if (!session.Call(As::kNobody, &v1::Directory::Stub::Enrol, request, response)) return kRefused;
  const Result<void> saved = session.home().SaveToken(response.token());
  if (!saved) return session.Failed(saved.error());
  const Result<void> noted =
      session.home().Save(kAccountFile, AsBytes(HexOf(response.account_id())));
  if (!noted) return session.Failed(noted.error());
  session.out() << "enrolled as account " << HexOf(response.account_id()) << "\ntoken kept in "
                << Printable(session.home().folder()) << "/token\n";
  return PublishKeys(session, **device, kKeysAtOnce) ? kDone : kRefused;
}

int RunCode(Session& session, const Invocation&) {
  v1::CreateJoinCodeResponse response;
  if (!session.Call(As::kAccount, &v1::Directory::Stub::CreateJoinCode, v1::CreateJoinCodeRequest(),
                    response)) {
    return kRefused;
  }
  session.out() << Printable(response.code()) << "\n";
  session.err() << "Text \"JOIN " << Printable(response.code())
                << "\" to the bridge on the other network, once, before "
                << DateAndTime(response.expires_at()) << ".\n";
  return kDone;
}

int RunPreferencesGet(Session& session, const Invocation&) {
  v1::GetPreferencesResponse response;
  if (!session.Call(As::kAccount, &v1::Directory::Stub::GetPreferences, v1::GetPreferencesRequest(),
                    response)) {
    return kRefused;
  }
  const v1::Preferences& preferences = response.preferences();
  session.out() << "order    " << Joined(preferences.network_order()) << "\nrefused  "
                << Joined(preferences.refused_networks()) << "\nsms      "
                << (preferences.sms_allowed() ? "yes" : "no") << "\nkept in  "
                << (preferences.accepted_places().empty() ? "anywhere"
                                                          : Joined(preferences.accepted_places()))
                << "\nnever in " << Joined(preferences.refused_places()) << "\n";
  return kDone;
}

int RunPreferencesSet(Session& session, const Invocation& invocation) {
  const Arguments& arguments = invocation.arguments;
  const std::optional<std::string> sms = arguments.value("--sms");
  if (arguments.options.empty()) {
    return session.Misused(*invocation.command, "say what to change: one of the options");
  }
  if (sms && *sms != "yes" && *sms != "no") {
    return session.Misused(*invocation.command, "--sms is yes or no");
  }
  v1::GetPreferencesResponse now;
  if (!session.Call(As::kAccount, &v1::Directory::Stub::GetPreferences, v1::GetPreferencesRequest(),
                    now)) {
    return kRefused;
  }
  v1::SetPreferencesRequest request;
  v1::Preferences& wanted = *request.mutable_preferences();
  wanted = now.preferences();
  if (const auto order = arguments.value("--order")) {
    wanted.clear_network_order();
    for (const std::string& name : NamesIn(*order)) wanted.add_network_order(name);
  }
  if (const auto refused = arguments.value("--refuse")) {
    wanted.clear_refused_networks();
    for (const std::string& name : NamesIn(*refused)) wanted.add_refused_networks(name);
  }
  if (const auto places = arguments.value("--keep-in")) {
    wanted.clear_accepted_places();
    for (const std::string& name : NamesIn(*places)) wanted.add_accepted_places(name);
  }
  if (const auto places = arguments.value("--never-in")) {
    wanted.clear_refused_places();
    for (const std::string& name : NamesIn(*places)) wanted.add_refused_places(name);
  }
  if (sms) wanted.set_sms_allowed(*sms == "yes");
  v1::SetPreferencesResponse response;
  if (!session.Call(As::kAccount, &v1::Directory::Stub::SetPreferences, request, response)) {
    return kRefused;
  }
  return RunPreferencesGet(session, invocation);
}

int RunKeysPublish(Session& session, const Invocation& invocation) {
  std::size_t count = kKeysAtOnce;
  if (!invocation.arguments.positionals.empty()) {
    const auto number = ParseNumber(invocation.arguments.at(0), 1, kKeysAtOnceMax);
    if (!number) return session.Misused(*invocation.command, "N is a number from 1 to 32");
    count = *number;
  }
  std::optional<Home::Lease> device = session.Endpoint();
  if (!device) return kRefused;
  return PublishKeys(session, **device, count) ? kDone : kRefused;
}

int RunKeysCount(Session& session, const Invocation&) {
  v1::CountResponse response;
  if (!session.Call(As::kAccount, &v1::Keys::Stub::Count, v1::CountRequest(), response)) {
    return kRefused;
  }
  session.out() << response.count() << "\n";
  return kDone;
}

}  // namespace trestle::cli
