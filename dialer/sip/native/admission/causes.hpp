// Why something was not taken in.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

namespace veridial::admission {

enum class Cause {
    Stranger,
    Garbage,
    Transport,
    OneSends,
    AllSend,
    Openings,
    OtherTrunk,
    Method,
    Maddr,
    Certificate,
    Challenged,
    Credentials,
    Replayed,
    ConnectionStranger,
    ConnectionRate,
    ConnectionsOfOne,
    ConnectionsInAll,
    ConnectionIdle,
    Count,
};

constexpr std::array<std::string_view, static_cast<std::size_t>(Cause::Count)> kCauseNames = {
    "stranger",
    "garbage",
    "transport",
    "one_sends",
    "all_send",
    "openings",
    "other_trunk",
    "method",
    "maddr",
    "certificate",
    "challenged",
    "credentials",
    "replayed",
    "connection_stranger",
    "connection_rate",
    "connections_of_one",
    "connections_in_all",
    "connection_idle",
};

}  // namespace veridial::admission
