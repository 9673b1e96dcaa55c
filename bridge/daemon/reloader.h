// Reads the configuration again for SIGHUP and Admin.Reload. What can change while the daemon runs
// takes effect (the log's level); of everything else that changed in the file it says that a
// restart is needed. A file that is not right changes nothing. Work runs on an executor of its own,
// one reload after another.
#pragma once

#include <map>
#include <string>

#include "bridge/base/seams.h"
#include "bridge/rpc/reload.h"

namespace trestle {

class Reloader final : public ReloadHook {
 public:
  // `path` is the file that the daemon started with, as it was then. The executor is stopped before
  // this dies.
  Reloader(std::string path, std::map<std::string, std::string> settings, Executor& executor)
      : path_(std::move(path)), settings_(std::move(settings)), executor_(executor) {}

  void Reload(Done<ReloadAnswer> done) override;

 private:
  Result<ReloadAnswer> ReloadNow();

  const std::string path_;
  std::map<std::string, std::string> settings_;  // in effect, by path; on the executor only
  Executor& executor_;
};

}  // namespace trestle
