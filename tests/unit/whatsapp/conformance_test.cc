#include <catch2/catch.hpp>

#include "tests/unit/whatsapp/whatsapp_fixture.h"

namespace trestle {

TEST_CASE("The WhatsApp adapter keeps the claims of all adapters") {
  test::CheckAdapterClaims([] { return std::make_unique<test::WhatsappFixture>(); });
}

}  // namespace trestle
