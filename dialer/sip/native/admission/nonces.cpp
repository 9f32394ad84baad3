#include "nonces.hpp"

#include <charconv>
#include <cstdio>
#include <stdexcept>

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include "digest.hpp"

namespace veridial::admission {

namespace {

constexpr std::size_t kDigits = 16;  // of each number
constexpr std::size_t kSealBytes = 16;

std::string hex(std::uint64_t number) {
    std::array<char, kDigits + 1> text{};
    std::snprintf(text.data(), text.size(), "%016llx", static_cast<unsigned long long>(number));
    return text.data();
}

std::uint64_t number_of(std::string_view text) {
    std::uint64_t number = 0;
    std::from_chars(text.data(), text.data() + text.size(), number, 16);
    return number;
}

std::uint64_t milliseconds(Clock::time_point at) {
    return static_cast<std::uint64_t>(
        std::chrono::duration_cast<std::chrono::milliseconds>(at.time_since_epoch()).count());
}

}  // namespace

void Nonces::begin() {
    if (RAND_bytes(key_.data(), static_cast<int>(key_.size())) != 1) {
        throw std::runtime_error("OpenSSL has no random bytes for the nonces");
    }
    given_ = 0;
    used_.assign(kPlaces, {});
}

std::string Nonces::next(Clock::time_point now) {
    const std::string text = hex(++given_) + hex(milliseconds(now));
    return text + seal(text);
}

Nonce Nonces::use(std::string_view nonce, std::uint32_t count, Clock::time_point now) {
    const std::string_view text = nonce.substr(0, 2 * kDigits);
    // The seal is ours, so what it seals is well formed, and its number is one that was given out.
    if (!is_same(nonce.substr(text.size()), seal(text))) return Nonce::Stale;
    const std::uint64_t number = number_of(text.substr(0, kDigits));
    const auto age = milliseconds(now) - number_of(text.substr(kDigits));
    Used& used = used_[number % kPlaces];
    if (given_ - number >= kPlaces || std::chrono::milliseconds(age) > kLives) return Nonce::Stale;
    if (used.number != number) used = {number, 0, 0};
    if (count > used.highest) {
        const std::uint32_t by = count - used.highest;
        // `highest` itself becomes one of those before, unless it is none.
        const std::uint64_t shifted = by < 64 ? used.before << by : 0;
        const std::uint64_t last = used.highest > 0 && by <= 64 ? 1ULL << (by - 1) : 0;
        used.before = shifted | last;
        used.highest = count;
        return Nonce::Good;
    }
    // The far side's requests may overtake each other. What is too long ago to be known was used.
    const std::uint32_t back = used.highest - count;
    if (back == 0 || back > 64) return Nonce::Used;
    const std::uint64_t bit = 1ULL << (back - 1);
    if (used.before & bit) return Nonce::Used;
    used.before |= bit;
    return Nonce::Good;
}

std::string Nonces::seal(std::string_view text) const {
    std::array<unsigned char, EVP_MAX_MD_SIZE> sealed{};
    unsigned length = 0;
    HMAC(EVP_sha256(), key_.data(), static_cast<int>(key_.size()),
         reinterpret_cast<const unsigned char*>(text.data()), text.size(), sealed.data(), &length);
    std::string out;
    for (std::size_t i = 0; i + 8 <= kSealBytes; i += 8) {
        std::uint64_t part = 0;
        for (std::size_t j = 0; j < 8; ++j) part = part << 8 | sealed[i + j];
        out += hex(part);
    }
    return out;
}

}  // namespace veridial::admission
