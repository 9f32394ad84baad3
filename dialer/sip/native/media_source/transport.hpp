// The filter in the way of each call's media: between its UDP sockets and SRTP.
#pragma once

#include <cstdint>

#include "filter.hpp"

namespace veridial::media_source {

// Puts a filter before every media transport that is made from now on; after libInit(). Forgets all
// rules. Raises std::runtime_error.
void install();

// The rule of an account's calls, by pjsua's id; until then nobody stands in for who is signalled
// but by another port. On the SIP thread, as the next one.
void allow(int account, Rule rule);
// The rule of a call that has just come in, where PJSIP's account for it may not be its trunk's.
void allow_call(int call, Rule rule);

// Packets dropped since the process began; any thread.
std::uint64_t strays();

}  // namespace veridial::media_source
