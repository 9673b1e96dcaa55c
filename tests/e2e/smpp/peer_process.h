// Another program beside the test: what it prints is kept line by line, and it never outlives the
// test. A thread of its own reads, so that the program never waits for us.
#pragma once

#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <condition_variable>
#include <csignal>
#include <cstdio>
#include <deque>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace trestle::sms {

class PeerProcess {
 public:
  static constexpr auto kPatience = std::chrono::minutes(2);  // only a failing test waits so long
  static constexpr unsigned kSecondsMax = 600;                // it is ended then, whatever it does

  PeerProcess(const std::string& folder, std::vector<std::string> arguments) {
    std::array<int, 2> in{};
    std::array<int, 2> out{};
    REQUIRE(pipe(in.data()) == 0);
    REQUIRE(pipe(out.data()) == 0);
    pid_ = fork();
    REQUIRE(pid_ >= 0);
    if (pid_ == 0) Become(folder, arguments, in, out);
    close(in[0]);
    close(out[1]);
    input_ = in[1];
    reader_ = std::thread([this, fd = out[0]] { Read(fd); });
  }
  ~PeerProcess() {
    if (pid_ > 0) {
      kill(pid_, SIGKILL);
      (void)waitpid(pid_, nullptr, 0);
    }
    (void)close(input_);
    reader_.join();
  }
  PeerProcess(const PeerProcess&) = delete;
  PeerProcess& operator=(const PeerProcess&) = delete;

  // The next line; "" when there is none any more.
  std::string Line() {
    std::unique_lock lock(mutex_);
    const bool came =
        changed_.wait_for(lock, kPatience, [&] { return !lines_.empty() || has_ended_; });
    INFO("waiting for a line");
    REQUIRE(came);
    if (lines_.empty()) return "";
    std::string line = std::move(lines_.front());
    lines_.pop_front();
    return line;
  }
  // Lines up to the first that holds `text`, which is answered.
  std::string LineWith(const std::string& text) {
    std::string seen;
    for (std::string line = Line(); !line.empty(); line = Line()) {
      if (line.find(text) != std::string::npos) return line;
      seen += line + '\n';
    }
    FAIL("no line with '" << text << "' in:\n" << seen);
    return "";
  }
  void Say(const std::string& line) const {
    const std::string text = line + '\n';
    REQUIRE(write(input_, text.data(), text.size()) == static_cast<ssize_t>(text.size()));
  }
  // Its exit code, once it has ended by itself.
  int Wait() {
    int state = 0;
    waitpid(std::exchange(pid_, 0), &state, 0);
    return WIFEXITED(state) ? WEXITSTATUS(state) : -1;
  }

 private:
  [[noreturn]] static void Become(const std::string& folder, std::vector<std::string>& arguments,
                                  const std::array<int, 2>& in, const std::array<int, 2>& out) {
    dup2(in[0], STDIN_FILENO);
    dup2(out[1], STDOUT_FILENO);
    dup2(out[1], STDERR_FILENO);
    for (const int fd : {in[0], in[1], out[0], out[1]}) close(fd);
    if (chdir(folder.c_str()) != 0) _exit(126);
    std::vector<char*> argv;
    for (std::string& each : arguments) argv.push_back(each.data());
    argv.push_back(nullptr);
    alarm(kSecondsMax);
    execvp(argv[0], argv.data());
    _exit(127);
  }

  void Read(int fd) {
    FILE* stream = fdopen(fd, "r");
    std::array<char, 8192> buffer{};
    while (std::fgets(buffer.data(), buffer.size(), stream) != nullptr) {
      std::string line(buffer.data());
      while (line.ends_with('\n')) line.pop_back();
      if (line.empty()) continue;
      const std::lock_guard lock(mutex_);
      lines_.push_back(std::move(line));
      changed_.notify_all();
    }
    (void)std::fclose(stream);
    const std::lock_guard lock(mutex_);
    has_ended_ = true;
    changed_.notify_all();
  }

  pid_t pid_ = 0;
  int input_ = -1;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::string> lines_;
  bool has_ended_ = false;
  std::thread reader_;
};

// Whether a shell command succeeds; its output is not shown.
inline bool Succeeds(const std::string& command) {
  return std::system(("{ " + command + "; } >/dev/null 2>&1").c_str()) == 0;
}

}  // namespace trestle::sms
