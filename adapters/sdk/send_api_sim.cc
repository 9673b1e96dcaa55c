#include "adapters/sdk/send_api_sim.h"

#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include "adapters/sdk/utf8.h"
#include "bridge/base/digest.h"

namespace trestle {
namespace {

constexpr std::size_t kMidRandomBytes = 72;  // about 100 characters, as the real ones have
constexpr int kCodeInvalidParameter = 100;
constexpr int kSubcodeNoUser = 2018001;
constexpr int kCodeOutsideWindow = 10;
constexpr int kCodeRate = 613;

std::vector<std::string> NodesOf(const SendApiSim::Options& options) {
  std::vector<std::string> nodes = options.ghosts;
  nodes.push_back(options.service);
  return nodes;
}

// The common part of every event; the caller adds its own member and closes the object.
void BeginEvent(JsonWriter& out, const std::string& person, const std::string& identity,
                WallTime at) {
  out.BeginObject();
  out.ObjectMember("sender").TextMember("id", person).EndObject();
  out.ObjectMember("recipient").TextMember("id", identity).EndObject();
  out.NumberMember("timestamp", at.ms);
}

}  // namespace

SendApiSim::SendApiSim(Kind kind, Options options, const Clock& clock, Random& random)
    : kind_(std::move(kind)),
      options_(std::move(options)),
      clock_(clock),
      random_(random),
      rates_({options_.calls_per_second * 60, options_.calls_per_second}) {}

Result<std::unique_ptr<SendApiSim>> SendApiSim::Start(Kind kind, Options options,
                                                      const Clock& clock, Random& random) {
  auto sim = std::unique_ptr<SendApiSim>(
      new SendApiSim(std::move(kind), std::move(options), clock, random));
  SendApiSim* const self = sim.get();
  const Options& own = self->options_;
  SimControl::Network network;
  network.name = self->kind_.name;
  network.service = own.service;
  network.ghosts = own.ghosts;
  network.phone_sends = [self](const SimMessage& message) { return self->TakeFromPhone(message); };
  network.faults_changed = [self](const SimFaults& faults) {
    SimGraph* graph = nullptr;
    {
      const std::lock_guard lock(self->mutex_);
      graph = self->graph_.get();
    }
    if (graph != nullptr) graph->SetDown(faults.down);  // joins threads that may want the lock
  };
  const std::lock_guard lock(self->mutex_);  // phones wait until everything stands
  self->control_ = TRESTLE_TRY(own.place.OpenControl(std::move(network), clock, own.control_port));
  SimGraph::Options graph{.app_id = own.app_id,
                          .app_secret = own.app_secret,
                          .token = own.token,
                          .nodes = NodesOf(own),
                          .object = self->kind_.object,
                          .api_port = own.api_port,
                          .webhooks = own.webhooks,
                          .machine = own.place.machine};
  SimGraph::Handlers handlers;
  handlers.post = [self](const SimGraph::Call& call) { return self->TakePost(call); };
  handlers.compose = [self](const auto& events) { return self->Compose(events); };
  self->graph_ = TRESTLE_TRY(
      SimGraph::Start(std::move(graph), clock, random, std::move(handlers), *self->control_));
  return sim;
}

SendApiSim::~SendApiSim() { Stop(); }

void SendApiSim::Stop() {
  if (control_ != nullptr) control_->Stop();
  if (graph_ != nullptr) graph_->Stop();
}

std::string SendApiSim::PersonIdOf(const std::string& user, const std::string& identity) const {
  const std::string named = identity + '\0' + user;
  const Bytes32 digest = HmacSha256(AsBytes(options_.app_secret), AsBytes(named));
  std::uint64_t number = 0;
  for (std::size_t at = 0; at < 8; ++at) number = (number << 8U) | digest[at];
  constexpr std::uint64_t kSixteenDigits = 1'000'000'000'000'000;
  return std::to_string(kSixteenDigits + number % (9 * kSixteenDigits));
}

// ---- From phones to the bridge ----

Result<std::string> SendApiSim::TakeFromPhone(const SimMessage& message) {
  if (message.is_binary) return Fail(Reason::kInvalidArgument, "this network carries texts only");
  if (message.body.empty() || !CountCodePoints(message.body)) {
    return Fail(Reason::kInvalidArgument, "the text is empty or not UTF-8");
  }
  if (!FitsTextLimit(kind_.text_limit, message.body)) {
    return Fail(Reason::kTooLarge, "the text is too long for this network");
  }
  const bool is_service = message.to == options_.service;
  const bool is_ghost = std::ranges::find(options_.ghosts, message.to) != options_.ghosts.end();
  if (!is_service && !is_ghost) return Fail(Reason::kNotFound, "there is no such identity");
  const std::string person = PersonIdOf(message.from, message.to);
  const WallTime now = clock_.wall_now();
  const std::string mid = NewMid();
  JsonWriter event(JsonEscape::kMeta);
  BeginEvent(event, person, message.to, now);
  event.ObjectMember("message").TextMember("mid", mid).TextMember("text", message.body);
  event.EndObject().EndObject();
  const std::string json = std::move(event).Take();
  const std::lock_guard lock(mutex_);
  if (conversations_.size() >= kConversationsMax && !conversations_.contains(person)) {
    return Fail(Reason::kBusy, "the simulation holds no more conversations");
  }
  conversations_[person] = {message.from, message.to, now};
  graph_->Publish({message.to, json, mid});
  if (control_->TakeFault(&SimFaults::duplicate_next)) graph_->Publish({message.to, json, mid});
  return mid;
}

std::string SendApiSim::Compose(const std::vector<WebhookSender::Event>& events) const {
  std::map<std::string, std::vector<const std::string*>> by_entry;
  for (const auto& event : events) by_entry[event.entry_id].push_back(&event.json);
  JsonWriter out(JsonEscape::kMeta);
  out.BeginObject().TextMember("object", kind_.object).ArrayMember("entry");
  for (const auto& [entry_id, jsons] : by_entry) {
    out.BeginObject().TextMember("id", entry_id);
    out.NumberMember("time", clock_.wall_now().ms).ArrayMember("messaging");
    for (const std::string* json : jsons) out.Raw(*json);
    out.EndArray().EndObject();
  }
  out.EndArray().EndObject();
  return std::move(out).Take();
}

// ---- From the bridge to phones ----

HttpResponse SendApiSim::TakePost(const SimGraph::Call& call) {
  if (call.edge != "messages") return SimGraph::Refuse(2500, "Unknown path components");
  if (auto refused = CheckRate(call.node)) return *std::move(refused);
  if (auto refused = CheckShape(call.body)) return *std::move(refused);
  Outgoing outgoing{call.node, call.body["recipient"]["id"].TextOr(""),
                    call.body["message"]["text"].TextOr(""),
                    call.body["tag"].TextOr("") == "HUMAN_AGENT"};
  std::string user;
  if (auto refused = CheckWindow(outgoing, user)) return *std::move(refused);
  if (call.body.Has("sender_action")) {
    return {.body = "{\"recipient_id\":\"" + outgoing.person + "\"}"};
  }
  return Deliver(outgoing, user);
}

std::optional<HttpResponse> SendApiSim::CheckRate(const std::string& identity) {
  const std::lock_guard lock(mutex_);
  if (rates_.Take(identity, clock_.mono_now()) == Millis{0}) return std::nullopt;
  return SimGraph::Refuse(kCodeRate, "Calls to this api have exceeded the rate limit.");
}

std::optional<HttpResponse> SendApiSim::CheckShape(const Json& body) const {
  const auto invalid = [](std::string what) {
    return SimGraph::Refuse(kCodeInvalidParameter, std::move(what));
  };
  if (!body["recipient"].is_object()) return invalid("The parameter recipient is required");
  if (!IsGraphId(body["recipient"]["id"].TextOr(""))) {
    return invalid("Param recipient[id] must be a valid ID string");
  }
  if (body.Has("messaging_type")) {
    constexpr std::array<std::string_view, 4> kTypes = {"RESPONSE", "UPDATE", "MESSAGE_TAG",
                                                        "UTILITY"};
    const std::string type = body["messaging_type"].TextOr("");
    if (std::ranges::find(kTypes, type) == kTypes.end()) {
      return invalid("Param messaging_type must be one of RESPONSE, UPDATE, MESSAGE_TAG, UTILITY");
    }
  } else if (kind_.has_messaging_type && body.Has("message")) {
    return invalid("The parameter messaging_type is required");
  }
  if (body.Has("tag") && !kind_.has_messaging_type && body["tag"].TextOr("") != "HUMAN_AGENT") {
    return invalid("Param tag must be HUMAN_AGENT");
  }
  if (body.Has("message") == body.Has("sender_action")) {
    return invalid("Exactly one of message and sender_action is required");
  }
  return body.Has("message") ? CheckMessage(body["message"]) : std::nullopt;
}

std::optional<HttpResponse> SendApiSim::CheckMessage(const Json& message) const {
  const auto invalid = [](std::string what) {
    return SimGraph::Refuse(kCodeInvalidParameter, std::move(what));
  };
  if (!message.is_object()) return invalid("Param message must be an object");
  if (message.Has("attachment") || message.Has("attachments")) {
    return invalid("Param message[attachment]: the simulation carries texts only");
  }
  const auto text = message["text"].text();
  if (!text || text->empty()) return invalid("Param message[text] must be a non-empty string");
  if (!FitsTextLimit(kind_.text_limit, *text)) {
    return invalid("Length of param message[text] must be less than or equal to " +
                   std::to_string(kind_.text_limit.max));
  }
  return std::nullopt;
}

std::optional<HttpResponse> SendApiSim::CheckWindow(const Outgoing& outgoing, std::string& user) {
  const std::lock_guard lock(mutex_);
  const auto found = conversations_.find(outgoing.person);
  if (found == conversations_.end() || found->second.identity != outgoing.identity) {
    return SimGraph::Refuse(400, {.code = kCodeInvalidParameter,
                                  .subcode = kSubcodeNoUser,
                                  .message = "No matching user found"});
  }
  const Millis allowed = outgoing.is_agent ? options_.agent_window : options_.window;
  if (clock_.wall_now() - found->second.last_inbound > allowed) {
    return SimGraph::Refuse(400, {.code = kCodeOutsideWindow,
                                  .subcode = kind_.window_subcode,
                                  .message = "This message is sent outside of allowed window."});
  }
  user = found->second.user;
  return std::nullopt;
}

HttpResponse SendApiSim::Deliver(const Outgoing& outgoing, const std::string& user) {
  const std::string mid = NewMid();
  const WallTime now = clock_.wall_now();
  SimMessage message;
  message.from = outgoing.identity;
  message.to = user;
  message.id = mid;
  message.at = now;
  message.body = outgoing.text;
  control_->PutInInbox(std::move(message));
  PublishReceipts(outgoing, mid, now);
  JsonWriter out;
  out.BeginObject().TextMember("recipient_id", outgoing.person).TextMember("message_id", mid);
  out.EndObject();
  return {.body = std::move(out).Take()};
}

void SendApiSim::PublishReceipts(const Outgoing& outgoing, const std::string& mid, WallTime at) {
  if (kind_.reports_delivered) {
    JsonWriter event(JsonEscape::kMeta);
    BeginEvent(event, outgoing.person, outgoing.identity, at);
    event.ObjectMember("delivery").ArrayMember("mids").Text(mid).EndArray();
    event.NumberMember("watermark", at.ms).EndObject().EndObject();
    graph_->Publish({outgoing.identity, std::move(event).Take(), mid});
  }
  if (options_.phones_read_at_once) {
    JsonWriter event(JsonEscape::kMeta);
    BeginEvent(event, outgoing.person, outgoing.identity, at);
    event.Name("read").Raw(kind_.write_read(mid, at)).EndObject();
    graph_->Publish({outgoing.identity, std::move(event).Take()});
  }
}

std::string SendApiSim::NewMid() {
  Bytes octets(kMidRandomBytes);
  random_.Fill(octets);
  return kind_.mid_prefix + ToBase64Url(octets);
}

}  // namespace trestle
