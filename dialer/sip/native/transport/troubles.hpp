// What went wrong between us and a far side below SIP: which certificate was bad, and how.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <pjsip.h>

namespace veridial::troubles {

struct Change {
    std::string name;  // the far side, in small letters: for TLS as the URI names it, else its address
    int port;
    bool up;
    std::uint32_t certificate;  // flags of pj_ssl_cert_verify_flag_t; 0 where none is at fault
    int status;
};

// Hears of every connection. After libInit(), before the first transport: pjsua passes on to
// whom it finds there.
void install(pjsip_endpoint* endpoint);

// Changes of TCP and TLS connections since the last call, the oldest lost where nobody came; any thread.
std::vector<Change> changes();

}  // namespace veridial::troubles
