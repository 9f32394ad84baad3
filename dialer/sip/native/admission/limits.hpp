// How much is taken in: token buckets, as many as there are, whoever sends.
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace veridial::admission {

using Clock = std::chrono::steady_clock;

// What is allowed in each second; twice that at once.
struct Rate {
    double of_one = 0;  // from one address
    double of_all = 0;
};

struct Limits {
    Rate messages{4000, 8000};
    Rate openings{100, 200};  // INVITEs outside a dialog
    Rate connections{10, 40};
    std::size_t open_from_one = 16;
    std::size_t open_in_all = 128;
    // Seconds from a connection's beginning, TLS handshake included, to its first whole message.
    double first_message = 10;
    double idle = 600;  // seconds from one whole message to the next
};

class Bucket {
public:
    bool take(double rate, Clock::time_point now) {
        const double passed = std::chrono::duration<double>(now - filled_).count();
        spent_ = std::max(0.0, spent_ - passed * rate);
        filled_ = now;
        if (spent_ + 1 > 2 * rate) return false;
        ++spent_;
        return true;
    }

private:
    double spent_ = 0;
    Clock::time_point filled_{};
};

enum class Took { Yes, TooManyOfOne, TooManyInAll };

// One bucket for all, and a fixed number for single addresses. Addresses that fall into one bucket
// share it: none is forgotten when another comes, so nobody gets a full bucket by changing address.
class Meter {
public:
    Took take(const Rate& rate, std::uint32_t address, Clock::time_point now) {
        // Fibonacci hashing: neighbours are spread.
        Bucket& own = of_one_[(address * 2654435769U) >> (32 - kBits)];
        if (!own.take(rate.of_one, now)) return Took::TooManyOfOne;
        return of_all_.take(rate.of_all, now) ? Took::Yes : Took::TooManyInAll;
    }

private:
    static constexpr unsigned kBits = 10;
    std::array<Bucket, 1U << kBits> of_one_{};
    Bucket of_all_;
};

}  // namespace veridial::admission
