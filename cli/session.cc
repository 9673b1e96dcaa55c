#include "cli/session.h"

#include <grpcpp/create_channel.h>

#include <algorithm>
#include <fstream>
#include <iterator>

#include "cli/text.h"
#include "trestle/v1/consent.grpc.pb.h"

namespace trestle::cli {
namespace {

constexpr std::size_t kLinkDigits = 32;
constexpr std::size_t kLinkDigitsMin = 4;
// A Welcome of 1 MiB and what stands around it.
constexpr int kMessageBytesMax = 1024 * 1024 + 64 * 1024;

gpr_timespec After(Millis wait) {
  return gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC),
                      gpr_time_from_millis(wait.count(), GPR_TIMESPAN));
}

bool IsHex(const std::string& text) {
  return std::all_of(text.begin(), text.end(), [](char sign) {
    return (sign >= '0' && sign <= '9') || (sign >= 'a' && sign <= 'f');
  });
}

}  // namespace

Session::Session(Globals globals, Home home, SessionParts parts)
    : globals_(std::move(globals)), home_(std::move(home)), parts_(parts) {}

std::shared_ptr<grpc::Channel> Session::channel() {
  if (channel_ == nullptr) {
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);  // tokens go to the bridge and nobody else
    arguments.SetMaxReceiveMessageSize(kMessageBytesMax);
    channel_ = grpc::CreateCustomChannel(globals_.server, Credentials(), arguments);
  }
  return channel_;
}

// A file that cannot be read trusts nobody: the connection then fails.
std::shared_ptr<grpc::ChannelCredentials> Session::Credentials() {
  if (globals_.ca_file.empty()) return grpc::InsecureChannelCredentials();
  std::ifstream file(globals_.ca_file, std::ios::binary);
  grpc::SslCredentialsOptions options;
  options.pem_root_certs.assign(std::istreambuf_iterator<char>(file), {});
  if (options.pem_root_certs.empty()) {
    Complain(globals_.ca_file + ": holds no certificates.");
    options.pem_root_certs = "none";
  }
  return grpc::SslCredentials(options);
}

void Session::SetDeadline(grpc::ClientContext& context) const {
  context.set_deadline(After(kAnswerWait));
}

bool Session::Reachable() { return channel()->WaitForConnected(After(kAnswerWait)); }

As Session::either() const {
  return globals_.operator_token_file.empty() ? As::kAccount : As::kOperator;
}

std::optional<std::string> Session::TokenFor(As as) {
  if (as == As::kOperator) {
    if (globals_.operator_token_file.empty()) {
      Complain("this is for the operator: say --operator-token-file FILE before the command.");
      return std::nullopt;
    }
    Result<std::string> token = ReadTokenFile(globals_.operator_token_file);
    if (token) return *std::move(token);
    Complain(globals_.operator_token_file + ": " + SentenceFor(token.error()));
    return std::nullopt;
  }
  Result<std::optional<std::string>> token = home_.Token();
  if (!token) {
    Failed(token.error());
    return std::nullopt;
  }
  if (!*token) Complain("nobody has enrolled in " + home_.folder() + " yet: say `trestle enrol`.");
  return *std::move(token);
}

bool Session::Prepare(As as, grpc::ClientContext& context) {
  if (as == As::kNobody) return true;
  const std::optional<std::string> token = TokenFor(as);
  if (!token) return false;
  context.AddMetadata("authorization", "Bearer " + *token);
  return true;
}

bool Session::Explain(const grpc::Status& status, As as) {
  return Complain(SentenceFor(status, {.server = globals_.server, .as = as}));
}

bool Session::Complain(const std::string& sentence) {
  err() << "trestle: " << PrintableLines(sentence, 2) << "\n";
  return false;
}

int Session::Failed(const Error& error) {
  Complain(SentenceFor(error));
  return kRefused;
}

int Session::Refused(const v1::Refusal& refusal) {
  Complain(SentenceFor(refusal));
  return kRefused;
}

int Session::Misused(const CommandSpec& command, const std::string& sentence) {
  Complain(sentence + ". See `trestle help " + std::string(command.name) + "`.");
  return kMisused;
}

std::optional<Home::Lease> Session::Endpoint() {
  Result<Home::Lease> lease = home_.Endpoint(parts_.random, parts_.clock);
  if (lease) return *std::move(lease);
  Complain(home_.folder() + ": " + SentenceFor(lease.error()));
  return std::nullopt;
}

std::optional<LinkId> Session::LinkFor(const std::string& written) {
  if (!IsHex(written) || written.size() < kLinkDigitsMin || written.size() > kLinkDigits) {
    Complain("\"" + written + "\" is no link: a link is 32 hexadecimal digits, or the first 4 or " +
             "more of them. `trestle contacts` lists yours.");
    return std::nullopt;
  }
  if (written.size() == kLinkDigits) return *LinkId::FromHex(written);
  v1::ListResponse contacts;
  if (!Call(As::kAccount, &v1::Consent::Stub::List, v1::ListRequest(), contacts)) {
    return std::nullopt;
  }
  std::vector<std::string> fitting;
  for (const v1::Contact& contact : contacts.contacts()) {
    for (const v1::ContactLink& link : contact.links()) {
      if (HexOf(link.link_id()).starts_with(written)) fitting.push_back(HexOf(link.link_id()));
    }
  }
  if (fitting.size() == 1) return *LinkId::FromHex(fitting.front());
  Complain(fitting.empty() ? "no link of yours starts with " + written + "."
                           : "several links start with " + written + ": write more digits.");
  return std::nullopt;
}

}  // namespace trestle::cli
