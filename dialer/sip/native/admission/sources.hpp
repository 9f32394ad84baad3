// Who may reach us: the trunks' addresses, each with the least that it must come by.
#pragma once

#include <array>
#include <bitset>
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

// Which trunks are at an address, as numbers below PJSUA_MAX_ACC.
using Trunks = std::bitset<256>;

class Sources {
public:
    // An address, or `address/length`. Raises std::invalid_argument.
    void add(const std::string& where, Way least, std::size_t trunk);
    // `address` in the network's order.
    Judged judge(std::uint32_t address, Way by) const;
    // The trunks there that may come by this way, or a weaker one.
    Trunks at(std::uint32_t address, Way by) const;
    // Those that are called there by this way; where there are none, those that may come by it.
    Trunks called_at(std::uint32_t address, Way by) const;

private:
    struct Listed {
        Way least;
        std::array<Trunks, 4> of_least;  // by the least of each
    };

    template <typename Use>
    void each_at(std::uint32_t address, Use use) const;

    std::unordered_map<std::uint32_t, Listed> single_;
    std::vector<std::pair<Network, Listed>> networks_;
};

}  // namespace veridial::admission
