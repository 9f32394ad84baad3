// Messages that could not be read, or not in full; dialer/sip/_unread.pyi is the documentation.
#pragma once

#include <string>
#include <vector>

#include <pjsip.h>

namespace veridial::unread {

struct Note {
    std::string source;   // IP address
    std::string call_id;  // empty where it could not be read
    std::string method;   // of the request, or of the one that is replied to
    int code = 0;         // 0 for a request
    std::string header;   // the first that could not be read, or is missing
    bool dropped = false;
};

// Of the SIP thread alone, as all below.
bool install(pjsip_endpoint* endpoint);
std::vector<Note> notes();

// The headers that were left out of the message that is being processed, in small letters.
const std::vector<std::string>& left_out();

}  // namespace veridial::unread
