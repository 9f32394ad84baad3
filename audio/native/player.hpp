// One call's playback: a playlist without gaps, with gains that move inside the frame.
//
// Commands come from Python threads, frames are rendered by the audio thread; both hold the mutex
// for well under a microsecond. Memory is taken and given back by commands only, outside the mutex.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>

#include "event_queue.hpp"
#include "pi_mutex.hpp"
#include "prompt.hpp"

namespace veridial {

struct Place {
    std::int64_t play_id = 0;
    std::int64_t sample = -1;  // -1: nothing is being played, or the command was refused
};

class Player {
public:
    Player(int rate, std::int64_t handle, EventQueue& events);

    // Replaces what is played; armed, it waits for release().
    void play(std::unique_ptr<Playlist> list, bool armed);
    // Starts an armed playlist; false where there is none.
    bool release();
    // Falls silent; the playlist is kept for resume().
    Place stop();
    // As stop(), but only where the prompt being played lets speech stop it.
    Place interrupt();
    // Goes quiet, unless the prompt being played is protected; the place where it began.
    Place duck();
    // Full volume again, from here on.
    void unduck();
    // Full volume, from `sample` of the playlist `play_id`; false where that list is gone. From a
    // pause: from the last one before it in its item, unless that is far, or was begun at twice.
    bool resume(std::int64_t play_id, std::int64_t sample, bool from_pause = false);
    Place place();

    // The audio thread: one frame of `count` samples. False where it is silence.
    bool render(std::int16_t* out, int count, std::int64_t now);
    // What is being played, as the audio thread last left it.
    Policy policy() const { return policy_.load(std::memory_order_relaxed); }

private:
    enum class State { Idle, Armed, Playing };
    static constexpr int kMaxRamp = 80;

    void capture_tail();
    Place halt(std::int64_t now);
    std::int64_t pause_before(std::int64_t sample);
    void seek(std::int64_t sample);
    void ramp_to(float gain);
    void mix_tail(std::int16_t* out, int count);
    void copy(std::int16_t* out, const std::int16_t* in, int count);
    const PlaylistItem& item() const { return list_->items[index_]; }

    const std::int64_t handle_;
    const int rate_;
    const int ramp_;  // samples of a change of gain: 5 ms
    EventQueue& events_;
    std::atomic<Policy> policy_{Policy::None};

    PiMutex mutex_;
    std::unique_ptr<Playlist> list_;
    State state_ = State::Idle;
    bool announced_ = false;  // Started was told
    bool audible_ = false;    // the last frame ended in the middle of sound
    bool ducked_ = false;
    std::size_t index_ = 0;
    std::size_t told_ = 0;  // items whose end was told
    std::int64_t offset_ = 0;  // in the item
    float gain_ = 1.0F;
    float step_ = 0.0F;
    int step_left_ = 0;
    std::array<std::int16_t, kMaxRamp> tail_{};
    int tail_left_ = 0;
    std::int64_t begun_at_ = -1;  // the pause from which it went on last, and how often
    int begun_ = 0;
};

}  // namespace veridial
