#include "tests/sim/smpp_net.h"

#include <algorithm>

namespace trestle::world {
namespace {

constexpr std::uint64_t kTag = 3;
constexpr unsigned kCutPercent = 30;  // of reads bring less than there is

bool Is(const sms::PduHeader& header, sms::CommandId command) {
  return header.command == static_cast<std::uint32_t>(command);
}

}  // namespace

class SmppNet::PipeEnd final : public sms::Wire {
 public:
  PipeEnd(SmppNet& net, PipePtr pipe, Side side) : net_(net), pipe_(std::move(pipe)), side_(side) {}
  ~PipeEnd() override { Close(); }

  void ReadSome(std::span<std::uint8_t> into, Handler done) override {
    Half& half = pipe_->halves[side_];
    half.into = into;
    half.reading = std::move(done);
    net_.Pump(pipe_, side_);
  }
  void WriteAll(ByteView from, Handler done) override {
    const bool works = !pipe_->is_broken && !is_closed_;
    if (works) net_.Write(pipe_, side_, Bytes(from.begin(), from.end()));
    const auto written = works ? std::optional(from.size()) : std::nullopt;
    (void)pipe_->halves[side_].loop->Post([done = std::move(done), written] { done(written); });
  }
  bool HasPeerClosed() override {
    const Half& half = pipe_->halves[side_];
    return half.is_over && half.inbox.empty();
  }
  void Close() override {
    if (!std::exchange(is_closed_, true)) net_.Close(pipe_, side_);
  }

 private:
  SmppNet& net_;
  const PipePtr pipe_;
  const Side side_;
  bool is_closed_ = false;
};

class SmppNet::BridgeLoop final : public sms::WireLoop {
 public:
  BridgeLoop(SmppNet& net, std::shared_ptr<Loop> loop) : net_(net), loop_(std::move(loop)) {}

  Result<void> Post(Task task) override { return loop_->Post(std::move(task)); }
  Result<void> PostAt(MonoTime at, Task task) override {
    return loop_->PostAt(at, std::move(task));
  }
  bool is_current() const override { return loop_->is_current(); }
  void Stop() override { loop_->Stop(); }
  void Connect(sms::WireTarget target, Done<std::unique_ptr<sms::Wire>> done) override {
    net_.Connect(loop_, target, std::move(done));
  }

