// The folder of one person on this machine (~/.trestle): the account's token, the endpoint's state
// and what is kept between two runs. Made with mode 0700, files 0600, each replaced as a whole and
// synced. Several runs may use one home at once: the endpoint is lent to one of them at a time, and
// the others wait for it. Not thread-safe.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "endpoint/endpoint.h"

namespace trestle::cli {

class Home {
 public:
  static constexpr std::size_t kTokenBytesMax = 256;
  static constexpr std::size_t kFileBytesMax = 2U << 20;

  // Gives the endpoint back when it dies.
  class Lease {
   public:
    Lease(int lock, std::unique_ptr<endpoint::Endpoint> device)
        : lock_(lock), device_(std::move(device)) {}
    Lease(Lease&& other) noexcept;
    Lease& operator=(Lease&&) = delete;
    ~Lease();
    endpoint::Endpoint& operator*() const { return *device_; }
    endpoint::Endpoint* operator->() const { return device_.get(); }

   private:
    int lock_;
    std::unique_ptr<endpoint::Endpoint> device_;
  };

  // `folder` empty means ~/.trestle; kInvalidArgument when there is no HOME either. Makes nothing.
  static Result<Home> At(const std::string& folder);

  // The account's token; none before the person enrolled here.
  Result<std::optional<std::string>> Token() const;
  Result<void> SaveToken(std::string_view token);
  // Waits until no other run has it. Makes the folder and the endpoint when they are absent.
  Result<Lease> Endpoint(Random& random, const Clock& clock) const;
  bool has_endpoint() const;  // somebody asked for it before

  // Small files of ours. Names hold lower-case letters, digits and "-" only.
  Result<void> Save(std::string_view name, ByteView octets) const;
  Result<std::optional<Bytes>> Load(std::string_view name) const;
  Result<void> Remove(std::string_view name) const;  // absent is fine
  // Names that start with `prefix`, in order.
  Result<std::vector<std::string>> Names(std::string_view prefix) const;

  const std::string& folder() const { return folder_; }

 private:
  explicit Home(std::string folder) : folder_(std::move(folder)) {}
  Result<void> MakeFolder() const;
  std::string PathOf(std::string_view name) const;

  std::string folder_;
};

// The first line of a file with a token, without its line end; kNotFound when it cannot be read,
// kMalformed when it is empty or too long.
Result<std::string> ReadTokenFile(const std::string& path);

}  // namespace trestle::cli
