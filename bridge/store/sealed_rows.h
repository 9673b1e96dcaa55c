// What is bound to a sealed payload or body, so that rows cannot be swapped on disk.
#pragma once

#include "bridge/base/aead.h"
#include "bridge/base/ids.h"

namespace trestle {

// Both ids, because an envelope's own is its sender's choice.
inline Bytes PayloadContext(const ContactId& contact, const EnvelopeId& envelope) {
  Bytes out = ToBytes(std::string_view("payload"));
  out.insert(out.end(), contact.bytes().begin(), contact.bytes().end());
  out.insert(out.end(), envelope.bytes().begin(), envelope.bytes().end());
  return out;
}

// The delivery's id stays the same when a row becomes a dead letter and back.
inline Bytes BodyContext(const DeliveryId& delivery) {
  Bytes out = ToBytes(std::string_view("body"));
  out.insert(out.end(), delivery.bytes().begin(), delivery.bytes().end());
  return out;
}

}  // namespace trestle
