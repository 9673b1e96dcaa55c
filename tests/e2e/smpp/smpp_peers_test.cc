// The adapter and the simulated centre against other people's SMPP: npm `smpp` 0.5.1 as client and
// as centre. Installs it into the folder given by the build; without node, npm or the registry the
// tests say so and pass.
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <fstream>

#include "tests/unit/sms/sms_world.h"

namespace trestle::sms {
namespace {

const std::string kSource = "tests/e2e/smpp";

// Copies the scripts and installs what they need; false when that cannot be done here.
bool Prepare(const std::string& folder) {
  std::error_code ignored;
  std::filesystem::create_directories(folder, ignored);
  for (const char* name : {"package.json", "client.js", "centre.js"}) {
    std::filesystem::copy_file(kSource + "/" + name, folder + "/" + name,
                               std::filesystem::copy_options::overwrite_existing, ignored);
  }
  if (std::filesystem::exists(folder + "/node_modules/smpp")) return true;
  const std::string install = "cd '" + folder +
                              "' && command -v node >/dev/null && timeout 120 npm install --silent "
                              "--no-audit --no-fund --ignore-scripts >install.log 2>&1";
  if (std::system(install.c_str()) == 0) return true;
  WARN("skipped: node or npm is not here, or `smpp` 0.5.1 cannot be installed");
  return false;
}

// A script that runs beside the test; its lines are read one by one.
class Script {
 public:
  Script(const std::string& folder, const std::vector<std::string>& arguments) {
    std::array<int, 2> in{};
    std::array<int, 2> out{};
    REQUIRE(pipe(in.data()) == 0);
    REQUIRE(pipe(out.data()) == 0);
    pid_ = fork();
    REQUIRE(pid_ >= 0);
    if (pid_ == 0) {
      dup2(in[0], STDIN_FILENO);
      dup2(out[1], STDOUT_FILENO);
      close(in[1]);
      close(out[0]);
      if (chdir(folder.c_str()) != 0) _exit(126);
      std::vector<char*> argv;
      std::string node = "node";
      argv.push_back(node.data());
      std::vector<std::string> copies = arguments;
      for (std::string& each : copies) argv.push_back(each.data());
      argv.push_back(nullptr);
      alarm(60);  // it ends by itself, or is ended
      execvp("node", argv.data());
      _exit(127);
    }
    close(in[0]);
    close(out[1]);
    input_ = in[1];
    output_ = fdopen(out[0], "r");
  }
  ~Script() {
    CloseInput();
    if (output_ != nullptr) (void)std::fclose(output_);
    if (pid_ > 0) (void)waitpid(pid_, nullptr, 0);
  }
  Script(const Script&) = delete;
  Script& operator=(const Script&) = delete;

  std::string Line() {
    std::array<char, 4096> buffer{};
    if (std::fgets(buffer.data(), buffer.size(), output_) == nullptr) return "";
    std::string line(buffer.data());
    while (line.ends_with('\n')) line.pop_back();
    return line;
  }
  // Its exit code, once it has ended by itself.
  int Wait() {
    int state = 0;
    waitpid(std::exchange(pid_, 0), &state, 0);
    return WIFEXITED(state) ? WEXITSTATUS(state) : -1;
  }

 private:
  void CloseInput() {
    if (input_ >= 0) (void)close(std::exchange(input_, -1));
  }

  pid_t pid_ = 0;
  int input_ = -1;
  FILE* output_ = nullptr;
};

}  // namespace

TEST_CASE("Another client is served by the simulated centre") {
  const std::string folder = std::string(TRESTLE_E2E_FOLDER);
  if (!Prepare(folder)) return;
  SmsWorld world;
  Script client(folder, {"client.js", std::to_string(world.smpp_port()), "trestle", "secret",
                         SmsWorld::kService, SmsWorld::kAna});
  REQUIRE(client.Line() == "bound");
  world.Sends(SmsWorld::kAna, SmsWorld::kService, "Grüße, 世界");
  Segment segment;
  segment.chunk = {0, 1, 2, 0xFF};
  world.SendsData(SmsWorld::kAna, SmsWorld::kService, EncodeSegment(segment).value());
  std::string seen;
  for (std::string line = client.Line(); !line.empty(); line = client.Line()) seen += line + "; ";
  INFO(seen);
  CHECK(client.Wait() == 0);
  const auto inbox = world.Inbox(SmsWorld::kAna, 2);
  CHECK(inbox[0]["text"] == "price: 5€ @ {home}");
  std::string long_text;
  for (int i = 0; i < 30; ++i) long_text += "žluťoučký ";
  CHECK(inbox[1]["text"] == long_text);
}

TEST_CASE("The adapter works with another centre, both ways and with its receipts") {
  const std::string folder = std::string(TRESTLE_E2E_FOLDER);
  if (!Prepare(folder)) return;
  SmsWorld world;
  Script centre(folder, {"centre.js", "trestle", "secret", SmsWorld::kService, SmsWorld::kAna});
  const std::string port = centre.Line();
  REQUIRE(port.starts_with("port "));
  SmsOptions options = world.Options();
  options.port = static_cast<std::uint16_t>(std::stoi(port.substr(5)));
  options.response_id_base = IdBase::kHex;
  options.receipt_id_base = IdBase::kDecimal;
  world.StartAdapter(std::move(options));
  const auto ana = std::get<EnrolmentId>(world.host.Offers(1)[0].from);
  CHECK(centre.Line() == "answered 0");

  const DeliveryId text = DeliveryId::Mint(world.random);
  CHECK(world.Deliver(text, ana, ServiceReply{"wörld @ 5€"}).certainty == Certainty::kSent);
  CHECK(centre.Line() == "text wörld @ 5€");
  CHECK(world.host.Reports(1)[0].id == text);

  EnvelopeFrame frame;
  frame.payload = Bytes(300, 0xA5);
  const DeliveryId sealed = DeliveryId::Mint(world.random);
  CHECK(world.Deliver(sealed, ana, Frame(frame)).certainty == Certainty::kSent);
  Bytes whole;
  for (int i = 0; i < 3; ++i) {
    const std::string line = centre.Line();
    REQUIRE(line.starts_with("data "));
    const Bytes chunk = FromHex(line.substr(5)).value();
    whole.insert(whole.end(), chunk.begin(), chunk.end());
  }
  CHECK(DecodeFrame(whole).value() == Frame(frame));
  const auto report = world.host.Reports(2)[1];
  CHECK(report.id == sealed);
  CHECK(report.level == ReceiptLevel::kDelivered);
  world.StopAdapter();
}

}  // namespace trestle::sms
