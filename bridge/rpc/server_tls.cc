#include "bridge/rpc/server_tls.h"

#include <grpcpp/security/tls_certificate_provider.h>
#include <grpcpp/security/tls_credentials_options.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <sys/stat.h>

#include <cstdio>

namespace trestle {
namespace {

struct Free {
  void operator()(std::FILE* file) const { std::fclose(file); }
  void operator()(X509* certificate) const { X509_free(certificate); }
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
template <class T>
using Owned = std::unique_ptr<T, Free>;

Owned<std::FILE> Open(const std::string& path) {
  return Owned<std::FILE>(std::fopen(path.c_str(), "rbe"));
}

// A key behind a passphrase would make a daemon ask its terminal.
int NoPassphrase(char*, int, int, void*) { return -1; }

Result<void> CheckFiles(const TlsFiles& files) {
  const Owned<std::FILE> certificate_file = Open(files.certificate);
  if (certificate_file == nullptr) {
    return Fail(Reason::kInvalidArgument, "the certificate's file cannot be read");
  }
  const Owned<X509> certificate(
      PEM_read_X509(certificate_file.get(), nullptr, NoPassphrase, nullptr));
  if (certificate == nullptr) {
    return Fail(Reason::kInvalidArgument, "the certificate's file holds no PEM certificate");
  }
  const Owned<std::FILE> key_file = Open(files.key);
  struct stat facts {};
  if (key_file == nullptr || fstat(fileno(key_file.get()), &facts) != 0) {
    return Fail(Reason::kInvalidArgument, "the key's file cannot be read");
  }
  if ((facts.st_mode & S_IRWXO) != 0) {
    return Fail(Reason::kInvalidArgument, "others can read the key's file: chmod 600 it");
  }
  const Owned<EVP_PKEY> key(PEM_read_PrivateKey(key_file.get(), nullptr, NoPassphrase, nullptr));
  if (key == nullptr) {
    return Fail(Reason::kInvalidArgument,
                "the key's file holds no PEM key, or one behind a passphrase");
  }
  if (X509_check_private_key(certificate.get(), key.get()) != 1) {
    return Fail(Reason::kInvalidArgument, "the key is not the certificate's");
  }
  if (X509_cmp_current_time(X509_get0_notAfter(certificate.get())) <= 0) {
    return Fail(Reason::kInvalidArgument, "the certificate has expired");
  }
  return {};
}

}  // namespace

Result<std::shared_ptr<grpc::ServerCredentials>> TlsCredentials(const TlsFiles& files) {
  TRESTLE_TRY(CheckFiles(files));
  const auto provider = std::make_shared<grpc::experimental::FileWatcherCertificateProvider>(
      files.key, files.certificate, kTlsRefreshSeconds);
  grpc::experimental::TlsServerCredentialsOptions options(provider);
  options.watch_identity_key_cert_pairs();
  options.set_cert_request_type(GRPC_SSL_DONT_REQUEST_CLIENT_CERTIFICATE);
  return grpc::experimental::TlsServerCredentials(options);
}

}  // namespace trestle
