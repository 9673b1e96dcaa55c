#include "tests/contract/conformance_world.h"

#include <stdlib.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <future>

namespace trestle::test {
namespace {

constexpr int kTriesMax = 100;

std::string MakeFolder() {
  std::string pattern = (std::filesystem::temp_directory_path() / "trestle-XXXXXX").string();
  REQUIRE(::mkdtemp(pattern.data()) != nullptr);
  return pattern;
}

template <class T>
T Await(std::future<T> future) {
  REQUIRE(future.wait_for(kPatience) == std::future_status::ready);
  return future.get();
}

}  // namespace

std::vector<PhoneMessage> AdapterFixture::CutAtPhone(ByteView frame, const FragmentRef& ref) const {
  const auto texts = CutToText(frame, phone_text_bytes_max(), ref);
  REQUIRE(texts);
  std::vector<PhoneMessage> out;
  for (const std::string& text : *texts) out.push_back({false, text});
  return out;
}

std::optional<Fragment> AdapterFixture::ReadAtPhone(const PhoneMessage& message) const {
  auto fragment = ParseTextFragment(message.body);
  return fragment ? std::optional(std::move(*fragment)) : std::nullopt;
}

Result<void> ConformanceHost::Offer(Inbound inbound, Done<void> durable) {
  const std::lock_guard lock(mutex_);
  offers_.push_back(std::move(inbound));
  ++events_;
  changed_.notify_all();
  Result<void> answer;
  if (fail_next_ > 0) {
    --fail_next_;
    answer = Fail(Reason::kStorage, "the conformance host was told to fail");
  }
  return answers_.Post([answer, done = std::move(durable)]() mutable { std::move(done)(answer); });
}

void ConformanceHost::Report(DeliveryReport report) {
  const std::lock_guard lock(mutex_);
  reports_.push_back(report);
  ++events_;
  changed_.notify_all();
}

void ConformanceHost::ReportHealth(const Network&, Health health) {
  const std::lock_guard lock(mutex_);
  health_ = health;
  ++events_;
  changed_.notify_all();
}

void ConformanceHost::FailNext(int offers) {
  const std::lock_guard lock(mutex_);
  fail_next_ = offers;
}

template <class Condition>
bool ConformanceHost::AwaitUntil(Millis patience, Condition condition) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, patience, condition);
}

Inbound ConformanceHost::AwaitOffer(std::size_t number) {
  REQUIRE(AwaitUntil(kPatience, [&] { return offers_.size() > number; }));
  const std::lock_guard lock(mutex_);
  return offers_[number];
}

void ConformanceHost::AwaitHealth(Health health) {
  REQUIRE(AwaitUntil(kPatience, [&] { return health_ == health; }));
}

void ConformanceHost::AwaitReport(const DeliveryId& id, ReceiptLevel level) {
  REQUIRE(AwaitUntil(kPatience, [&] {
    return std::ranges::any_of(
        reports_, [&](const DeliveryReport& each) { return each.id == id && each.level >= level; });
  }));
}

bool ConformanceHost::AwaitAnything(Millis patience) {
  std::uint64_t before = 0;
  {
    const std::lock_guard lock(mutex_);
    before = events_;
  }
  return AwaitUntil(patience, [&] { return events_ != before; });
}

std::size_t ConformanceHost::offers_heard() const {
  const std::lock_guard lock(mutex_);
  return offers_.size();
}

ControlCaller::ControlCaller(std::uint16_t port)
    : base_("http://127.0.0.1:" + std::to_string(port)), client_(*HttpClient::Create()) {}

Json ControlCaller::Get(const std::string& path) {
  HttpCall call;
  call.url = base_ + path;
  return Call(std::move(call));
}

Json ControlCaller::Post(const std::string& path, const std::string& body) {
  HttpCall call;
  call.method = "POST";
  call.url = base_ + path;
  call.body = body;
  return Call(std::move(call));
}

Json ControlCaller::Call(HttpCall call) {
  call.timeout = kPatience;
  call.answer_bytes_max = 16 * 1024 * 1024;
  std::promise<Result<HttpAnswer>> promise;
  auto answered = promise.get_future();
  client_->Send(std::move(call),
                [&promise](Result<HttpAnswer> answer) { promise.set_value(std::move(answer)); });
  const Result<HttpAnswer> answer = answered.get();  // ends by the call's own timeout
  REQUIRE(answer);
  INFO(answer->body);
  REQUIRE(answer->status == 200);
  auto json = Json::Parse(answer->body, {.bytes_max = 16 * 1024 * 1024});
  REQUIRE(json);
  return std::move(*json);
}

