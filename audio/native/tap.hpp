// What one call's two sides say, frame by frame, for whoever records it: one writer (the audio
// thread), one reader. It outlives its port, so that what the ring still holds is not lost.
#pragma once

#include <atomic>
#include <cstdint>
#include <cstring>
#include <vector>

namespace veridial {

class Tap {
public:
    // 3 s: what a disk may stall for without a gap in the recording.
    static constexpr std::uint32_t kFrames = 150;

    explicit Tap(int samples)
        : samples_(samples), data_(std::size_t{kFrames} * 2 * samples), pending_(2 * samples) {}

    int samples() const { return static_cast<int>(samples_); }

    // The audio thread: what the far side will hear in this period. It comes before `heard`, and
    // in every period in which the call is connected.
    void said(const std::int16_t* frame, std::int64_t period) {
        if (!on()) return;
        if (has_pending_) push();
        has_pending_ = true;
        period_ = period;
        std::memset(pending_.data(), 0, sizeof(*frame) * samples_);
        std::memcpy(pending_.data() + samples_, frame, sizeof(*frame) * samples_);
    }

    // The audio thread: what came from the far side, where something did.
    void heard(const std::int16_t* frame, std::int64_t period) {
        if (has_pending_ && period_ == period) {
            std::memcpy(pending_.data(), frame, sizeof(*frame) * samples_);
        }
    }

    // Nothing more is kept; what the ring holds can still be taken.
    void stop() { on_.store(false, std::memory_order_release); }

    // The reader: up to `room` frames, the oldest first; how many there were. Each is the callee's
    // samples, then ours.
    std::size_t take(std::int16_t* frames, std::int64_t* periods, std::size_t room) {
        const std::uint32_t read = read_.load(std::memory_order_relaxed);
        const std::uint32_t there = write_.load(std::memory_order_acquire) - read;
        const std::size_t count = room < there ? room : there;
        for (std::size_t i = 0; i < count; ++i) {
            const std::size_t at = (read + i) % kFrames;
            std::memcpy(frames + i * 2 * samples_, &data_[at * 2 * samples_],
                        sizeof(*frames) * 2 * samples_);
            periods[i] = periods_[at];
        }
        read_.store(read + static_cast<std::uint32_t>(count), std::memory_order_release);
        return count;
    }

    bool ended() const {
        return !on() && read_.load(std::memory_order_relaxed) ==
                            write_.load(std::memory_order_acquire);
    }
    std::uint64_t lost() const { return lost_.load(std::memory_order_relaxed); }

private:
    bool on() const { return on_.load(std::memory_order_acquire); }

    void push() {
        const std::uint32_t write = write_.load(std::memory_order_relaxed);
        if (write - read_.load(std::memory_order_acquire) == kFrames) {
            lost_.store(lost_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
            return;
        }
        const std::size_t at = write % kFrames;
        std::memcpy(&data_[at * 2 * samples_], pending_.data(),
                    sizeof(std::int16_t) * 2 * samples_);
        periods_[at] = period_;
        write_.store(write + 1, std::memory_order_release);
    }

    const std::size_t samples_;
    std::vector<std::int16_t> data_;
    std::int64_t periods_[kFrames]{};
    std::vector<std::int16_t> pending_;  // audio thread only, as the next two
    std::int64_t period_ = 0;
    bool has_pending_ = false;
    std::atomic<bool> on_{true};
    std::atomic<std::uint64_t> lost_{0};
    alignas(64) std::atomic<std::uint32_t> write_{0};
    alignas(64) std::atomic<std::uint32_t> read_{0};
};

}  // namespace veridial
