// trestle-endpoint-bench [SECONDS]: what sealing, opening and committing cost, next to the raw
// OpenSSL operations that nobody can do without, on the same data. Each pair is measured in turns,
// A B A B, so that whatever disturbs the machine disturbs both; the ratio is that of the medians,
// and its spread is over ten stretches of the run. Ratios compare between machines, times do not.
// Single-threaded; writes only to a temporary folder.
#include <openssl/evp.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <functional>
#include <optional>
#include <vector>

#include "bridge/base/system_seams.h"
#include "endpoint/crypto/aead.h"
#include "endpoint/endpoint.h"

namespace trestle {
namespace {

constexpr std::size_t kMessageBytes = 1024;
constexpr std::size_t kGroupSizes[] = {2, 50};
constexpr std::size_t kRoundsMax = 100000;
constexpr std::size_t kStretches = 10;

template <class T>
T Must(Result<T> result) {
  if (result) return *std::move(result);
  std::fprintf(stderr, "the benchmark cannot run: %s\n", result.error().what.c_str());
  std::exit(1);
}
void Must(Result<void> result) { TRESTLE_CHECK(result.has_value()); }

// Processor time where only computing is measured, so that other programs do not count; wall time
// where the disk is waited for.
enum class Timer : std::uint8_t { kProcessor, kWall };

double NowUs(Timer timer) {
  timespec now{};
  ::clock_gettime(timer == Timer::kProcessor ? CLOCK_THREAD_CPUTIME_ID : CLOCK_MONOTONIC, &now);
  return static_cast<double>(now.tv_sec) * 1e6 + static_cast<double>(now.tv_nsec) / 1e3;
}

double TimeUs(const std::function<void()>& run, Timer timer) {
  const double start = NowUs(timer);
  run();
  return NowUs(timer) - start;
}

double Median(std::vector<double> times) {
  const auto middle = times.begin() + static_cast<std::ptrdiff_t>(times.size() / 2);
  std::nth_element(times.begin(), middle, times.end());
  return *middle;
}

std::vector<double> Stretch(const std::vector<double>& times, std::size_t number) {
  const std::size_t first = times.size() * number / kStretches;
  const std::size_t last = times.size() * (number + 1) / kStretches;
  return {times.begin() + static_cast<std::ptrdiff_t>(first),
          times.begin() + static_cast<std::ptrdiff_t>(last)};
}

struct Line {
  const char* what;
  const char* against = "";
  double ratio_aim = 0;  // 0: no aim
  double ms_aim = 0;
  Timer timer = Timer::kProcessor;
};

void PrintAim(const Line& line, double us, double ratio) {
  if (line.ratio_aim > 0) {
    std::printf("   aim %.1f x: %s", line.ratio_aim, ratio <= line.ratio_aim ? "met" : "MISSED");
  }
  if (line.ms_aim > 0) {
    std::printf("   aim %.0f ms: %s", line.ms_aim, us <= line.ms_aim * 1e3 ? "met" : "MISSED");
  }
  std::printf("\n");
}

void Nothing() {}

// Runs both in turns for that long, and prints the medians and their ratio; `before` prepares each
// turn and is not measured.
void Compare(const Line& line, double seconds, const std::function<void()>& ours,
             const std::function<void()>& raw, const std::function<void()>& before = &Nothing) {
  std::vector<double> our_times;
  std::vector<double> raw_times;
  const double end = NowUs(Timer::kWall) + seconds * 1e6;
  while ((NowUs(Timer::kWall) < end && our_times.size() < kRoundsMax) ||
         our_times.size() < kStretches) {
    before();
    our_times.push_back(TimeUs(ours, line.timer));
    raw_times.push_back(TimeUs(raw, line.timer));
  }
  const double us = Median(our_times);
  const double base_us = Median(raw_times);
  std::vector<double> ratios;
  for (std::size_t i = 0; i < kStretches; ++i) {
    ratios.push_back(Median(Stretch(our_times, i)) / Median(Stretch(raw_times, i)));
  }
  const auto [low, high] = std::minmax_element(ratios.begin(), ratios.end());
  std::printf("%-30s %9.1f us  %5.2f x (%.2f to %.2f) %s, %.1f us", line.what, us, us / base_us,
              *low, *high, line.against, base_us);
  PrintAim(line, us, us / base_us);
}

void Measure(const Line& line, double seconds, const std::function<void()>& run,
             const std::function<void()>& before = &Nothing) {
  std::vector<double> times;
  const double end = NowUs(Timer::kWall) + seconds * 1e6;
  while ((NowUs(Timer::kWall) < end && times.size() < kRoundsMax) || times.size() < kStretches) {
    before();
    times.push_back(TimeUs(run, line.timer));
  }
  std::vector<double> medians;
  for (std::size_t i = 0; i < kStretches; ++i) medians.push_back(Median(Stretch(times, i)));
  const auto [low, high] = std::minmax_element(medians.begin(), medians.end());
  const double us = Median(times);
  std::printf("%-30s %9.1f us  (%.1f to %.1f)", line.what, us, *low, *high);
  PrintAim(line, us, 0);
}

// OpenSSL itself, with keys and contexts set up once: what a program would pay that did nothing but
// these operations.
class Raw {
 public:
  Raw() {
    Bytes seed(crypto::kEd25519KeyBytes, 9);
    key_ = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, seed.data(), seed.size());
    cipher_ = EVP_CIPHER_CTX_new();
    Sign();
    sealed_.resize(text_.size());
    Seal();
  }
  Raw(const Raw&) = delete;
  Raw& operator=(const Raw&) = delete;
  ~Raw() {
    EVP_PKEY_free(key_);
    EVP_CIPHER_CTX_free(cipher_);
  }

