// Makes a wire over TCP, and TLS where it is asked for: resolves, connects, shakes hands, all
// within one time. On the one thread of the io_context.
#pragma once

#include <boost/asio/io_context.hpp>

#include "adapters/sms/wire.h"

namespace trestle::sms {

// As WireLoop::Connect.
void ConnectTcp(boost::asio::io_context& io, WireTarget target, Done<std::unique_ptr<Wire>> done);

}  // namespace trestle::sms
