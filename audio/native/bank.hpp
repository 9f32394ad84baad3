// All calls of one bridge: handles, the way in for commands, and the way out for frames.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "clock.hpp"
#include "port.hpp"

namespace veridial {

class Bank {
public:
    explicit Bank(int rate);
    ~Bank();

    int rate() const { return rate_; }
    int samples() const { return rate_ / 50; }

    // On a thread that PJSIP knows; the interpreter's lock must not be held.
    void start();
    void shutdown();
    std::int64_t open();
    void close(std::int64_t handle);

    // The port of a handle. Raises std::out_of_range (KeyError in Python) after close().
    std::shared_ptr<Port> find(std::int64_t handle);
    void make_room_for_events();
    EventQueue& event_queue() { return shared_->events; }

    std::uint32_t wait(std::uint32_t seen, double seconds);
    struct Out {
        std::int16_t* frames;
        std::int64_t* handles;
        std::int64_t* taken;
        std::int8_t* over;
        std::int32_t* peaks;
        std::size_t room;
    };
    std::size_t collect(const Out& out);
    std::vector<PlaybackEvent> events() { return shared_->events.drain(); }

    Clock::Counts clock_counts();
    bool realtime();
    const Shared& shared() const { return *shared_; }

private:
    struct Slot {
        std::int64_t generation = 0;
        std::shared_ptr<Port> port;
    };
    std::shared_ptr<Clock> clock();

    const int rate_;
    const std::shared_ptr<Shared> shared_ = std::make_shared<Shared>();
    std::uint64_t life_ = 0;  // of PJSIP, in which the bridge was started
    pj_pool_t* pool_ = nullptr;

    // Held for moments, never by the audio thread, never while PJSIP or the interpreter is called.
    std::mutex mutex_;
    std::vector<Slot> slots_;
    std::vector<std::uint32_t> free_;
    std::size_t calls_ = 0;
    std::shared_ptr<Clock> clock_;
    std::atomic<bool> media_realtime_{false};
    Clock::Counts past_{};  // of clocks that were stopped

    std::mutex collecting_;  // one reader of the rings at a time
    std::vector<std::shared_ptr<Port>> open_ports_;  // what collect() walks
};

}  // namespace veridial