  void Sign() {
    std::size_t size = signature_.size();
    EVP_MD_CTX* context = EVP_MD_CTX_new();
    EVP_DigestSignInit(context, nullptr, nullptr, nullptr, key_);
    TRESTLE_CHECK(EVP_DigestSign(context, signature_.data(), &size, text_.data(), text_.size()) ==
                  1);
    EVP_MD_CTX_free(context);
  }
  void Verify() {
    EVP_MD_CTX* context = EVP_MD_CTX_new();
    EVP_DigestVerifyInit(context, nullptr, nullptr, nullptr, key_);
    TRESTLE_CHECK(EVP_DigestVerify(context, signature_.data(), signature_.size(), text_.data(),
                                   text_.size()) == 1);
    EVP_MD_CTX_free(context);
  }
  void Seal() {
    int written = 0;
    EVP_EncryptInit_ex(cipher_, EVP_aes_128_gcm(), nullptr, aead_key_.data(), nonce_.data());
    EVP_EncryptUpdate(cipher_, sealed_.data(), &written, text_.data(), kMessageBytes);
    EVP_EncryptFinal_ex(cipher_, tag_.data(), &written);
    EVP_CIPHER_CTX_ctrl(cipher_, EVP_CTRL_AEAD_GET_TAG, crypto::kTagBytes, tag_.data());
  }
  void Open() {
    int written = 0;
    EVP_DecryptInit_ex(cipher_, EVP_aes_128_gcm(), nullptr, aead_key_.data(), nonce_.data());
    EVP_DecryptUpdate(cipher_, opened_.data(), &written, sealed_.data(), kMessageBytes);
    EVP_CIPHER_CTX_ctrl(cipher_, EVP_CTRL_AEAD_SET_TAG, crypto::kTagBytes, tag_.data());
    TRESTLE_CHECK(EVP_DecryptFinal_ex(cipher_, opened_.data(), &written) == 1);
  }

 private:
  EVP_PKEY* key_ = nullptr;
  EVP_CIPHER_CTX* cipher_ = nullptr;
  Bytes text_ = Bytes(kMessageBytes, 1);
  Bytes signature_ = Bytes(crypto::kSignatureBytes);
  Bytes aead_key_ = Bytes(16, 3);
  Bytes nonce_ = Bytes(crypto::kNonceBytes, 4);
  Bytes tag_ = Bytes(crypto::kTagBytes);
  Bytes sealed_;
  Bytes opened_ = Bytes(kMessageBytes);
};

class BelieveAnyone final : public mls::Authentication {
 public:
  Result<void> CheckLeaf(const mls::LeafNode&, crypto::SuiteId) const override { return {}; }
  Result<void> CheckSuccessor(const mls::LeafNode&, const mls::LeafNode&) const override {
    return {};
  }
};

struct Groups {
  SystemRandom random;
  BelieveAnyone authentication;
  const crypto::Suite& suite = *crypto::FindSuite(1);
  mls::Services services{&random, &authentication, nullptr, nullptr};
  std::vector<mls::Group> members;

