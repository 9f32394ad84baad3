// The audio thread: pulls one frame through the conference bridge at every deadline.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <thread>
#include <vector>

#include <pthread.h>

#include <pjsua-lib/pjsua.h>

#include "port.hpp"

namespace veridial {

// Above every ordinary thread, below the kernel's own (watchdogs, interrupt threads at 50). The
// clock goes first: threads of one priority would wait for each other's time slice.
constexpr int kClockPriority = 10;
constexpr int kMediaPriority = 9;

// False where the system does not allow it.
bool go_realtime(pthread_t thread, int priority);

class Clock {
public:
    static constexpr std::int64_t kPeriod = 20'000'000;  // ns
    // A stall this long is made good by ticks back to back; of a longer one the rest is skipped,
    // for a burst of packets would only be thrown away by the far side's jitter buffer.
    static constexpr int kCatchUp = 5;
    // Upper bounds of the lateness histogram, ns; one more bucket counts what is later.
    static constexpr std::array<std::int64_t, 10> kBounds{
        50'000,    100'000,   200'000,    500'000,    1'000'000,
        2'000'000, 5'000'000, 10'000'000, 20'000'000, 100'000'000};
    static constexpr std::int64_t kLate = 5'000'000;

    Clock(pjmedia_port* master, int rate, std::shared_ptr<Shared> shared);
    ~Clock();
    Clock(const Clock&) = delete;
    Clock& operator=(const Clock&) = delete;

    // Joins the audio thread, and wakes who waits.
    void stop();

    // Until the tick count differs from `seen`, or the time is over. Returns the tick count.
    std::uint32_t wait(std::uint32_t seen, std::int64_t timeout_ns);

    struct Counts {
        std::uint64_t ticks = 0, late = 0, caught_up = 0, skipped = 0;
        std::int64_t lateness_ns = 0;  // sum
        std::array<std::uint64_t, kBounds.size() + 1> lateness{};
        Counts& operator+=(const Counts& other);
    };
    Counts counts() const;
    bool realtime() const { return realtime_.load(); }

private:
    void run();
    void tick(std::int64_t now);
    void note(std::int64_t lateness);

    pjmedia_port* const master_;
    const int samples_;
    const std::shared_ptr<Shared> shared_;
    std::vector<std::int16_t> buffer_;
    std::uint64_t timestamp_ = 0;
    std::int64_t period_ = 0;
    pj_thread_desc descriptor_{};
    pj_thread_t* pj_thread_ = nullptr;

    std::atomic<bool> quit_{false};
    std::atomic<bool> realtime_{false};
    std::atomic<std::uint32_t> tick_{0};  // a futex
    std::atomic<std::uint64_t> ticks_{0}, late_{0}, caught_up_{0}, skipped_{0};
    std::atomic<std::int64_t> lateness_ns_{0};
    std::array<std::atomic<std::uint64_t>, kBounds.size() + 1> lateness_{};

    std::atomic<int> ready_{0};  // 1 running, -1 could not register
    std::thread thread_;
};

}  // namespace veridial
