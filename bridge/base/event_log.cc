#include "bridge/base/event_log.h"

#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <memory>

namespace trestle {
namespace {

spdlog::level::level_enum LevelOf(Severity severity) {
  switch (severity) {
    case Severity::kDebug:
      return spdlog::level::debug;
    case Severity::kInfo:
      return spdlog::level::info;
    case Severity::kWarning:
      return spdlog::level::warn;
    case Severity::kError:
      return spdlog::level::err;
  }
  return spdlog::level::err;
}

std::shared_ptr<spdlog::logger>& Logger() {
  static std::shared_ptr<spdlog::logger> logger;
  return logger;
}

}  // namespace

std::string EventField::Quoted(std::string_view literal) {
  std::string out;
  out.reserve(literal.size() + 2);
  out.push_back('"');
  for (const char sign : literal) {
    if (sign == '"' || sign == '\\') out.push_back('\\');
    out.push_back(sign);
  }
  out.push_back('"');
  return out;
}

Result<void> OpenEventLog(const std::string& path, Severity least) {
  try {
    spdlog::sink_ptr sink;
    if (path.empty()) {
      sink = std::make_shared<spdlog::sinks::stderr_sink_mt>();
    } else {
      sink = std::make_shared<spdlog::sinks::basic_file_sink_mt>(path);
    }
    auto logger = std::make_shared<spdlog::logger>("trestle", sink);
    logger->set_pattern(R"({"time":"%Y-%m-%dT%H:%M:%S.%e%z","level":"%l",%v})");
    logger->set_level(LevelOf(least));
    logger->flush_on(spdlog::level::info);
    Logger() = std::move(logger);
  } catch (const spdlog::spdlog_ex&) {
    return Fail(Reason::kUnavailable, "the event log's file cannot be opened");
  }
  return {};
}

void LogEvent(Severity severity, StaticText event, std::initializer_list<EventField> fields) {
  const auto& logger = Logger();
  if (logger == nullptr || !logger->should_log(LevelOf(severity))) return;
  std::string line = "\"event\":\"";
  line.append(event.view()).push_back('"');
  for (const EventField& field : fields) {
    line.append(",\"").append(field.name()).append("\":").append(field.value());
  }
  logger->log(LevelOf(severity), spdlog::string_view_t(line));
}

void SetEventLogLevel(Severity least) {
  if (Logger() != nullptr) Logger()->set_level(LevelOf(least));
}

void FlushEventLog() {
  if (Logger() != nullptr) Logger()->flush();
}

}  // namespace trestle
