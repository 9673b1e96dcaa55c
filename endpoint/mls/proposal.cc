#include "endpoint/mls/proposal.h"

namespace trestle::mls {
namespace {

constexpr std::uint8_t kByValue = 1;  // RFC 9420, Section 12.4: ProposalOrRefType
constexpr std::uint8_t kByReference = 2;

template <class... Cases>
struct Overloaded : Cases... {
  using Cases::operator()...;
};
template <class... Cases>
Overloaded(Cases...) -> Overloaded<Cases...>;

}  // namespace

void PreSharedKeyId::Write(TlsWriter& out) const {
  out.U8(static_cast<std::uint8_t>(type));
  switch (type) {
    case PskType::kExternal:
      out.Vector(psk_id);
      break;
    case PskType::kResumption:
      out.U8(static_cast<std::uint8_t>(usage)).Vector(psk_group_id).U64(psk_epoch);
      break;
  }
  out.Vector(nonce);
}

Result<PreSharedKeyId> PreSharedKeyId::Read(TlsReader& in) {
  PreSharedKeyId out;
  const std::uint8_t type = TRESTLE_TRY(in.U8());
  if (type < 1 || type > 2) return Fail(Reason::kMalformed, "a pre-shared key has no such type");
  out.type = static_cast<PskType>(type);
  if (out.type == PskType::kExternal) {
    out.psk_id = TRESTLE_TRY(ReadBytes(in));
  } else {
    const std::uint8_t usage = TRESTLE_TRY(in.U8());
    if (usage < 1 || usage > 3) return Fail(Reason::kMalformed, "a resumption has no such usage");
    out.usage = static_cast<ResumptionUsage>(usage);
    out.psk_group_id = TRESTLE_TRY(ReadBytes(in));
    out.psk_epoch = TRESTLE_TRY(in.U64());
  }
  out.nonce = TRESTLE_TRY(ReadBytes(in));
  return out;
}

ProposalType Proposal::type() const {
  return static_cast<ProposalType>(body.index() +
                                   1);  // the variant stands in the order of the registry
}

void Proposal::WriteBody(TlsWriter& out) const {
  std::visit(Overloaded{
                 [&](const Add& add) { add.key_package.Write(out); },
                 [&](const Update& update) { update.leaf_node.Write(out); },
                 [&](const Remove& remove) { out.U32(remove.removed.value); },
                 [&](const PreSharedKey& psk) { psk.psk.Write(out); },
                 [&](const ReInit& reinit) {
                   out.Vector(reinit.group_id).U16(reinit.version).U16(reinit.cipher_suite);
                   WriteList(out, reinit.extensions);
                 },
                 [&](const ExternalInit& init) { out.Vector(init.kem_output); },
                 [&](const GroupContextExtensions& gce) { WriteList(out, gce.extensions); },
             },
             body);
}

void Proposal::Write(TlsWriter& out) const {
  out.U16(static_cast<std::uint16_t>(type()));
  WriteBody(out);
}

Result<Proposal> Proposal::ReadBody(ProposalType type, TlsReader& in) {
  switch (type) {
    case ProposalType::kAdd:
      return Proposal{Add{TRESTLE_TRY(KeyPackage::Read(in))}};
    case ProposalType::kUpdate:
      return Proposal{Update{TRESTLE_TRY(LeafNode::Read(in))}};
    case ProposalType::kRemove:
      return Proposal{Remove{LeafIndex{TRESTLE_TRY(in.U32())}}};
    case ProposalType::kPreSharedKey:
      return Proposal{PreSharedKey{TRESTLE_TRY(PreSharedKeyId::Read(in))}};
    case ProposalType::kReInit: {
      ReInit out;
      out.group_id = TRESTLE_TRY(ReadBytes(in));
      out.version = TRESTLE_TRY(in.U16());
      out.cipher_suite = TRESTLE_TRY(in.U16());
      out.extensions = TRESTLE_TRY(ReadExtensions(in));
      return Proposal{std::move(out)};
    }
    case ProposalType::kExternalInit:
      return Proposal{ExternalInit{TRESTLE_TRY(ReadBytes(in))}};
    case ProposalType::kGroupContextExtensions:
      return Proposal{GroupContextExtensions{TRESTLE_TRY(ReadExtensions(in))}};
  }
  return Fail(Reason::kUnsupported, "an unknown proposal type");
}

Result<Proposal> Proposal::Read(TlsReader& in) {
  const std::uint16_t type = TRESTLE_TRY(in.U16());
  return ReadBody(static_cast<ProposalType>(type), in);
}

void ProposalOrRef::Write(TlsWriter& out) const {
  if (const auto* proposal = std::get_if<Proposal>(&body)) {
    out.U8(kByValue);
    proposal->Write(out);
  } else {
    out.U8(kByReference).Vector(std::get<Bytes>(body));
  }
}

Result<ProposalOrRef> ProposalOrRef::Read(TlsReader& in) {
  const std::uint8_t type = TRESTLE_TRY(in.U8());
  if (type == kByValue) return ProposalOrRef{TRESTLE_TRY(Proposal::Read(in))};
  if (type == kByReference) return ProposalOrRef{TRESTLE_TRY(ReadBytes(in))};
  return Fail(Reason::kMalformed, "a proposal stands neither by value nor by reference");
}

void Commit::Write(TlsWriter& out) const {
  WriteList(out, proposals);
  WriteOptional(out, path);
}

Result<Commit> Commit::Read(TlsReader& in) {
  Commit out;
  out.proposals = TRESTLE_TRY(ReadList<ProposalOrRef>(in));
  out.path = TRESTLE_TRY(ReadOptional<UpdatePath>(in));
  return out;
}

}  // namespace trestle::mls
