#include "sources.hpp"

#include <algorithm>
#include <cstring>
#include <stdexcept>

namespace veridial::admission {

void Sources::add(const std::string& where, Way least, std::size_t trunk) {
    Listed listed{least, {}};
    Trunks& trunks = listed.of_least[static_cast<std::size_t>(least)];
    if (trunk >= trunks.size()) throw std::invalid_argument("there are at most 256 trunks");
    trunks.set(trunk);
    if (where.find('/') != std::string::npos) {
        networks_.emplace_back(Network(where), listed);
        return;
    }
    const IpAddress read = IpAddress::of(where);
    if (read.family != AF_INET) {
        throw std::invalid_argument("a source is an IPv4 address or a network");
    }
    std::uint32_t address = 0;
    std::memcpy(&address, read.bytes.data(), sizeof address);
    Listed& all = single_.emplace(address, listed).first->second;
    // Trunks at one address: what the one takes cannot be told from what the other takes.
    all.least = std::min(all.least, least);
    all.of_least[static_cast<std::size_t>(least)] |= trunks;
}

template <typename Use>
void Sources::each_at(std::uint32_t address, Use use) const {
    const auto found = single_.find(address);
    if (found != single_.end()) use(found->second);
    IpAddress whole;
    whole.family = AF_INET;
    std::memcpy(whole.bytes.data(), &address, sizeof address);
    for (const auto& [network, listed] : networks_) {
        if (network.holds(whole)) use(listed);
    }
}

Judged Sources::judge(std::uint32_t address, Way by) const {
    Judged said = Judged::Stranger;
    each_at(address, [&](const Listed& listed) {
        if (by >= listed.least) {
            said = Judged::Ours;
        } else if (said == Judged::Stranger) {
            said = Judged::WeakerTransport;
        }
    });
    return said;
}

Trunks Sources::at(std::uint32_t address, Way by) const {
    Trunks trunks;
    each_at(address, [&](const Listed& listed) {
        for (std::size_t way = 0; way <= static_cast<std::size_t>(by); ++way) {
            trunks |= listed.of_least[way];
        }
    });
    return trunks;
}

Trunks Sources::called_at(std::uint32_t address, Way by) const {
    Trunks trunks;
    each_at(address, [&](const Listed& listed) {
        trunks |= listed.of_least[static_cast<std::size_t>(by)];
    });
    return trunks.any() ? trunks : at(address, by);
}

}  // namespace veridial::admission
