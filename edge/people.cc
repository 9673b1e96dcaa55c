#include "edge/people.h"

#include <filesystem>

namespace trestle::edge {

Result<endpoint::Endpoint*> People::Of(const EnrolmentId& person) {
  const auto known = open_.find(person);
  if (known != open_.end()) {
    by_age_.splice(by_age_.end(), by_age_, known->second.age);
    return known->second.endpoint.get();
  }
  if (open_.size() == kOpenMax) {
    open_.erase(by_age_.front());
    by_age_.pop_front();
  }
  // Inside the edge's own folder, which is private.
  std::error_code failed;
  std::filesystem::create_directories(folder_, failed);
  if (failed) return Fail(Reason::kStorage, "the folder of the edge's people cannot be made");
  const Bytes32 key = keys_.Blind("endpoint state", {AsText(person.bytes())});
  auto made = TRESTLE_TRY(endpoint::Endpoint::Open(
      folder_ + "/" + person.hex(), crypto::SecretBytes(ToBytes(ByteView(key))), random_, clock_));
  made->StandAtEdge();
  endpoint::Endpoint* const out = made.get();
  open_.emplace(person, Open{std::move(made), by_age_.insert(by_age_.end(), person)});
  return out;
}

Result<PublishKeysFrame> People::KeysOf(const EnrolmentId& person) {
  endpoint::Endpoint& endpoint = *TRESTLE_TRY(Of(person));
  const std::size_t kept = endpoint.key_packages_kept();
  PublishKeysFrame frame;
  if (kept < kKeyPackages) {
    frame.key_packages = TRESTLE_TRY(endpoint.MakeKeyPackages(kKeyPackages - kept));
  }
  frame.key_packages.push_back(TRESTLE_TRY(endpoint.LastResortKeyPackage()));
  return frame;
}

}  // namespace trestle::edge
