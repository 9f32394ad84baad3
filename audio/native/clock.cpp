#include "clock.hpp"

#include <cerrno>
#include <climits>
#include <ctime>
#include <stdexcept>
#include <utility>

#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace veridial {

namespace {

std::int64_t now_ns() {
    timespec now{};
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1'000'000'000LL + now.tv_nsec;
}

void sleep_until(std::int64_t deadline) {
    const timespec at{static_cast<time_t>(deadline / 1'000'000'000LL),
                      static_cast<long>(deadline % 1'000'000'000LL)};
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, nullptr) == EINTR) {
    }
}

long futex(std::atomic<std::uint32_t>& word, int operation, std::uint32_t value,
           const timespec* timeout) {
    static_assert(sizeof(word) == 4 && std::atomic<std::uint32_t>::is_always_lock_free);
    return syscall(SYS_futex, reinterpret_cast<std::uint32_t*>(&word), operation, value, timeout,
                   nullptr, 0);
}

}  // namespace

bool go_realtime(pthread_t thread, int priority) {
    sched_param wanted{};
    wanted.sched_priority = priority;
    return pthread_setschedparam(thread, SCHED_RR, &wanted) == 0;
}

Clock::Clock(pjmedia_port* master, int rate, std::shared_ptr<Shared> shared)
    : master_(master), samples_(rate / 50), shared_(std::move(shared)), buffer_(samples_) {
    thread_ = std::thread(&Clock::run, this);
    while (ready_.load() == 0) sched_yield();
    if (ready_.load() < 0) {
        thread_.join();
        throw std::runtime_error("the audio thread cannot register with PJSIP");
    }
}

Clock::~Clock() { stop(); }

void Clock::stop() {
    quit_.store(true);
    if (thread_.joinable()) thread_.join();
    tick_.fetch_add(1, std::memory_order_release);
    futex(tick_, FUTEX_WAKE_PRIVATE, INT_MAX, nullptr);
}

void Clock::run() {
    pthread_setname_np(pthread_self(), "audio-clock");
    if (pj_thread_register("audio-clock", descriptor_, &pj_thread_) != PJ_SUCCESS) {
        ready_.store(-1);
        return;
    }
    realtime_.store(go_realtime(pthread_self(), kClockPriority));
    ready_.store(1);

    std::int64_t deadline = now_ns();
    while (!quit_.load(std::memory_order_relaxed)) {
        deadline += kPeriod;
        std::int64_t now = now_ns();
        if (now < deadline) {
            sleep_until(deadline);
            now = now_ns();
        } else {
            const std::int64_t behind = (now - deadline) / kPeriod;
            if (behind > kCatchUp) {
                const std::int64_t skip = behind - kCatchUp;
                deadline += skip * kPeriod;
                period_ += skip;
                skipped_.fetch_add(static_cast<std::uint64_t>(skip), std::memory_order_relaxed);
            }
            if (behind > 0) caught_up_.fetch_add(1, std::memory_order_relaxed);
        }
        ++period_;
        note(now - deadline);
        tick(now);
    }
}

void Clock::tick(std::int64_t now) {
    shared_->now.store(now, std::memory_order_relaxed);
    shared_->period.store(period_, std::memory_order_relaxed);
    pjmedia_frame frame{};
    frame.buf = buffer_.data();
    frame.size = sizeof(std::int16_t) * buffer_.size();
    frame.timestamp.u64 = timestamp_;
    pjmedia_port_get_frame(master_, &frame);
    timestamp_ += static_cast<std::uint64_t>(samples_);
    ticks_.fetch_add(1, std::memory_order_relaxed);
    // A futex, not a condition variable: there is no lock for a reader to be caught holding.
    tick_.fetch_add(1, std::memory_order_release);
    futex(tick_, FUTEX_WAKE_PRIVATE, INT_MAX, nullptr);
}

void Clock::note(std::int64_t lateness) {
    std::size_t bucket = 0;
    while (bucket < kBounds.size() && lateness > kBounds[bucket]) ++bucket;
    lateness_[bucket].fetch_add(1, std::memory_order_relaxed);
    lateness_ns_.fetch_add(lateness, std::memory_order_relaxed);
    if (lateness > kLate) late_.fetch_add(1, std::memory_order_relaxed);
}

std::uint32_t Clock::wait(std::uint32_t seen, std::int64_t timeout_ns) {
    const std::int64_t end = now_ns() + timeout_ns;
    for (;;) {
        const std::uint32_t tick = tick_.load(std::memory_order_acquire);
        const std::int64_t left = end - now_ns();
        if (tick != seen || left <= 0) return tick;
        const timespec timeout{static_cast<time_t>(left / 1'000'000'000LL),
                               static_cast<long>(left % 1'000'000'000LL)};
        futex(tick_, FUTEX_WAIT_PRIVATE, seen, &timeout);
    }
}

Clock::Counts Clock::counts() const {
    Counts counts;
    counts.ticks = ticks_.load();
    counts.late = late_.load();
    counts.caught_up = caught_up_.load();
    counts.skipped = skipped_.load();
    counts.lateness_ns = lateness_ns_.load();
    for (std::size_t i = 0; i < lateness_.size(); ++i) counts.lateness[i] = lateness_[i].load();
    return counts;
}

Clock::Counts& Clock::Counts::operator+=(const Counts& other) {
    ticks += other.ticks;
    late += other.late;
    caught_up += other.caught_up;
    skipped += other.skipped;
    lateness_ns += other.lateness_ns;
    for (std::size_t i = 0; i < lateness.size(); ++i) lateness[i] += other.lateness[i];
    return *this;
}

}  // namespace veridial
