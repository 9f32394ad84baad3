// REGISTERs that wait for a reply, so that one may be given up: pjsua keeps its own for 32 s and
// sends no other beside it, though another server of the registrar might answer at once.
#pragma once

#include <string>

#include <pjsip.h>

namespace veridial::registers {

// Watches what is sent. Raises std::runtime_error.
void install(pjsip_endpoint* endpoint);

// Ends the REGISTER of `user` to `request_uri` as if its time were up; false where there is none.
// On the SIP thread: what hears of the end is called from within.
bool give_up(const std::string& request_uri, const std::string& user);

}  // namespace veridial::registers