ConformancePhone::ConformancePhone(ControlCaller& control, const AdapterFixture& fixture,
                                   std::string address)
    : control_(control), fixture_(fixture), address_(std::move(address)) {
  JsonWriter json;
  json.BeginObject().TextMember("address", address_).EndObject();
  control_.Post("/sim/phones", std::move(json).Take());
}

void ConformancePhone::SendText(const std::string& identity, std::string_view text) {
  JsonWriter json;
  json.BeginObject().TextMember("from", address_).TextMember("to", identity);
  json.TextMember("text", text).EndObject();
  control_.Post("/sim/send", std::move(json).Take());
}

void ConformancePhone::SendFrame(const std::string& identity, const Frame& frame) {
  FragmentRef ref{};
  SystemRandom random;
  random.Fill(ref);
  for (const PhoneMessage& each : fixture_.CutAtPhone(EncodeFrame(frame), ref)) {
    if (!each.is_binary) {
      SendText(identity, each.body);
      continue;
    }
    SendData(identity, each.body);
  }
}

void ConformancePhone::SendData(const std::string& identity, std::string_view octets) {
  JsonWriter json;
  json.BeginObject().TextMember("from", address_).TextMember("to", identity);
  json.TextMember("data", ToBase64(AsBytes(octets))).EndObject();
  control_.Post("/sim/send", std::move(json).Take());
}

std::string ConformancePhone::AwaitText(const std::string& identity) {
  auto& texts = threads_[identity].texts;
  for (int tries = 0; texts.empty() && tries < kTriesMax; ++tries) Look(kPatience / kTriesMax);
  REQUIRE_FALSE(texts.empty());
  std::string first = std::move(texts.front());
  texts.erase(texts.begin());
  return first;
}

Frame ConformancePhone::AwaitFrame(const std::string& identity) {
  auto& frames = threads_[identity].frames;
  for (int tries = 0; frames.empty() && tries < kTriesMax; ++tries) Look(kPatience / kTriesMax);
  REQUIRE_FALSE(frames.empty());
  auto frame = DecodeFrame(frames.front());
  REQUIRE(frame);
  frames.erase(frames.begin());
  return std::move(*frame);
}

std::size_t ConformancePhone::messages_seen() {
  Look(Millis{0});
  return seen_;
}

void ConformancePhone::Look(Millis wait) {
  const auto escaped = [this] {
    std::string out;
    for (const char sign : address_) out += sign == '+' ? std::string("%2B") : std::string(1, sign);
    return out;
  };
  const Json answer =
      control_.Get("/sim/inbox?address=" + escaped() + "&after=" + std::to_string(last_seq_) +
                   "&wait_ms=" + std::to_string(wait.count()));
  for (const Json& each : answer["messages"].items()) Take(each);
}

void ConformancePhone::Take(const Json& message) {
  last_seq_ = message["seq"].integer().value_or(0);
  const std::string from = message["from"].TextOr("");
  PhoneMessage native{message.Has("data"), message["text"].TextOr("")};
  if (native.is_binary) {
    const auto octets = FromBase64(message["data"].TextOr(""));
    REQUIRE(octets);
    native.body = std::string(AsText(*octets));
  }
  if (fixture_.IsConfirmation(native)) return;
  ++seen_;
  const auto fragment = fixture_.ReadAtPhone(native);
  if (!fragment) return threads_[from].texts.push_back(native.body);
  const std::string key = from + " " + ToHex(fragment->ref);
  auto whole = reassembler_.Add(key, fragment->index, fragment->count, fragment->chunk, MonoTime{});
  REQUIRE(whole);
  if (!*whole) return;
  const auto confirmation = fixture_.ConfirmAtPhone(**whole, *fragment);
  if (confirmation) SendData(from, confirmation->body);
  threads_[from].frames.push_back(std::move(**whole));
}

ConformanceWorld::ConformanceWorld(std::unique_ptr<AdapterFixture> made)
    : folder(MakeFolder()),
      host(clock),
      fixture(std::move(made)),
      control(fixture->control_port()) {
  const Json about = control.Get("/sim/about");
  service = about["service"].TextOr("");
  for (const Json& ghost : about["ghosts"].items()) ghosts.push_back(ghost.TextOr(""));
  StartAdapter();
}

