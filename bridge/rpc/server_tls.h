// TLS for the gRPC port: a certificate and its key from files, read again when they change, so that
// a renewed certificate needs no restart. TLS 1.2 and 1.3 with gRPC's own choice of ciphers.
#pragma once

#include <grpcpp/security/server_credentials.h>

#include <memory>

#include "bridge/rpc/server.h"

namespace trestle {

// How often the files are looked at. Replace both in one step, as certbot does with its links: a
// pair that does not match is not taken, and the old one goes on.
inline constexpr unsigned kTlsRefreshSeconds = 60;

// Checks that the files are what they should be and belong together; kInvalidArgument with a
// text that says what is wrong. Blocking; for start-up.
Result<std::shared_ptr<grpc::ServerCredentials>> TlsCredentials(const TlsFiles& files);

}  // namespace trestle
