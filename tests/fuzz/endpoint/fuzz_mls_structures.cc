// Every MLS decoder: what parses encodes to what it was, and the checks of a tree never crash. The
// first octet chooses the structure.
#include "endpoint/mls/framing.h"

namespace {

using namespace trestle;

template <class Item>
void RoundTrip(ByteView input) {
  const auto item = mls::Decode<Item>(input);
  if (!item) return;
  const Bytes again = mls::Encode(*item);
  TRESTLE_CHECK(ConstantTimeEqual(again, input));
}

void Tree(ByteView input) {
  const auto tree = mls::Decode<mls::RatchetTree>(input);
  if (!tree || tree->leaf_count() > 256) return;
  TRESTLE_CHECK(ConstantTimeEqual(mls::Encode(*tree), input));
  const auto structure = tree->VerifyStructure();
  const auto hashes = tree->VerifyParentHashes();
  mls::RatchetTree changed = *tree;
  const auto members = changed.members();
  if (structure && hashes && !members.empty()) changed.Remove(members.front());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const ByteView input(data + 1, size - 1);
  switch (data[0] % 14) {
    case 0:
      RoundTrip<mls::MlsMessage>(input);
      break;
    case 1:
      Tree(input);
      break;
    case 2:
      RoundTrip<mls::GroupSecrets>(input);
      break;
    case 3:
      RoundTrip<mls::Commit>(input);
      break;
    case 4:
      RoundTrip<mls::Proposal>(input);
      break;
    case 5:
      RoundTrip<mls::AuthenticatedContent>(input);
      break;
    case 6:
      RoundTrip<mls::Welcome>(input);
      break;
    case 7:
      RoundTrip<mls::GroupInfo>(input);
      break;
    case 8:
      RoundTrip<mls::KeyPackage>(input);
      break;
    case 9:
      RoundTrip<mls::UpdatePath>(input);
      break;
    case 10:
      RoundTrip<mls::RequiredCapabilities>(input);
      break;
    case 11:
      RoundTrip<mls::ExternalSender>(input);
      break;
    case 12:
      RoundTrip<mls::GroupContext>(input);
      break;
    default:
      RoundTrip<mls::PreSharedKeyId>(input);
      break;
  }
  return 0;
}
