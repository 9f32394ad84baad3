// Who and what is taken in: two callbacks that PJSIP asks before it reads, and a module that stands
// above the transport layer and beneath the transactions. dialer/sip/_admission.pyi documents it.
//
// All of it belongs to the SIP thread but what is counted, which anybody may read.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "causes.hpp"
#include "certificates.hpp"
#include "demands.hpp"
#include "limits.hpp"
#include "sources.hpp"

namespace veridial::admission {

// After libInit() and before the first transport; lets nobody in. Raises std::runtime_error.
void install(const Limits& limits);

// What the trunks ask of who calls, for good; before allow().
void ask(Demands demands, Certificates certificates);

// Replaces all that were.
void allow(Sources sources);

// Whether the last INVITE that was let in may be this trunk's: within the callback that tells of it.
bool may_be_of(std::size_t trunk);

// That it is this trunk's, and requests within it are taken from this one only; within that callback.
void is_of(std::size_t trunk);

// To be called often.
void tend();

std::array<std::uint64_t, kCauseNames.size()> counts();

// The address of the last stranger; empty where there was none.
std::string last_stranger();

}  // namespace veridial::admission
