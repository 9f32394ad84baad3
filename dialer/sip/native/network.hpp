// An IP network, and whether an address lies in it.
#pragma once

#include <arpa/inet.h>

#include <array>
#include <charconv>
#include <stdexcept>
#include <string>
#include <string_view>

namespace veridial {

class Network {
public:
    // `address/length`, IPv4 or IPv6. Raises std::invalid_argument for anything else.
    explicit Network(std::string_view written) {
        const std::size_t slash = written.find('/');
        const std::string_view length =
            slash == std::string_view::npos ? std::string_view() : written.substr(slash + 1);
        const auto [end, error] =
            std::from_chars(length.data(), length.data() + length.size(), length_);
        family_ = parse(std::string(written.substr(0, slash)), bytes_);
        const int most = family_ == AF_INET ? 32 : 128;
        if (family_ == 0 || error != std::errc() || end != length.data() + length.size() ||
            length_ < 0 || length_ > most) {
            throw std::invalid_argument("a network is address/length");
        }
    }

    // Whether `address`, as text, lies here; what is no address lies nowhere.
    bool holds(const std::string& address) const {
        Bytes other{};
        if (parse(address, other) != family_) return false;
        for (int bit = 0; bit < length_; ++bit) {
            const auto at = static_cast<std::size_t>(bit / 8);
            const int mask = 0x80 >> bit % 8;
            if ((bytes_[at] & mask) != (other[at] & mask)) return false;
        }
        return true;
    }

    bool operator==(const Network& other) const {
        return family_ == other.family_ && length_ == other.length_ && bytes_ == other.bytes_;
    }

private:
    using Bytes = std::array<unsigned char, 16>;

    static int parse(const std::string& text, Bytes& into) {
        into.fill(0);
        if (inet_pton(AF_INET, text.c_str(), into.data()) == 1) return AF_INET;
        if (inet_pton(AF_INET6, text.c_str(), into.data()) == 1) return AF_INET6;
        return 0;
    }

    int family_ = 0;
    int length_ = -1;
    Bytes bytes_{};
};

}  // namespace veridial
