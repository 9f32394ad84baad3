// What PJSIP complains of, by kind and count: never with a byte of a packet, in bounded room, and in
// the same time whatever comes in.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace veridial::log {

struct Complaint {
    std::string words;
    std::uint64_t times;
};

// Takes PJSIP's log over, after libInit(). Nothing is written by PJSIP itself from then on.
void install();

// A message of PJSIP's; any thread.
void note(std::string_view message);

// What was complained of since the last call; any thread.
std::vector<Complaint> complaints();

}  // namespace veridial::log
