#include "sources.hpp"

#include <algorithm>
#include <cstring>
#include <stdexcept>

namespace veridial::admission {

void Sources::add(const std::string& where, Way least) {
    if (where.find('/') != std::string::npos) {
        networks_.emplace_back(Network(where), least);
        return;
    }
    const IpAddress read = IpAddress::of(where);
    if (read.family != AF_INET) throw std::invalid_argument("a source is an IPv4 address or a network");
    std::uint32_t address = 0;
    std::memcpy(&address, read.bytes.data(), sizeof address);
    const auto [found, is_new] = single_.emplace(address, least);
    // Trunks at one address: what the one takes cannot be told from what the other takes.
    if (!is_new) found->second = std::min(found->second, least);
}

Judged Sources::judge(std::uint32_t address, Way by) const {
    bool known = false;
    const auto is_enough = [&](Way least) {
        known = true;
        return by >= least;
    };
    const auto found = single_.find(address);
    if (found != single_.end() && is_enough(found->second)) return Judged::Ours;
    IpAddress whole;
    whole.family = AF_INET;
    std::memcpy(whole.bytes.data(), &address, sizeof address);
    for (const auto& [network, least] : networks_) {
        if (network.holds(whole) && is_enough(least)) return Judged::Ours;
    }
    return known ? Judged::WeakerTransport : Judged::Stranger;
}

}  // namespace veridial::admission
