// What of a reply PJSIP is to see: the strongest of several challenges, and, where a Contact leads
// nowhere, a way back to where the reply came from.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include <pjsip.h>

namespace veridial::replies {

// After libInit(). Forgets everything of an endpoint before. Raises std::runtime_error.
void install(pjsip_endpoint* endpoint);

// From now on requests within a dialog go to where its replies came from, if that is one of
// `addresses`, whatever their Contact says.
void route_back(const std::vector<std::string>& addresses);

// (address, times): 2xx to INVITE that came again, because no ACK of ours reached its sender, since
// the last call. At most 64 addresses; further ones are not told.
std::vector<std::pair<std::string, int>> repeated();

}  // namespace veridial::replies
