// Playback events of all calls, on their way to Python. None is ever lost, and pushing one never
// allocates on the audio thread.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <vector>

#include "pi_mutex.hpp"

namespace veridial {

struct PlaybackEvent {
    enum class Kind : std::int8_t { Started = 0, Done = 1, Played = 2 };
    Kind kind;
    bool completed;
    std::int64_t handle;
    std::int64_t at;  // CLOCK_MONOTONIC, ns
    std::int64_t play_id;
    std::int64_t sample;  // of Played: the item's number, from 0
};

class EventQueue {
public:
    EventQueue() { events_.reserve(wanted_); }

    // Called by every command that lets a playback bring events, before it does: without a further
    // command a call brings at most two (Started, Done), and one for each item of its playlist.
    void make_room(std::size_t calls) {
        const std::size_t need = 2 * calls + 2 + items_.load(std::memory_order_relaxed);
        for (;;) {
            std::size_t size = 0;
            {
                const std::lock_guard<PiMutex> lock(mutex_);
                if (events_.capacity() - events_.size() >= need) return;
                size = events_.size();
            }
            std::vector<PlaybackEvent> bigger;
            bigger.reserve(2 * (size + need));
            const std::lock_guard<PiMutex> lock(mutex_);
            if (bigger.capacity() - need < events_.size()) continue;
            bigger.insert(bigger.end(), events_.begin(), events_.end());
            events_.swap(bigger);
            wanted_ = events_.capacity();
        }
    }

    // The items of all playlists that live: each is told of once.
    void expect(std::size_t items) { items_.fetch_add(items, std::memory_order_relaxed); }
    void forget(std::size_t items) { items_.fetch_sub(items, std::memory_order_relaxed); }

    void push(const PlaybackEvent& event) {
        const std::lock_guard<PiMutex> lock(mutex_);
        events_.push_back(event);
        some_.store(true, std::memory_order_release);
    }

    std::vector<PlaybackEvent> drain() {
        std::vector<PlaybackEvent> out;
        if (!some_.load(std::memory_order_acquire)) return out;
        for (;;) {
            std::size_t wanted = 0;
            {
                const std::lock_guard<PiMutex> lock(mutex_);
                wanted = wanted_;
            }
            out.reserve(wanted);
            const std::lock_guard<PiMutex> lock(mutex_);
            if (out.capacity() < wanted_) continue;
            events_.swap(out);
            some_.store(false, std::memory_order_release);
            return out;
        }
    }

private:
    PiMutex mutex_;
    std::size_t wanted_ = 1024;
    std::vector<PlaybackEvent> events_;
    std::atomic<bool> some_{false};
    std::atomic<std::size_t> items_{0};
};

}  // namespace veridial
