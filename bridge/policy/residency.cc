#include "bridge/policy/residency.h"

#include <algorithm>

namespace trestle {
namespace {

bool IsOneOf(std::string_view sign, std::string_view signs) {
  return sign.find_first_not_of(signs) == std::string_view::npos;
}

bool Names(const std::vector<std::string>& places, const std::string& place) {
  return !place.empty() && std::ranges::find(places, place) != places.end();
}

// Whether the list says nothing about a part of the place that the store leaves open.
bool IsClear(const std::vector<std::string>& refused, const StorePlace& store) {
  return std::ranges::all_of(refused, [&](const std::string& place) {
    return IsCountry(place) ? !store.country.empty() : !store.region.empty();
  });
}

}  // namespace

bool IsRegion(std::string_view name) {
  constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyz";
  constexpr std::string_view kSigns = "abcdefghijklmnopqrstuvwxyz0123456789-";
  return !name.empty() && name.size() <= kPlaceBytesMax && IsOneOf(name.substr(0, 1), kLetters) &&
         IsOneOf(name, kSigns);
}

bool IsCountry(std::string_view name) {
  return name.size() == 2 && IsOneOf(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ");
}

bool MayKeep(const ResidencyWishes& wishes, const StorePlace& store) {
  const bool accepted = wishes.accepted.empty() || Names(wishes.accepted, store.region) ||
                        Names(wishes.accepted, store.country);
  const bool refused = Names(wishes.refused, store.region) || Names(wishes.refused, store.country);
  return accepted && !refused && IsClear(wishes.refused, store);
}

}  // namespace trestle
