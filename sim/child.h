// A child process: started with its output in a file, waited for, ended. Owned by the demo; unless
// it is told to stay, it is ended when this object dies.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "bridge/base/result.h"

namespace trestle::sim {

class Child {
 public:
  // Standard output and error go to `output_file`. kUnavailable when it cannot be started.
  static Result<Child> Start(const std::vector<std::string>& command,
                             const std::string& output_file);
  Child(Child&& other) noexcept : pid_(std::exchange(other.pid_, 0)) {}
  Child& operator=(Child&&) = delete;
  ~Child() { End(); }

  // Waits until the file `path` is complete JSON, at most `patience`. kUnavailable when the child
  // ends before or the time is over.
  Result<std::string> AwaitReadyFile(const std::string& path, Millis patience);
  bool IsRunning();
  void Kill();  // SIGKILL, and waits for the end
  void End();   // SIGTERM, and SIGKILL when that did not end it within 10 s
  void Stay() { pid_ = 0; }
  pid_t pid() const { return pid_; }

 private:
  explicit Child(pid_t pid) : pid_(pid) {}
  bool EndedWithin(Millis patience);

  pid_t pid_;
};

}  // namespace trestle::sim
