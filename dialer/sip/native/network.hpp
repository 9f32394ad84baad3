// IP addresses and networks.
#pragma once

#include <arpa/inet.h>

#include <array>
#include <charconv>
#include <stdexcept>
#include <string>
#include <string_view>

namespace veridial {

struct IpAddress {
    int family = 0;  // AF_INET or AF_INET6; 0 for none
    std::array<unsigned char, 16> bytes{};  // in the network's order, what is not used 0

    // None for a text that is no address.
    static IpAddress of(const std::string& text) {
        IpAddress read;
        if (inet_pton(AF_INET, text.c_str(), read.bytes.data()) == 1) {
            read.family = AF_INET;
        } else if (inet_pton(AF_INET6, text.c_str(), read.bytes.data()) == 1) {
            read.family = AF_INET6;
        }
        return read;
    }

    bool operator==(const IpAddress& other) const {
        return family == other.family && bytes == other.bytes;
    }
    bool operator!=(const IpAddress& other) const { return !(*this == other); }
};

class Network {
public:
    // `address/length`, IPv4 or IPv6. Raises std::invalid_argument for anything else.
    explicit Network(std::string_view written) {
        const std::size_t slash = written.find('/');
        const std::string_view length =
            slash == std::string_view::npos ? std::string_view() : written.substr(slash + 1);
        const auto [end, error] =
            std::from_chars(length.data(), length.data() + length.size(), length_);
        address_ = IpAddress::of(std::string(written.substr(0, slash)));
        const int most = address_.family == AF_INET ? 32 : 128;
        if (address_.family == 0 || error != std::errc() || end != length.data() + length.size() ||
            length_ < 0 || length_ > most) {
            throw std::invalid_argument("a network is address/length");
        }
    }

    // What is no address lies nowhere.
    bool holds(const IpAddress& other) const {
        if (other.family != address_.family) return false;
        for (int bit = 0; bit < length_; ++bit) {
            const auto at = static_cast<std::size_t>(bit / 8);
            const int mask = 0x80 >> bit % 8;
            if ((address_.bytes[at] & mask) != (other.bytes[at] & mask)) return false;
        }
        return true;
    }

    bool operator==(const Network& other) const {
        return length_ == other.length_ && address_ == other.address_;
    }

private:
    IpAddress address_;
    int length_ = -1;
};

}  // namespace veridial
