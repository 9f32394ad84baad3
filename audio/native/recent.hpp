// What both sides of one call said last, for whoever doubts a sound: one writer (the audio thread),
// any reader. A frame that is overwritten while it is read counts as one that is not there.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <vector>

namespace veridial {

class Recent {
public:
    // 960 ms: a doubtful sound, before it the latest echo, and what is said until it is asked for.
    static constexpr std::int64_t kFrames = 48;

    explicit Recent(int samples) : heard_(samples), said_(samples) {}

    // The audio thread, with the number of the period and the time at which it began.
    void said(const std::int16_t* frame, std::int64_t period, std::int64_t now) {
        said_.put(frame, period, now);
    }
    void heard(const std::int16_t* frame, std::int64_t period, std::int64_t now) {
        heard_.put(frame, period, now);
    }

    // The last `count` frames of both sides, ending with what was heard at `taken`; silence where
    // there was none. False where that frame is gone.
    bool take(std::int64_t taken, std::int16_t* heard, std::int16_t* said,
              std::int64_t count) const {
        const std::int64_t last = heard_.find(taken);
        if (last < 0) return false;
        for (std::int64_t i = 0; i < count; ++i) {
            const std::int64_t period = last - count + 1 + i;
            heard_.get(period, heard + i * heard_.samples());
            said_.get(period, said + i * said_.samples());
        }
        return true;
    }

    // The greatest magnitude of what was said from `first` to `last` frames before `taken`.
    std::int32_t said_peak(std::int64_t taken, std::int64_t first, std::int64_t last) const {
        const std::int64_t heard = heard_.find(taken);
        std::int32_t loudest = 0;
        for (std::int64_t ago = first; heard >= 0 && ago <= last; ++ago) {
            loudest = std::max(loudest, said_.peak(heard - ago));
        }
        return loudest;
    }

private:
    class Side {
    public:
        explicit Side(int samples)
            : words_(samples * sizeof(std::int16_t) / sizeof(std::uint64_t)),
              data_(kFrames * words_) {
            for (auto& period : periods_) period.store(-1, std::memory_order_relaxed);
        }

        std::int64_t samples() const {
            return static_cast<std::int64_t>(words_ * sizeof(std::uint64_t) /
                                             sizeof(std::int16_t));
        }

        void put(const std::int16_t* frame, std::int64_t period, std::int64_t now) {
            const std::size_t at = period % kFrames;
            periods_[at].store(-1, std::memory_order_relaxed);
            std::atomic_thread_fence(std::memory_order_release);
            for (std::size_t i = 0; i < words_; ++i) {
                std::uint64_t word = 0;
                std::memcpy(&word, frame + i * kPerWord, sizeof(word));
                data_[at * words_ + i].store(word, std::memory_order_relaxed);
            }
            std::int32_t loudest = 0;
            for (std::int64_t i = 0; i < samples(); ++i) {
                loudest = std::max(loudest, std::abs(std::int32_t{frame[i]}));
            }
            peaks_[at].store(loudest, std::memory_order_relaxed);
            times_[at].store(now, std::memory_order_relaxed);
            periods_[at].store(period, std::memory_order_release);
        }

        void get(std::int64_t period, std::int16_t* out) const {
            const std::size_t bytes = words_ * sizeof(std::uint64_t);
            if (holds(period)) {
                const std::size_t at = period % kFrames;
                for (std::size_t i = 0; i < words_; ++i) {
                    const std::uint64_t word =
                        data_[at * words_ + i].load(std::memory_order_relaxed);
                    std::memcpy(out + i * kPerWord, &word, sizeof(word));
                }
                std::atomic_thread_fence(std::memory_order_acquire);
                if (periods_[at].load(std::memory_order_relaxed) == period) return;
            }
            std::memset(out, 0, bytes);
        }

        std::int32_t peak(std::int64_t period) const {
            return holds(period) ? peaks_[period % kFrames].load(std::memory_order_relaxed) : 0;
        }

        std::int64_t find(std::int64_t taken) const {
            for (std::size_t at = 0; at < kFrames; ++at) {
                if (times_[at].load(std::memory_order_relaxed) == taken) {
                    return periods_[at].load(std::memory_order_acquire);
                }
            }
            return -1;
        }

    private:
        static constexpr std::size_t kPerWord = sizeof(std::uint64_t) / sizeof(std::int16_t);

        bool holds(std::int64_t period) const {
            return period >= 0 &&
                   periods_[period % kFrames].load(std::memory_order_acquire) == period;
        }

        const std::size_t words_;
        // Words and not samples: each can be read while another thread writes.
        std::vector<std::atomic<std::uint64_t>> data_;
        std::array<std::atomic<std::int64_t>, kFrames> periods_{};
        std::array<std::atomic<std::int64_t>, kFrames> times_{};
        std::array<std::atomic<std::int32_t>, kFrames> peaks_{};
    };

    Side heard_;
    Side said_;
};

}  // namespace veridial
