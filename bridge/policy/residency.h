// Where data may be kept: a pure rule over what a store states of its place and what accounts and
// the operator accept and refuse. A region is the operator's word, such as "eu"; a country is two
// letters of ISO 3166-1, such as "DE". What a store does not state cannot be accepted: a wish is
// never met by silence.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace trestle {

inline constexpr std::size_t kPlacesMax = 16;  // in each list of wishes
inline constexpr std::size_t kPlaceBytesMax = 32;

struct StorePlace {
  std::string name = "core";  // of the store, in the configuration
  std::string region;         // empty: not stated
  std::string country;        // empty: not stated
  bool operator==(const StorePlace&) const = default;
};

struct ResidencyWishes {
  std::vector<std::string> accepted;  // regions and countries; empty: anywhere
  std::vector<std::string> refused;
  bool operator==(const ResidencyWishes&) const = default;
};

// What the router knows of the bridge's side.
struct ResidencyPolicy {
  std::vector<StorePlace> stores = {StorePlace{}};
  ResidencyWishes operators;
};

bool IsRegion(std::string_view name);   // a lower-case letter, then those, digits and hyphens
bool IsCountry(std::string_view name);  // two upper-case letters
inline bool IsPlace(std::string_view name) { return IsRegion(name) || IsCountry(name); }

// Whether data may be kept in the store, as far as this side is concerned.
bool MayKeep(const ResidencyWishes& wishes, const StorePlace& store);

}  // namespace trestle
