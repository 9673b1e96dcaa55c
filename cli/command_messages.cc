#include <array>
#include <iostream>
#include <iterator>

#include "cli/commands.h"
#include "cli/event_lines.h"
#include "cli/inbox.h"
#include "cli/text.h"
#include "trestle/v1/consent.grpc.pb.h"
#include "trestle/v1/keys.grpc.pb.h"
#include "trestle/v1/messages.grpc.pb.h"
#include "trestle/v1/rooms.grpc.pb.h"

namespace trestle::cli {
namespace {

constexpr std::size_t kTextBytesMax = 65'450;  // what one sealed message holds (endpoint.h)
constexpr std::size_t kKeysLow = 4;            // the inbox publishes when fewer are left
constexpr std::size_t kKeysAtOnce = 8;

std::optional<TtlClass> TtlNamed(const std::string& name) {
  constexpr std::array kAll = {TtlClass::kHalfMinute, TtlClass::kFiveMinutes, TtlClass::kHour,
                               TtlClass::kDay, TtlClass::kWeek};
  for (const TtlClass each : kAll) {
    if (TtlName(each) == name) return each;
  }
  return std::nullopt;
}

// The words of the command line, or standard input, one octet more than fits at most.
std::string TextOf(const Arguments& arguments) {
  const std::string words = arguments.RestFrom(1);
  if (words != "-") return words;
  std::string text;
  for (std::istreambuf_iterator<char> next(std::cin), end;
       next != end && text.size() <= kTextBytesMax; ++next) {
    text += *next;
  }
  while (text.ends_with('\n')) text.pop_back();
  return text;
}

std::string Octets(const LinkId& link) { return std::string(AsText(link.bytes())); }

bool ShowSubmitted(Session& session, const v1::SubmitResponse& response) {
  if (response.has_refusal()) {
    session.Refused(response.refusal());
    return false;
  }
  session.out() << "envelope " << HexOf(response.envelope_id()) << "\n";
  session.err() << "accepted as number " << response.seq() << " of this contact at "
                << TimeOfDay(response.accepted_at())
                << (response.duplicate() ? ", which had happened before" : "") << "\n";
  return true;
}

Inbox::Handed HandWelcome(Session& session, const LinkId& link, ByteView welcome) {
  v1::SubmitHandshakeRequest request;
  request.set_link_id(Octets(link));
  request.set_payload(std::string(AsText(welcome)));
  v1::SubmitHandshakeResponse response;
  if (!session.Call(As::kAccount, &v1::Rooms::Stub::SubmitHandshake, request, response)) {
    return Inbox::Handed::kNotNow;
  }
  if (!response.has_refusal()) return Inbox::Handed::kTaken;
  session.Refused(response.refusal());
  // These pass by themselves.
  const v1::Rule rule = response.refusal().rule();
  return rule == v1::RULE_QUEUE_FULL || rule == v1::RULE_NO_ROUTE ? Inbox::Handed::kNotNow
                                                                  : Inbox::Handed::kTurnedDown;
}

bool Replenish(Session& session) {
  v1::CountResponse left;
  if (!session.Call(As::kAccount, &v1::Keys::Stub::Count, v1::CountRequest(), left)) return false;
  if (left.count() >= kKeysLow) return true;
  std::optional<Home::Lease> device = session.Endpoint();
  return device && PublishKeys(session, **device, kKeysAtOnce - left.count());
}

// One Exchange: open, then each delivery is taken and acknowledged, until nothing waits.
class InboxRun {
 public:
  enum class Until { kCaughtUp, kStopped };

  InboxRun(Session& session, Inbox& inbox, Until until)
      : session_(session), inbox_(inbox), until_(until) {}

  int Run() {
    if (!session_.Prepare(As::kAccount, context_)) return kRefused;
    const StopSignals::Scope scope(session_.signals(), context_);
    v1::Messages::Stub stub(session_.channel());
    stream_ = stub.Exchange(&context_);
    v1::ExchangeRequest open;
    open.mutable_open();
    stream_->Write(open);
    v1::ExchangeResponse response;
    while (code_ == kDone && !caught_up_ && stream_->Read(&response)) OnResponse(response);
    if (code_ != kDone) context_.TryCancel();  // what was not acknowledged comes again
    stream_->WritesDone();
    while (stream_->Read(&response)) {
    }
    const grpc::Status status = stream_->Finish();
    if (code_ != kDone || session_.signals().stopped() || status.ok()) return code_;
    session_.Explain(status, As::kAccount);
    return kRefused;
  }

 private:
  void OnResponse(const v1::ExchangeResponse& response) {
    switch (response.message_case()) {
      case v1::ExchangeResponse::kDelivery:
        return OnDelivery(response.delivery());
      case v1::ExchangeResponse::kCaughtUp:
        if (!Replenish(session_)) code_ = kRefused;
        caught_up_ = until_ == Until::kCaughtUp;
        if (caught_up_ && !took_any_) session_.err() << "nothing waits for you\n";
        return;
      case v1::ExchangeResponse::kOpened:
      case v1::ExchangeResponse::kSubmitted:
      case v1::ExchangeResponse::kBatch:  // was not asked for
      case v1::ExchangeResponse::MESSAGE_NOT_SET:
        return;
    }
  }

