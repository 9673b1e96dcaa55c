// The lines that another program prints, as they come: the story shows `trestle watch` this way. A
// thread reads the pipe; Take never blocks.
#pragma once

#include <sys/types.h>

#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "bridge/base/result.h"

namespace trestle::sim {

class ProgramLines {
 public:
  static constexpr std::size_t kLinesMax = 100000;

  static Result<std::unique_ptr<ProgramLines>> Start(const std::vector<std::string>& command);
  ~ProgramLines();  // ends the program

  std::vector<std::string> Take();

 private:
  ProgramLines(pid_t pid, int pipe);
  void Read();

  const pid_t pid_;
  const int pipe_;
  std::mutex mutex_;
  std::vector<std::string> lines_;
  std::thread reader_;
};

}  // namespace trestle::sim
