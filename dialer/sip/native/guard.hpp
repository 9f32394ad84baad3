// The guard: a PJSIP module that reads every request once it is printed, and keeps those off the
// wire that show anybody who is not listed for where they go.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <pjsip.h>

#include "cause.hpp"
#include "identities.hpp"
#include "network.hpp"

namespace veridial::guard {

// The status in which a vetoed request ends, far from those of PJSIP's own libraries.
constexpr pj_status_t kVetoed = PJ_ERRNO_START_USER + 40 * PJ_ERRNO_SPACE_SIZE;

struct Veto {
    std::string method;
    std::string destination;
    std::string call_id;
    Cause cause;
};

// `address:port` ([..] around IPv6) or a host's name, as it is looked up.
// Raises std::invalid_argument for anything else.
std::string destination(const std::string& written);

// Puts the guard into PJSIP's way, between libInit() and the first request. With no table, nothing
// passes. Raises std::runtime_error.
void install();

// Who may be shown at a destination, and where what is sent there may lead: with no networks,
// anywhere; else to addresses of these alone, whatever a name or a far side's Contact says.
struct Shown {
    std::shared_ptr<const Identities> identities;
    std::vector<Network> held_to;
};
using Table = std::map<std::string, Shown>;
// Replaces the whole table, on any thread. Keys as `destination` gives them.
void allow(const Table& table);

// Vetoes since the last call, the oldest lost where nobody came for them; any thread.
std::vector<Veto> vetoes();

struct Counts {
    std::uint64_t invites = 0;
    std::array<std::uint64_t, kCauseNames.size()> vetoes{};
};
Counts counts();

}  // namespace veridial::guard
