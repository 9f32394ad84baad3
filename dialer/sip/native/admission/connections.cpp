#include "connections.hpp"

#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>

namespace veridial::admission {

namespace {

bool is_still(int socket, const Peer& peer) {
    sockaddr_in there{};
    socklen_t length = sizeof there;
    return getpeername(socket, reinterpret_cast<sockaddr*>(&there), &length) == 0 &&
           there.sin_family == AF_INET &&
           Peer{there.sin_addr.s_addr, ntohs(there.sin_port)} == peer;
}

}  // namespace

Took Connections::open(int socket, const Peer& peer, const Limits& limits, Clock::time_point now) {
    const auto judge = [&] {
        const auto of_one = std::count_if(open_.begin(), open_.end(), [&](const Connection& each) {
            return each.peer.address == peer.address;
        });
        if (static_cast<std::size_t>(of_one) >= limits.open_from_one) return Took::TooManyOfOne;
        return open_.size() < limits.open_in_all ? Took::Yes : Took::TooManyInAll;
    };
    Took said = judge();
    if (said != Took::Yes) {
        forget_closed();
        said = judge();
    }
    if (said == Took::Yes) open_.push_back({socket, peer, now, false});
    return said;
}

void Connections::heard(const Peer& peer, Clock::time_point now) {
    for (Connection& each : open_) {
        if (each.peer == peer) {
            each.heard_at = now;
            each.has_spoken = true;
        }
    }
}

std::size_t Connections::end_idle(const Limits& limits, Clock::time_point now) {
    forget_closed();
    std::size_t ended = 0;
    for (Connection& each : open_) {
        const double silent = std::chrono::duration<double>(now - each.heard_at).count();
        if (silent < (each.has_spoken ? limits.idle : limits.first_message)) continue;
        // Not closed: the socket is PJSIP's, which closes it once it has read the end.
        shutdown(each.socket, SHUT_RDWR);
        ++ended;
    }
    return ended;
}

void Connections::forget_closed() {
    open_.erase(std::remove_if(open_.begin(), open_.end(),
                               [](const Connection& each) {
                                   return !is_still(each.socket, each.peer);
                               }),
                open_.end());
}

}  // namespace veridial::admission
