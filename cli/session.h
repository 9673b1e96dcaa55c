// What every command works with: the channel to the bridge, the tokens, the person's home, and
// where to print. A call blocks, at most as long as kAnswerWait, and tells the person itself what
// went wrong; commands only look whether it went well. One thread.
#pragma once

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/security/credentials.h>

#include <memory>
#include <optional>
#include <ostream>
#include <string>

#include "cli/arguments.h"
#include "cli/errors.h"
#include "cli/home.h"
#include "cli/stop_signals.h"

namespace trestle::cli {

inline constexpr int kDone = 0;     // exit codes
inline constexpr int kRefused = 1;  // refused or failed; a sentence says why
inline constexpr int kMisused = 2;  // the command line cannot be meant

// Where a command prints. What is asked for goes to `out`; the rest to `err`.
struct Console {
  std::ostream& out;
  std::ostream& err;
};

struct SessionParts {
  Console console;
  StopSignals& signals;
  Random& random;
  const Clock& clock;
};

class Session {
 public:
  static constexpr Millis kAnswerWait = std::chrono::seconds(10);

  Session(Globals globals, Home home, SessionParts parts);

  // False when the call failed; the person has been told.
  template <class Stub, class Request, class Response>
  bool Call(As as, grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
            const Request& request, Response& response) {
    grpc::ClientContext context;
    if (!Prepare(as, context)) return false;
    SetDeadline(context);
    Stub stub(channel());
    const grpc::Status status = (stub.*method)(&context, request, &response);
    return status.ok() || Explain(status, as);
  }

  // Puts the token into the context; false when there is none (the person has been told).
  bool Prepare(As as, grpc::ClientContext& context);
  // As the operator when a token file was given, else as the account.
  As either() const;
  // False when nobody answers within kAnswerWait.
  bool Reachable();

  // Tell the person. Explain and Complain answer false, the others an exit code.
  bool Explain(const grpc::Status& status, As as);
  bool Complain(const std::string& sentence);
  int Failed(const Error& error);
  int Refused(const v1::Refusal& refusal);
  int Misused(const CommandSpec& command, const std::string& sentence);

  // The endpoint, or nothing when it cannot be had (the person has been told).
  std::optional<Home::Lease> Endpoint();

  // A link as the person wrote it: 32 hexadecimal digits, or at least 4 that only one of the
  // account's links starts with. Nothing when it is neither (the person has been told).
  std::optional<LinkId> LinkFor(const std::string& written);

  std::shared_ptr<grpc::Channel> channel();
  std::shared_ptr<grpc::ChannelCredentials> Credentials();
  std::ostream& out() { return parts_.console.out; }
  std::ostream& err() { return parts_.console.err; }
  StopSignals& signals() { return parts_.signals; }
  Random& random() { return parts_.random; }
  const Clock& clock() const { return parts_.clock; }
  Home& home() { return home_; }
  const Globals& globals() const { return globals_; }

 private:
  void SetDeadline(grpc::ClientContext& context) const;
  std::optional<std::string> TokenFor(As as);

  const Globals globals_;
  Home home_;
  SessionParts parts_;
  std::shared_ptr<grpc::Channel> channel_;
};

}  // namespace trestle::cli
