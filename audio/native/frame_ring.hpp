// Frames of one call on their way to Python: one writer (the audio thread), one reader.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "prompt.hpp"

namespace veridial {

class FrameRing {
public:
    // 1.28 s: a second of a stalled interpreter, and a margin.
    static constexpr std::uint32_t kFrames = 64;

    explicit FrameRing(int samples) : samples_(samples), data_(kFrames * samples) {}

    // The audio thread. False where the ring is full: the frame is lost.
    bool push(const std::int16_t* frame, std::int64_t taken, Policy over) {
        const std::uint32_t write = write_.load(std::memory_order_relaxed);
        if (write - read_.load(std::memory_order_acquire) == kFrames) return false;
        const std::uint32_t at = write % kFrames;
        std::memcpy(&data_[at * samples_], frame, sizeof(*frame) * samples_);
        taken_[at] = taken;
        over_[at] = over;
        write_.store(write + 1, std::memory_order_release);
        return true;
    }

    // The reader: the oldest frame, if there is one, and its greatest absolute sample.
    bool pop(std::int16_t* frame, std::int64_t& taken, std::int8_t& over, std::int32_t& peak) {
        const std::uint32_t read = read_.load(std::memory_order_relaxed);
        if (read == write_.load(std::memory_order_acquire)) return false;
        const std::uint32_t at = read % kFrames;
        const std::int16_t* in = &data_[at * samples_];
        std::int32_t loudest = 0;
        for (std::uint32_t i = 0; i < samples_; ++i) {
            frame[i] = in[i];
            loudest = std::max(loudest, std::abs(std::int32_t{in[i]}));
        }
        peak = loudest;
        taken = taken_[at];
        over = static_cast<std::int8_t>(over_[at]);
        read_.store(read + 1, std::memory_order_release);
        return true;
    }

private:
    const std::uint32_t samples_;
    std::vector<std::int16_t> data_;
    std::array<std::int64_t, kFrames> taken_{};
    std::array<Policy, kFrames> over_{};
    // Apart, so that reader and writer do not fight for one cache line.
    alignas(64) std::atomic<std::uint32_t> write_{0};
    alignas(64) std::atomic<std::uint32_t> read_{0};
};

}  // namespace veridial
