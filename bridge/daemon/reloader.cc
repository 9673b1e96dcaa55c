#include "bridge/daemon/reloader.h"

#include <memory>
#include <set>

#include "bridge/base/event_log.h"
#include "bridge/config/config.h"
#include "bridge/config/flat_settings.h"

namespace trestle {
namespace {

constexpr const char* kLogLevel = "log.level";

}  // namespace

void Reloader::Reload(Done<ReloadAnswer> done) {
  auto held = std::make_shared<Done<ReloadAnswer>>(std::move(done));
  const Result<void> posted = executor_.Post([this, held] { std::move (*held)(ReloadNow()); });
  if (!posted) std::move (*held)(tl::unexpected(posted.error()));
}

Result<ReloadAnswer> Reloader::ReloadNow() {
  const auto config = LoadConfig(path_);
  if (!config) {
    LogEvent(Severity::kError, "reload_refused");
    return Fail(Reason::kInvalidArgument,
                "the configuration is not right: run trestled --config FILE --check");
  }
  const std::map<std::string, std::string> now = FlatSettings(path_);
  std::set<std::string> changed;
  for (const auto& [key, value] : now) {
    const auto before = settings_.find(key);
    if (before == settings_.end() || before->second != value) changed.insert(key);
  }
  for (const auto& [key, value] : settings_) {
    if (!now.contains(key)) changed.insert(key);
  }
  ReloadAnswer answer;
  for (const std::string& key : changed) {
    (key == kLogLevel ? answer.applied : answer.need_restart).push_back(key);
  }
  if (changed.contains(kLogLevel)) {
    SetEventLogLevel(config->log.level);
    settings_[kLogLevel] = now.contains(kLogLevel) ? now.at(kLogLevel) : "";
  }
  LogEvent(Severity::kInfo, "reloaded",
           {{"applied", static_cast<std::uint64_t>(answer.applied.size())},
            {"need_restart", static_cast<std::uint64_t>(answer.need_restart.size())}});
  return answer;
}

}  // namespace trestle
