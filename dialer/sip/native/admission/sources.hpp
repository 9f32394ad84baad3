// Who may reach us: the trunks' addresses, each with the least that it must come by.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "../network.hpp"

namespace veridial::admission {

// In the order of what each proves: an address in UDP is what the sender writes, TCP must be
// answered from there, TLS hides what is said as well.
enum class Way { Nothing = 0, Udp = 1, Tcp = 2, Tls = 3 };

enum class Judged { Ours, Stranger, WeakerTransport };

class Sources {
public:
    // An address, or `address/length`. Raises std::invalid_argument.
    void add(const std::string& where, Way least);
    // `address` in the network's order.
    Judged judge(std::uint32_t address, Way by) const;

private:
    std::unordered_map<std::uint32_t, Way> single_;
    std::vector<std::pair<Network, Way>> networks_;
};

}  // namespace veridial::admission
