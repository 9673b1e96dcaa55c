// trestle-endpoint-bench [SECONDS]: what sealing and opening cost, next to the raw operations that
// nobody can do without (one Ed25519 signature, one AEAD pass). Ratios are what to compare between
// machines; the times are this machine's. Runs single-threaded and writes only to a temporary
// folder.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <functional>
#include <vector>

#include "bridge/base/system_seams.h"
#include "endpoint/crypto/aead.h"
#include "endpoint/endpoint.h"

namespace trestle {
namespace {

constexpr std::size_t kMessageBytes = 1024;
constexpr std::size_t kGroupSize = 50;
constexpr int kRoundsMax = 100000;

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

// The median of single runs, in microseconds: steadier than a mean on a shared machine.
double Median(double seconds, const std::function<void()>& run, Timer timer = Timer::kProcessor) {
  std::vector<double> times;
  const double end = NowUs(Timer::kWall) + seconds * 1e6;
  while (NowUs(Timer::kWall) < end && times.size() < kRoundsMax) {
    const double start = NowUs(timer);
    run();
    times.push_back(NowUs(timer) - start);
  }
  std::nth_element(times.begin(), times.begin() + static_cast<std::ptrdiff_t>(times.size() / 2),
                   times.end());
  return times[times.size() / 2];
}

void Print(const char* what, double us, const char* against, double base_us) {
  std::printf("%-44s %10.1f us", what, us);
  if (base_us > 0) std::printf("   %5.2f x %s", us / base_us, against);
  std::printf("\n");
}

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

struct Raw {
  double sign_us = 0;
  double verify_us = 0;
  double seal_us = 0;
  double open_us = 0;
};

Raw MeasureRaw(double seconds) {
  SystemRandom random;
  const crypto::KeyPair key = crypto::MakeEd25519KeyPair(random);
  const Bytes text(kMessageBytes, 1);
  const Bytes signature = Must(crypto::Ed25519Sign(key.private_key, text));
  const auto aead = crypto::AeadId::kAes128Gcm;
  const Bytes sealed = Must(crypto::AeadSeal(aead, Bytes(16), Bytes(12), {}, text));
  Raw out;
  out.sign_us = Median(seconds, [&] { Must(crypto::Ed25519Sign(key.private_key, text)); });
  out.verify_us =
      Median(seconds, [&] { Must(crypto::Ed25519Verify(key.public_key, text, signature)); });
  out.seal_us =
      Median(seconds, [&] { Must(crypto::AeadSeal(aead, Bytes(16), Bytes(12), {}, text)); });
  out.open_us =
      Median(seconds, [&] { Must(crypto::AeadOpen(aead, Bytes(16), Bytes(12), {}, sealed)); });
  Print("raw Ed25519 sign, 1 KiB", out.sign_us, "", 0);
  Print("raw Ed25519 verify, 1 KiB", out.verify_us, "", 0);
  Print("raw AES-128-GCM seal, 1 KiB", out.seal_us, "", 0);
  Print("raw AES-128-GCM open, 1 KiB", out.open_us, "", 0);
  return out;
}

void MeasureMessages(double seconds, const Raw& raw) {
  Groups groups(2);
  const Bytes text(kMessageBytes, 1);
  const Bytes aad(91, 2);
  std::vector<mls::PrivateMessage> sent;
  const double seal_us = Median(seconds, [&] {
    sent.push_back(Must(groups.members[0].Protect(aad, text, mls::Padding::kBuckets)));
  });
  std::size_t next = 0;
  const double open_us = Median(seconds, [&] {
    if (next == sent.size()) {
      sent.push_back(Must(groups.members[0].Protect(aad, text, mls::Padding::kBuckets)));
    }
    Must(groups.members[1].Handle(mls::MlsMessage{sent[next++]}));
  });
  Print("MLS seal, 1 KiB", seal_us, "sign + AEAD", raw.sign_us + raw.seal_us);
  Print("MLS open, 1 KiB", open_us, "verify + AEAD", raw.verify_us + raw.open_us);
}

void MeasureEndpoint(double seconds) {
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
    std::vector<Bytes> sent;
    const double seal_us = Median(
        seconds, [&] { sent.push_back(Must(ana->Seal("ben", message, {})).payload); },
        Timer::kWall);
    std::size_t next = 0;
    const double open_us = Median(
        seconds,
        [&] {
          if (next == sent.size()) sent.push_back(Must(ana->Seal("ben", message, {})).payload);
          Must(ben->Unseal("ana", sent[next++]));
        },
        Timer::kWall);
    Print("endpoint seal, 1 KiB, state synced to disk", seal_us, "", 0);
    Print("endpoint open, 1 KiB, state synced to disk", open_us, "", 0);
  }
  std::filesystem::remove_all(folder);
}

void MeasureCommits(double seconds, const Raw& raw) {
  Groups groups(kGroupSize);
  const double make_us = Median(seconds, [&] {
    mls::Group committer = groups.members[0];
    Must(committer.Commit({}));
  });
  const mls::NewCommit commit = Must(groups.members[0].Commit({}));
  const double take_us = Median(seconds, [&] {
    mls::Group receiver = groups.members[kGroupSize - 1];
    Must(receiver.Handle(commit.message));
  });
  Print("commit with a path, group of 50: make", make_us, "sign", raw.sign_us);
  Print("commit with a path, group of 50: take", take_us, "verify", raw.verify_us);
  std::printf("%-44s %10zu octets\n", "commit with a path, group of 50: size",
              mls::Encode(commit.message).size());
}

}  // namespace
}  // namespace trestle

int main(int argc, char** argv) {
  const double seconds = argc > 1 ? std::atof(argv[1]) : 1.0;
  const trestle::Raw raw = trestle::MeasureRaw(seconds);
  trestle::MeasureMessages(seconds, raw);
  trestle::MeasureCommits(seconds, raw);
  trestle::MeasureEndpoint(seconds);
  return 0;
}
