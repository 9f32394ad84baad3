// The hashes of digest authentication (RFC 7616, RFC 8760), in small hexadecimal letters.
#pragma once

#include <array>
#include <cstddef>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

namespace veridial::admission {

enum class Algorithm { Sha256, Md5, Count };

constexpr std::array<std::string_view, static_cast<std::size_t>(Algorithm::Count)> kAlgorithms = {
    "SHA-256", "MD5"};

// Whatever its case; none for one that is not known.
std::optional<Algorithm> algorithm_of(std::string_view name);

// Of the parts with colons between them; empty where this machine's OpenSSL has no such hash.
std::string hash(Algorithm algorithm, std::initializer_list<std::string_view> parts);

// In a time that depends on the lengths only.
bool is_same(std::string_view one, std::string_view other);

// What Authorization holds (RFC 7616 3.4), without quotes.
struct Credentials {
    std::string_view username, nonce, uri, response, algorithm, cnonce, qop, count;
};

// The response that `password_hash`, which is A1's (RFC 7616 3.4.2), gives to `said`.
std::string response_to(Algorithm algorithm, std::string_view password_hash,
                        std::string_view method, const Credentials& said);

}  // namespace veridial::admission
