#include "bridge/store/trace_steps.h"

#include <algorithm>

#include "bridge/envelope/tls_codec.h"

namespace trestle {
namespace {

std::uint32_t InU32(std::int64_t value) {
  return static_cast<std::uint32_t>(std::clamp<std::int64_t>(value, 0, UINT32_MAX));
}

ByteView NameOf(const std::optional<Network>& network) {
  return network ? AsBytes(network->name()) : ByteView();
}

Result<std::optional<Network>> ReadName(TlsReader& reader) {
  const ByteView name = TRESTLE_TRY(reader.Vector());
  if (name.empty()) return std::optional<Network>();
  return std::optional(TRESTLE_TRY(Network::Parse(AsText(name))));
}

Result<TraceRecord> ReadStep(TlsReader& reader, const TraceRecord& common) {
  TraceRecord out = common;
  out.at = {static_cast<std::int64_t>(TRESTLE_TRY(reader.U64()))};
  out.latency = Millis{TRESTLE_TRY(reader.U32())};
  out.size_bytes = TRESTLE_TRY(reader.U32());
  out.attempt = static_cast<int>(TRESTLE_TRY(reader.U32()));
  out.rule = static_cast<Rule>(TRESTLE_TRY(reader.U8()));
  out.step = static_cast<Step>(TRESTLE_TRY(reader.U8()));
  out.outcome = static_cast<Outcome>(TRESTLE_TRY(reader.U8()));
  if (TRESTLE_TRY(reader.U8()) == 0) out.delivery_id.reset();
  out.from_network = TRESTLE_TRY(ReadName(reader));
  out.to_network = TRESTLE_TRY(ReadName(reader));
  return out;
}

}  // namespace

void AppendStep(Bytes& steps, const TraceRecord& record) {
  static_assert(sizeof(Rule) == 1 && sizeof(Step) == 1 && sizeof(Outcome) == 1);
  TlsWriter writer;
  writer.U64(static_cast<std::uint64_t>(record.at.ms));
  writer.U32(InU32(record.latency.count()));
  writer.U32(InU32(static_cast<std::int64_t>(record.size_bytes)));
  writer.U32(InU32(record.attempt));
  writer.U8(static_cast<std::uint8_t>(record.rule));
  writer.U8(static_cast<std::uint8_t>(record.step));
  writer.U8(static_cast<std::uint8_t>(record.outcome));
  writer.U8(record.delivery_id ? 1 : 0);
  writer.Vector(NameOf(record.from_network));
  writer.Vector(NameOf(record.to_network));
  steps.insert(steps.end(), writer.bytes().begin(), writer.bytes().end());
}

Result<std::vector<TraceRecord>> StepsIn(ByteView steps, const TraceRecord& common) {
  std::vector<TraceRecord> out;
  for (TlsReader reader(steps); !reader.at_end();) {
    Result<TraceRecord> step = ReadStep(reader, common);
    if (!step) return Fail(Reason::kStorage, "the steps of an envelope are damaged");
    out.push_back(*std::move(step));
  }
  return out;
}

}  // namespace trestle
