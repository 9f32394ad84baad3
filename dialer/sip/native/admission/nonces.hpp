// Nonces of challenges (RFC 7616 3.3, 5.4), in room that never grows.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "limits.hpp"

namespace veridial::admission {

enum class Nonce { Good, Used, Stale };

// A nonce is a number that counts up, its time, and our seal on both: nothing is kept of one that
// is given out. What counts of it have been used is kept, in the place of its number, which the
// nonce kPlaces later takes over; the one before is stale from then on. So no replay is let
// through for want of room, and whoever asks for nonces only makes others stale sooner.
class Nonces {
public:
    // Another key: what was given out before is stale. Raises std::runtime_error.
    void begin();
    std::string next(Clock::time_point now);
    // Uses `count`, which must not be 0, of a nonce; the credentials with it must be right already.
    Nonce use(std::string_view nonce, std::uint32_t count, Clock::time_point now);

private:
    static constexpr std::size_t kPlaces = 32768;
    static constexpr std::chrono::seconds kLives{60};

    struct Used {
        std::uint64_t number = 0;
        std::uint64_t before = 0;  // a bit for each of the 64 counts before `highest`
        std::uint32_t highest = 0;
    };

    std::string seal(std::string_view number_and_time) const;

    std::array<unsigned char, 32> key_{};
    std::uint64_t given_ = 0;
    std::vector<Used> used_;
};

}  // namespace veridial::admission