ConformanceWorld::~ConformanceWorld() {
  if (adapter != nullptr) StopAdapter();
  std::error_code ignored;
  std::filesystem::remove_all(folder, ignored);
}

void ConformanceWorld::StartAdapter() {
  auto adapter_made = fixture->MakeAdapter({folder + "/adapter", clock, random, metrics});
  REQUIRE(adapter_made);
  adapter = std::move(*adapter_made);
  auto promise = std::make_shared<std::promise<Result<void>>>();
  auto started = promise->get_future();
  adapter->Start(host, [promise](Result<void> result) { promise->set_value(result); });
  REQUIRE(Await(std::move(started)));
  host.AwaitHealth(Health::kHealthy);
}

void ConformanceWorld::StopAdapter() {
  auto promise = std::make_shared<std::promise<void>>();
  auto stopped = promise->get_future();
  adapter->Stop([promise](Result<void>) { promise->set_value(); });
  // Also while a failed claim unwinds, so nothing may throw here.
  stopped.wait_for(kPatience);
  adapter.reset();
  host.ReportHealth(Network::Native(), Health::kDown);
}

void ConformanceWorld::Order(const std::string& faults) { control.Post("/sim/faults", faults); }

ConformancePhone ConformanceWorld::NewPhone() {
  return {control, *fixture, fixture->PhoneAddress(phones++)};
}

EnrolmentId ConformanceWorld::Joins(ConformancePhone& phone) {
  const std::size_t before = host.offers_heard();
  phone.SendText(service, "JOIN");
  const Inbound offer = host.AwaitOffer(before);
  REQUIRE(std::holds_alternative<EnrolmentId>(offer.from));
  return std::get<EnrolmentId>(offer.from);
}

ThreadOfferFrame ConformanceWorld::Offers(ConformancePhone& phone, EnrolmentId enrolment,
                                          LinkId link) {
  Delivery delivery = Of(enrolment, Frame(ThreadOfferFrame{{}, ThreadRole::kOwner, "", "work"}));
  delivery.offers_link = link;
  REQUIRE(Delivers(std::move(delivery)).certainty == Certainty::kSent);
  const Frame frame = phone.AwaitFrame(service);
  REQUIRE(std::holds_alternative<ThreadOfferFrame>(frame));
  return std::get<ThreadOfferFrame>(frame);
}

ConformanceWorld::Bound ConformanceWorld::Binds(ConformancePhone& phone) {
  return BindsAgain(phone, Joins(phone));
}

ConformanceWorld::Bound ConformanceWorld::BindsAgain(ConformancePhone& phone,
                                                     EnrolmentId enrolment) {
  const LinkId link = LinkId::Mint(random);
  const ThreadOfferFrame offer = Offers(phone, enrolment, link);
  const std::size_t before = host.offers_heard();
  phone.SendFrame(offer.ghost, ThreadAcceptFrame{offer.bind_code});
  const Inbound accepted = host.AwaitOffer(before);
  REQUIRE(std::holds_alternative<LinkId>(accepted.from));
  REQUIRE(std::get<LinkId>(accepted.from) == link);
  return {enrolment, link, offer.ghost};
}

Delivery ConformanceWorld::Of(ThreadRef to, std::variant<Frame, ServiceReply> body) {
  return {DeliveryId::Mint(random), to, std::move(body), std::nullopt,
          clock.wall_now() + std::chrono::hours(1)};
}

Attempt ConformanceWorld::Delivers(Delivery delivery) {
  auto promise = std::make_shared<std::promise<Result<Attempt>>>();
  auto answered = promise->get_future();
  adapter->Deliver(std::move(delivery),
                   [promise](Result<Attempt> attempt) { promise->set_value(std::move(attempt)); });
  const Result<Attempt> attempt = Await(std::move(answered));
  REQUIRE(attempt);
  return *attempt;
}

void ConformanceWorld::DeliversUntilSent(const Delivery& delivery) {
  bool sent = false;
  for (int tries = 0; !sent && tries < kTriesMax; ++tries) {
    sent = Delivers(delivery).certainty == Certainty::kSent;
    if (!sent) host.AwaitAnything(kPatience / kTriesMax);
  }
  REQUIRE(sent);
}

EnvelopeFrame ConformanceWorld::Envelope(std::size_t payload_bytes) {
  EnvelopeFrame frame;
  frame.payload.resize(payload_bytes);
  random.Fill(frame.payload);
  return frame;
}

}  // namespace trestle::test
