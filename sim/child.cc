#include "sim/child.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <fstream>
#include <nlohmann/json.hpp>

extern char** environ;

namespace trestle::sim {
namespace {

constexpr Millis kLook = std::chrono::milliseconds(50);

}  // namespace

Result<Child> Child::Start(const std::vector<std::string>& command,
                           const std::string& output_file) {
  std::vector<char*> arguments;
  for (const std::string& each : command) arguments.push_back(const_cast<char*>(each.c_str()));
  arguments.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, output_file.c_str(),
                                   O_WRONLY | O_CREAT | O_APPEND, 0600);
  posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO);
  pid_t pid = 0;
  const int code = posix_spawn(&pid, arguments[0], &actions, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (code != 0) return Fail(Reason::kUnavailable, "a program of the demo cannot be started");
  return Child(pid);
}

Result<std::string> Child::AwaitReadyFile(const std::string& path, Millis patience) {
  for (Millis waited{0}; waited < patience; waited += kLook) {
    std::ifstream file(path);
    std::string text(std::istreambuf_iterator<char>(file), {});
    if (nlohmann::json::parse(text, nullptr, false).is_object()) return text;
    if (EndedWithin(kLook)) {
      return Fail(Reason::kUnavailable, "a program of the demo ended before it was ready");
    }
  }
  return Fail(Reason::kUnavailable, "a program of the demo did not become ready");
}

bool Child::IsRunning() { return pid_ != 0 && !EndedWithin(Millis{0}); }

// Waits on the process itself, so that its end is noticed at once.
bool Child::EndedWithin(Millis patience) {
  if (pid_ == 0) return true;
  const int process = static_cast<int>(syscall(SYS_pidfd_open, pid_, 0));
  if (process >= 0) {
    pollfd watched{process, POLLIN, 0};
    poll(&watched, 1, static_cast<int>(patience.count()));
    close(process);
  }
  int status = 0;
  if (waitpid(pid_, &status, WNOHANG) != pid_) return false;
  pid_ = 0;
  return true;
}

void Child::Kill() {
  if (pid_ == 0) return;
  kill(pid_, SIGKILL);
  EndedWithin(std::chrono::seconds(10));
}

void Child::End() {
  if (pid_ == 0) return;
  kill(pid_, SIGTERM);
  if (EndedWithin(std::chrono::seconds(10))) return;
  kill(pid_, SIGKILL);
  EndedWithin(std::chrono::seconds(10));
}

}  // namespace trestle::sim
