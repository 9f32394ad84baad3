// Where names lead: PJSIP asks here, from a table, instead of waiting for DNS on the SIP thread.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <pjsip.h>

namespace veridial::names {

// What a URI asks for: a host's name in small letters, its port (0: none), and `udp`, `tcp`, `tls`,
// or nothing where the URI leaves the transport open.
struct Asked {
    std::string name;
    int port;
    std::string transport;

    bool operator<(const Asked& other) const;
};

struct Target {
    std::string address;
    int port;
    std::string transport;
};

// Makes PJSIP ask here. After libInit(), before the first request. Raises std::runtime_error.
void install(pjsip_endpoint* endpoint);

// From now on `asked` leads to `targets`, best first; to none: it cannot be resolved. Whoever waits
// for it is answered at once, so this runs on the SIP thread. Raises std::invalid_argument for what
// is no address, port or transport.
void point(const Asked& asked, const std::vector<Target>& targets);

// The same, but only for whoever waits now.
void answer(const Asked& asked, const std::vector<Target>& targets);

// What was asked for since the last call that is in no table; each waits for `answer`.
std::vector<Asked> unknown();

}  // namespace veridial::names