 private:
  SmppNet& net_;
  const std::shared_ptr<Loop> loop_;
};

std::shared_ptr<sms::WireLoop> SmppNet::NewLoop(std::shared_ptr<Loop> loop) {
  return std::make_shared<BridgeLoop>(*this, std::move(loop));
}

void SmppNet::Connect(const std::shared_ptr<Loop>& loop, const sms::WireTarget& target,
                      Done<std::unique_ptr<sms::Wire>> done) {
  TRESTLE_CHECK(target.tls == nullptr);
  const bool is_down = weather_.is_down();
  const bool is_heard = !weather_.is_half_open() && !seams_.chaos.Hit(Fault::kRequestLost);
  const Millis way = is_down || is_heard ? weather_.Latency() : target.within;
  seams_.queue.After(
      way, kTag, [this, loop, reaches = !is_down && is_heard, done = std::move(done)]() mutable {
        Result<std::unique_ptr<sms::Wire>> wire = Fail(Reason::kUnavailable, "nobody answers");
        if (reaches && !weather_.is_down()) wire = OpenPipe(loop);
        (void)loop->Post([wire = std::move(wire), done = std::move(done)]() mutable {
          std::move(done)(std::move(wire));
        });
      });
}

// Answers the bridge's end, and hands the other one to the centre.
std::unique_ptr<sms::Wire> SmppNet::OpenPipe(const std::shared_ptr<Loop>& loop) {
  const auto pipe = std::make_shared<Pipe>();
  pipe->halves[kBridge].loop = loop;
  pipe->halves[kCentre].loop = seams_.centre;
  std::erase_if(pipes_, [](const auto& each) { return each.expired(); });
  pipes_.push_back(pipe);
  (void)seams_.centre->Post(
      [this, pipe] { hooks_.accept(std::make_unique<PipeEnd>(*this, pipe, kCentre)); });
  return std::make_unique<PipeEnd>(*this, pipe, kBridge);
}

MonoTime SmppNet::Later(MonoTime& last) {
  return last = std::max(last, seams_.queue.mono_now() + weather_.Latency());
}

void SmppNet::Write(const PipePtr& pipe, Side from, Bytes octets) {
  const sms::PduHeader header = sms::ReadHeader(octets);
  const Handing handing{seams_.queue.wall_now(), seams_.queue.mono_now()};
  const Side to = from == kBridge ? kCentre : kBridge;
  if (Is(header, sms::CommandId::kSubmitSm)) pipe->issued[header.sequence] = handing.issued_at;
  if (weather_.is_half_open()) pipe->is_silent = true;
  if (BreaksAt(header)) {
    return seams_.queue.After(weather_.Latency(), kTag, [this, pipe] { Break(pipe); });
  }
  if (to == kBridge && seams_.chaos.Hit(Fault::kPartialPage)) Garble(octets);
  Packet packet{std::move(octets), handing};
  seams_.queue.At(Later(pipe->halves[to].last_at), kTag,
                  [this, pipe, to, packet = std::move(packet)] { Arrive(pipe, to, packet); });
}

// A message or its answer that goes down with the connection.
bool SmppNet::BreaksAt(const sms::PduHeader& header) {
  using enum sms::CommandId;
  const bool is_request = Is(header, kSubmitSm) || Is(header, kDeliverSm);
  const bool is_answer = Is(header, kSubmitSmResp) || Is(header, kDeliverSmResp);
  return (is_request && seams_.chaos.Hit(Fault::kRequestLost)) ||
         (is_answer && seams_.chaos.Hit(Fault::kAnswerLost));
}

// A body that says nothing, or a length that cannot be.
void SmppNet::Garble(Bytes& octets) {
  if (seams_.random.Percent(20)) {
    octets[0] = 0xFF;
    return;
  }
  std::fill(octets.begin() + sms::kHeaderBytes, octets.end(), std::uint8_t{0xFF});
}

void SmppNet::Arrive(const PipePtr& pipe, Side to, Packet packet) {
  Half& half = pipe->halves[to];
  if (pipe->is_broken || pipe->is_silent || half.is_over) return;
  half.inbox.push_back(std::move(packet));
  Pump(pipe, to);
}

void SmppNet::Pump(const PipePtr& pipe, Side side) {
  Half& half = pipe->halves[side];
  if (!half.reading) return;
  if (half.inbox.empty()) {
    if (!half.is_over) return;
    (void)half.loop->Post(
        [reading = std::exchange(half.reading, nullptr)] { reading(std::nullopt); });
    return;
  }
  Packet& packet = half.inbox.front();
  std::size_t count = std::min(half.into.size(), packet.octets.size() - packet.read);
  if (seams_.random.Percent(kCutPercent)) count = 1 + seams_.random.Below(count);
  std::copy_n(packet.octets.begin() + static_cast<std::ptrdiff_t>(packet.read), count,
              half.into.begin());
  packet.read += count;
  const ByteView octets = ByteView(half.into).first(count);
  (void)half.loop->Post([this, pipe, side, octets, handing = packet.handing,
                         reading = std::exchange(half.reading, nullptr)]() mutable {
    Take(pipe, side, octets, handing, reading);
  });
  if (packet.read == packet.octets.size()) half.inbox.pop_front();
}

void SmppNet::Take(const PipePtr& pipe, Side side, ByteView octets, Handing& handing,
                   const sms::Wire::Handler& reading) {
  if (side == kBridge) Overhear(*pipe, octets);
  handing_ = &handing;
  reading(octets.size());
  handing_ = nullptr;
}

void SmppNet::Overhear(Pipe& pipe, ByteView octets) {
  pipe.heard.Feed(octets);
  for (auto next = pipe.heard.Next(); next && *next; next = pipe.heard.Next()) {
    const auto pdu = sms::DecodePdu(**next, nullptr);
    if (!pdu || pdu->command != sms::CommandId::kSubmitSmResp) continue;
    const auto issued = pipe.issued.extract(pdu->sequence);
    const auto* body = std::get_if<sms::MessageIdBody>(&pdu->body);
    if (issued.empty() || body == nullptr || pdu->status != sms::status::kOk) continue;
    const bool in_time = seams_.queue.mono_now() - issued.mapped() < kAnswerWithin;
    if (in_time) hooks_.answered(body->message_id);
  }
}

void SmppNet::Close(const PipePtr& pipe, Side side) {
  Half& half = pipe->halves[side];
  half.is_over = true;
  half.inbox.clear();
  Pump(pipe, side);
  const Side other = side == kBridge ? kCentre : kBridge;
  if (pipe->is_broken || pipe->halves[other].is_over) return;
  // What was written before arrives before.
  seams_.queue.At(Later(pipe->halves[other].last_at), kTag, [this, pipe, other] {
    if (pipe->is_silent) return;
    pipe->halves[other].is_over = true;
    Pump(pipe, other);
  });
}

// Both find out at once, and what was on its way is lost.
void SmppNet::Break(const PipePtr& pipe) {
  if (std::exchange(pipe->is_broken, true)) return;
  for (const Side side : {kBridge, kCentre}) {
    pipe->halves[side].inbox.clear();
    pipe->halves[side].is_over = true;
    Pump(pipe, side);
  }
}

void SmppNet::BreakAll() {
  for (const auto& weak : std::exchange(pipes_, {})) {
    if (const auto pipe = weak.lock()) Break(pipe);
  }
}

}  // namespace trestle::world