  explicit Groups(std::size_t size) {
    std::vector<std::pair<mls::OwnKeyPackage, crypto::SecretBytes>> own;
    for (std::size_t i = 0; i < size; ++i) {
      crypto::KeyPair pair = crypto::MakeEd25519KeyPair(random);
      mls::MemberIdentity who{pair.private_key, pair.public_key, {}};
      who.credential.identity = Bytes(136, static_cast<std::uint8_t>(i));
      own.emplace_back(Must(mls::MakeKeyPackage(suite, who, {0, ~0ULL}, random)),
                       std::move(pair.private_key));
    }
    members.push_back(
        Must(mls::Group::Create(services, suite, Bytes(16, 1), own[0].first, own[0].second)));
    mls::CommitOptions options;
    for (std::size_t i = 1; i < size; ++i) {
      options.proposals.push_back({mls::Add{own[i].first.key_package}});
    }
    mls::NewCommit commit = Must(members[0].Commit(std::move(options)));
    for (std::size_t i = 1; i < size; ++i) {
      members.push_back(
          Must(mls::Group::Join(services, *commit.welcome, own[i].first, own[i].second)));
    }
    Must(members[0].AdoptCommit(std::move(commit)));
    // Every member commits once, so that the tree is full, as in a group that has lived.
    for (std::size_t i = 0; i < size; ++i) Commit(i);
  }

  void Commit(std::size_t who) {
    mls::NewCommit commit = Must(members[who].Commit({}));
    for (std::size_t i = 0; i < members.size(); ++i) {
      if (i != who) Must(members[i].Handle(commit.message));
    }
    Must(members[who].AdoptCommit(std::move(commit)));
  }
};

void MeasureMessages(Groups& groups, double seconds, Raw& raw) {
  const Bytes text(kMessageBytes, 1);
  const Bytes aad(91, 2);
  const auto seal = [&] {
    return Must(groups.members[0].Protect(aad, text, mls::Padding::kBuckets));
  };
  Compare({"encrypt 1 KiB", "sign + AEAD", 1.5}, seconds, seal, [&] {
    raw.Sign();
    raw.Seal();
  });
  groups.Commit(0);  // a fresh epoch, in which the receiver has missed nothing
  mls::MlsMessage message;
  Compare(
      {"decrypt 1 KiB", "verify + AEAD", 1.5}, seconds,
      [&] { Must(groups.members[1].Handle(message)); },
      [&] {
        raw.Verify();
        raw.Open();
      },
      [&] { message = {seal()}; });
}

void MeasureCommits(Groups& groups, double seconds, Raw& raw) {
  const double aim_ms = groups.members.size() == 50 ? 5 : 0;
  // On copies: each commit spends a handshake key, also when it is dropped.
  std::optional<mls::Group> committer;
  Compare(
      {"commit with a path: make", "sign", 0, aim_ms}, seconds,
      [&] { Must(committer->Commit({})); }, [&] { raw.Sign(); },
      [&] { committer = groups.members[0]; });
  const mls::NewCommit commit = Must(groups.members[0].Commit({}));
  std::optional<mls::Group> receiver;
  Compare(
      {"commit with a path: take", "verify", 0, aim_ms}, seconds,
      [&] { Must(receiver->Handle(commit.message)); }, [&] { raw.Verify(); },
      [&] { receiver = groups.members.back(); });
  std::printf("%-30s %9zu octets\n", "commit with a path: size",
              mls::Encode(commit.message).size());
}

void MeasureGroup(std::size_t size, double seconds, Raw& raw) {
  std::printf("\na group of %zu\n", size);
  Groups groups(size);
  MeasureMessages(groups, seconds, raw);
  MeasureCommits(groups, seconds, raw);
}

void MeasureEndpoint(double seconds) {
  std::printf("\nan endpoint, its state synced to disk (wall time)\n");
  SystemRandom random;
  const SystemClock clock;
  std::string pattern = (std::filesystem::temp_directory_path() / "trestle-bench-XXXXXX").string();
  const std::string folder = ::mkdtemp(pattern.data());
  {
    auto ana = Must(endpoint::Endpoint::Open(folder + "/ana", random, clock));
    auto ben = Must(endpoint::Endpoint::Open(folder + "/ben", random, clock));
    const Bytes key_package = Must(ben->MakeKeyPackages(1)).front();
    Must(ben->JoinThread("ana", Must(ana->StartThread("ben", key_package))));
    const auto message = content::Message::Text(std::string(kMessageBytes, 'a'));
    Bytes sent;
    const auto seal = [&] { sent = Must(ana->Seal("ben", message, {})).payload; };
    Measure(
        {"open 1 KiB", "", 0, 0, Timer::kWall}, seconds, [&] { Must(ben->Unseal("ana", sent)); },
        seal);
    Measure({"seal 1 KiB", "", 0, 0, Timer::kWall}, seconds, seal);
  }
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace trestle

int main(int argc, char** argv) {
  const double seconds = argc > 1 ? std::atof(argv[1]) : 1.0;
  std::printf(
      "median, ratio of medians to raw OpenSSL in turns with it (least to most of ten "
      "stretches)\n");
  trestle::Raw raw;
  for (const std::size_t size : trestle::kGroupSizes) trestle::MeasureGroup(size, seconds, raw);
  trestle::MeasureEndpoint(seconds);
  return 0;
}
