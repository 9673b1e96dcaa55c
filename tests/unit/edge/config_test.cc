// The edge's configuration: strict, and its reference is right.
#include <unistd.h>

#include <catch2/catch.hpp>
#include <fstream>

#include "edge/program.h"
#include "tests/unit/sdk/manual_seams.h"

using namespace trestle;
using namespace trestle::edge;

namespace {

struct Scene {
  test::ScratchFolder folder;

  Scene() {
    for (const char* name : {"edge.token", "sms.password"}) {
      std::ofstream(folder.path() + "/" + name) << "secret\n";
      REQUIRE(chmod((folder.path() + "/" + name).c_str(), 0600) == 0);
    }
  }
  static std::string Right() {
    return "data_dir: edge\nbridge: {token_file: edge.token}\n"
           "sms: {service_number: '12345', ghost_numbers: ['447700900900'], system_id: trestle, "
           "password_file: sms.password}\n";
  }
  tl::expected<EdgeConfig, ConfigError> Parse(const std::string& text) const {
    return ParseEdgeConfig(text, folder.path(), "edge.yaml");
  }
};

}  // namespace

TEST_CASE("A right configuration has its defaults") {
  const Scene scene;
  const auto config = scene.Parse(Scene::Right());
  REQUIRE(config);
  CHECK(config->server.address == "127.0.0.1");
  CHECK(config->server.port == 7443);
  CHECK(config->network.name() == "sms_edge");
  CHECK(config->metrics.port == 9465);
  CHECK(config->data_dir == scene.folder.path() + "/edge");
}

TEST_CASE("What is missing, unknown or out of its range is named") {
  const Scene scene;
  CHECK(scene.Parse("data_dir: edge\n").error().text.find("token") != std::string::npos);
  CHECK(scene.Parse(Scene::Right() + "colour: red\n").error().text.find("colour") !=
        std::string::npos);
  const std::string far =
      "data_dir: edge\nbridge: {server: 'bridge.example:7443', token_file: edge.token}\n";
  CHECK(scene.Parse(far).error().text.find("loopback") != std::string::npos);
  CHECK(scene.Parse(Scene::Right() + "metrics: 0.0.0.0:1\n").error().text.find("loopback") !=
        std::string::npos);
}

TEST_CASE("What the bridge must be told of this network stands in the reference") {
  const Capabilities capabilities = CapabilitiesOf(Network::Sms());
  CHECK(capabilities.opens_messages);
  std::ifstream file("config/edge.yaml");
  const std::string text(std::istreambuf_iterator<char>(file), {});
  CHECK(text.find("chunk_bytes: " + std::to_string(capabilities.chunk_bytes)) != std::string::npos);
  CHECK(text.find("opens_messages: true") != std::string::npos);
}
