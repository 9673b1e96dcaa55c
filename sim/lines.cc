#include "sim/lines.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>

extern char** environ;

namespace trestle::sim {

Result<std::unique_ptr<ProgramLines>> ProgramLines::Start(const std::vector<std::string>& command) {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) return Fail(Reason::kUnavailable, "no pipe to be had");
  std::vector<char*> arguments;
  for (const std::string& each : command) arguments.push_back(const_cast<char*>(each.c_str()));
  arguments.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
  pid_t pid = 0;
  const int code = posix_spawn(&pid, arguments[0], &actions, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  close(ends[1]);
  if (code != 0) {
    close(ends[0]);
    return Fail(Reason::kUnavailable, "the program cannot be started");
  }
  return std::unique_ptr<ProgramLines>(new ProgramLines(pid, ends[0]));
}

ProgramLines::ProgramLines(pid_t pid, int pipe)
    : pid_(pid), pipe_(pipe), reader_([this] { Read(); }) {}

ProgramLines::~ProgramLines() {
  kill(pid_, SIGTERM);
  waitpid(pid_, nullptr, 0);
  reader_.join();
  close(pipe_);
}

void ProgramLines::Read() {
  std::string held;
  std::array<char, 4096> chunk;
  while (true) {
    const ssize_t got = read(pipe_, chunk.data(), chunk.size());
    if (got <= 0) return;
    held.append(chunk.data(), static_cast<std::size_t>(got));
    const std::lock_guard lock(mutex_);
    for (std::size_t end = held.find('\n'); end != std::string::npos; end = held.find('\n')) {
      if (lines_.size() < kLinesMax) lines_.push_back(held.substr(0, end));
      held.erase(0, end + 1);
    }
  }
}

std::vector<std::string> ProgramLines::Take() {
  const std::lock_guard lock(mutex_);
  return std::exchange(lines_, {});
}

}  // namespace trestle::sim