  void OnDelivery(const v1::Inbound& delivery) {
    const Result<void> taken = inbox_.Take(delivery);
    if (!taken) {
      code_ = session_.Failed(taken.error());
      return;
    }
    took_any_ = true;
    v1::ExchangeRequest ack;
    ack.mutable_ack()->set_delivery_id(delivery.delivery_id());
    stream_->Write(ack);
  }

  Session& session_;
  Inbox& inbox_;
  const Until until_;
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReaderWriter<v1::ExchangeRequest, v1::ExchangeResponse>> stream_;
  bool caught_up_ = false;
  bool took_any_ = false;
  int code_ = kDone;
};

}  // namespace

int RunSend(Session& session, const Invocation& invocation) {
  const Arguments& arguments = invocation.arguments;
  const std::optional<TtlClass> ttl = TtlNamed(arguments.value("--ttl").value_or("24h"));
  if (!ttl) return session.Misused(*invocation.command, "--ttl is 30s, 5m, 1h, 24h or 7d");
  const std::string text = TextOf(arguments);
  if (text.empty()) return session.Misused(*invocation.command, "there is no text to send");
  if (!IsUtf8(text)) return session.Misused(*invocation.command, "the text is not UTF-8");
  const std::optional<LinkId> link = session.LinkFor(arguments.at(0));
  if (!link) return kRefused;
  std::optional<Home::Lease> device = session.Endpoint();
  if (!device) return kRefused;
  if (!(*device)->HasThread(link->hex())) {
    session.Complain("this home shares no keys with the other side of " + link->hex() +
                     " yet. `trestle inbox` opens the conversation once they have accepted.");
    return kRefused;
  }
  const Result<endpoint::EdgeUse> edge = EdgeUseFor(session, **device, *link);
  if (!edge) return session.Failed(edge.error());
  const Result<endpoint::Sealed> sealed =
      (*device)->Seal(link->hex(), content::Message::Text(text), {.ttl = *ttl, .edge = *edge});
  if (!sealed && sealed.error().reason == Reason::kPermissionDenied) {
    session.Complain(
        "E2EE_UNAVAILABLE: they are on plain SMS, and you have not agreed that their "
        "carrier reads it. `trestle edge allow " +
        link->hex().substr(0, 8) + "` does, for a time.");
    return kRefused;
  }
  if (!sealed) return session.Failed(sealed.error());
  v1::SubmitRequest request;
  request.set_link_id(Octets(*link));
  request.set_payload(std::string(AsText(sealed->payload)));
  if (arguments.has("--print-request")) {
    session.out() << SubmitJson(request) << "\n";
    session.err() << "sealed as envelope " << sealed->id.hex() << "; nothing was sent\n";
    return kDone;
  }
  v1::SubmitResponse response;
  if (!session.Call(As::kAccount, &v1::Messages::Stub::Submit, request, response)) return kRefused;
  return ShowSubmitted(session, response) ? kDone : kRefused;
}

int RunInbox(Session& session, const Invocation& invocation) {
  v1::ListResponse contacts;
  if (!session.Call(As::kAccount, &v1::Consent::Stub::List, v1::ListRequest(), contacts)) {
    return kRefused;
  }
  Inbox inbox({.home = session.home(),
               .random = session.random(),
               .clock = session.clock(),
               .out = session.out(),
               .err = session.err(),
               .hand_welcome = [&](const LinkId& link, ByteView welcome) {
                 return HandWelcome(session, link, welcome);
               }});
  inbox.Learn(contacts);
  const auto until =
      invocation.arguments.has("--follow") ? InboxRun::Until::kStopped : InboxRun::Until::kCaughtUp;
  return InboxRun(session, inbox, until).Run();
}

int RunSafety(Session& session, const Invocation& invocation) {
  const std::optional<LinkId> link = session.LinkFor(invocation.arguments.at(0));
  if (!link) return kRefused;
  std::optional<Home::Lease> device = session.Endpoint();
  if (!device) return kRefused;
  const Result<std::string> number = (*device)->SafetyNumber(link->hex());
  if (!number) {
    session.Complain("this home shares no keys with the other side of " + link->hex() + " yet.");
    return kRefused;
  }
  session.out() << *number << "\n";
  session.err() << "The other side sees the same number, unless somebody stands between you.\n";
  return kDone;
}

int RunTrace(Session& session, const Invocation& invocation) {
  const Result<EnvelopeId> id = EnvelopeId::FromHex(invocation.arguments.at(0));
  if (!id) return session.Misused(*invocation.command, "ENVELOPE is 32 hexadecimal digits");
  v1::TraceRequest request;
  request.set_envelope_id(std::string(AsText(id->bytes())));
  v1::TraceResponse response;
  if (!session.Call(session.either(), &v1::Messages::Stub::Trace, request, response)) {
    return kRefused;
  }
  if (response.steps_size() == 0) {
    session.Complain("nothing is known of this envelope: it is not yours, or it was long ago.");
    return kRefused;
  }
  session.out() << TraceTable(response).Text();
  return kDone;
}

}  // namespace trestle::cli
