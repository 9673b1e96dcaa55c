// Certificates that a test makes when it runs: an authority, and leaves signed by it. P-256 keys,
// valid from yesterday until tomorrow. Nothing of it is ever stored in the tree.
#pragma once

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <memory>
#include <string>

namespace trestle {

class MadeCertificates {
 public:
  MadeCertificates() {
    std::string pattern = (std::filesystem::temp_directory_path() / "trestle-tls-XXXXXX").string();
    REQUIRE(mkdtemp(pattern.data()) != nullptr);
    folder_ = pattern;
    ca_ = Make("Trestle test authority", "", nullptr);
    Write("ca", ca_);
  }
  ~MadeCertificates() { std::filesystem::remove_all(folder_); }

  // `names` as OpenSSL writes them: "IP:127.0.0.1", "DNS:smpp.example.net". Files NAME.pem and
  // NAME.key in the folder.
  void MakeLeaf(const std::string& name, const std::string& names) {
    Write(name, Make(name, names, &ca_));
  }
  std::string Certificate(const std::string& name) const { return folder_ + "/" + name + ".pem"; }
  std::string Key(const std::string& name) const { return folder_ + "/" + name + ".key"; }

 private:
  template <auto Free>
  struct Deleter {
    template <class T>
    void operator()(T* pointer) const {
      Free(pointer);
    }
  };
  struct Pair {
    std::unique_ptr<EVP_PKEY, Deleter<EVP_PKEY_free>> key;
    std::unique_ptr<X509, Deleter<X509_free>> certificate;
  };

  static void AddExtension(X509* to, X509* issuer, int id, const std::string& value) {
    X509V3_CTX context;
    X509V3_set_ctx(&context, issuer, to, nullptr, nullptr, 0);
    X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, id, value.c_str());
    REQUIRE(extension != nullptr);
    X509_add_ext(to, extension, -1);
    X509_EXTENSION_free(extension);
  }

  Pair Make(const std::string& subject, const std::string& names, const Pair* issuer) {
    constexpr long kDay = 24 * 3600;
    Pair out;
    out.key.reset(EVP_EC_gen("P-256"));
    out.certificate.reset(X509_new());
    X509* certificate = out.certificate.get();
    X509_set_version(certificate, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), ++serial_);
    X509_gmtime_adj(X509_getm_notBefore(certificate), -kDay);
    X509_gmtime_adj(X509_getm_notAfter(certificate), kDay);
    X509_set_pubkey(certificate, out.key.get());
    X509_NAME* name = X509_get_subject_name(certificate);
    const auto* text = reinterpret_cast<const unsigned char*>(subject.c_str());
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, text, -1, -1, 0);
    X509* signer = issuer == nullptr ? certificate : issuer->certificate.get();
    X509_set_issuer_name(certificate, X509_get_subject_name(signer));
    if (issuer == nullptr)
      AddExtension(certificate, signer, NID_basic_constraints, "critical,CA:TRUE");
    if (!names.empty()) AddExtension(certificate, signer, NID_subject_alt_name, names);
    EVP_PKEY* key = issuer == nullptr ? out.key.get() : issuer->key.get();
    REQUIRE(X509_sign(certificate, key, EVP_sha256()) > 0);
    return out;
  }

  void Write(const std::string& name, const Pair& pair) const {
    const std::unique_ptr<FILE, Deleter<std::fclose>> certificate(
        std::fopen(Certificate(name).c_str(), "wb"));
    const std::unique_ptr<FILE, Deleter<std::fclose>> key(std::fopen(Key(name).c_str(), "wb"));
    REQUIRE(certificate != nullptr);
    REQUIRE(key != nullptr);
    PEM_write_X509(certificate.get(), pair.certificate.get());
    PEM_write_PrivateKey(key.get(), pair.key.get(), nullptr, nullptr, 0, nullptr, nullptr);
  }

  std::string folder_;
  long serial_ = 0;
  Pair ca_;
};

}  // namespace trestle
