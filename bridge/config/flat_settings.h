// A configuration file as a flat list, to see what changed between two readings: the path of every
// value, such as "adapters.sms.ghost_numbers[0]", with its text. Secrets stand there as the SHA-256
// of what their file or variable holds, so that a new secret shows and no secret does.
#pragma once

#include <map>
#include <string>

namespace trestle {

// Empty when the file cannot be read as YAML: LoadConfig says why.
std::map<std::string, std::string> FlatSettings(const std::string& path);

}  // namespace trestle
