// Connections that others have opened: so many, and none for nothing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "limits.hpp"

namespace veridial::admission {

struct Peer {
    std::uint32_t address = 0;  // in the network's order
    std::uint16_t port = 0;

    bool operator==(const Peer& other) const {
        return address == other.address && port == other.port;
    }
};

// PJSIP tells of a connection only after its handshake, and of some ends never. So the sockets are
// asked themselves: one whose peer is not the one that came is closed, or somebody else's by now.
class Connections {
public:
    // False where there are as many as may be.
    Took open(int socket, const Peer& peer, const Limits& limits, Clock::time_point now);
    // A whole message has come from there.
    void heard(const Peer& peer, Clock::time_point now);
    // Ends those that have been silent for too long, so that PJSIP reads their end. How many.
    std::size_t end_idle(const Limits& limits, Clock::time_point now);
    void begin(const Limits& limits) {
        open_.clear();
        open_.reserve(limits.open_in_all);
    }

private:
    struct Connection {
        int socket;
        Peer peer;
        Clock::time_point heard_at;
        bool has_spoken;
    };

    void forget_closed();

    std::vector<Connection> open_;
};

}  // namespace veridial::admission
