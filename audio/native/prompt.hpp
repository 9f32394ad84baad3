// Prompts and playlists: shared, immutable, owned by writers only.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <utility>
#include <vector>

#include "event_queue.hpp"

namespace veridial {

// The numbers are those of audio/_bridge.pyi.
enum class Policy : std::int8_t { None = -1, Protected = 0, Duck = 1, Stop = 2 };

// Samples copied once from Python. The audio thread only ever reads through a raw pointer that a
// Playlist keeps alive, so it never drops the last reference and never frees.
class Prompt {
public:
    Prompt(std::vector<std::int16_t> samples, int rate)
        : samples_(std::move(samples)), pauses_(find_pauses(samples_, rate)) {
        ++live_;
    }
    ~Prompt() { --live_; }
    Prompt(const Prompt&) = delete;
    Prompt& operator=(const Prompt&) = delete;

    const std::int16_t* data() const { return samples_.data(); }
    std::int64_t size() const { return static_cast<std::int64_t>(samples_.size()); }
    // Where to begin again, so that `sample` and the words around it are heard whole: at the end of
    // the last pause before it, which may be the beginning.
    std::int64_t pause_before(std::int64_t sample) const {
        const auto after = std::upper_bound(pauses_.begin(), pauses_.end(), sample);
        return after == pauses_.begin() ? 0 : *(after - 1);
    }
    static std::int64_t live() { return live_.load(); }

private:
    // The ends of pauses of 80 ms and more, 10 ms early: 30 dB under the peak, as between words.
    static std::vector<std::int64_t> find_pauses(const std::vector<std::int16_t>& samples,
                                                 int rate) {
        const std::size_t step = rate / 100;
        std::int32_t peak = 0;
        for (const std::int16_t sample : samples) {
            peak = std::max(peak, std::abs(std::int32_t{sample}));
        }
        std::vector<std::int64_t> ends;
        int quiet = 0;
        for (std::size_t at = 0; at + step <= samples.size(); at += step) {
            std::int32_t loudest = 0;
            for (std::size_t i = 0; i < step; ++i) {
                loudest = std::max(loudest, std::abs(std::int32_t{samples[at + i]}));
            }
            if (loudest * 32 <= peak) {
                ++quiet;
                continue;
            }
            if (quiet >= 8) ends.push_back(static_cast<std::int64_t>(at - step));
            quiet = 0;
        }
        return ends;
    }

    const std::vector<std::int16_t> samples_;
    const std::vector<std::int64_t> pauses_;
    static inline std::atomic<std::int64_t> live_{0};
};

struct PlaylistItem {
    std::shared_ptr<const Prompt> prompt;
    Policy policy;
    std::int64_t begin = 0;  // first sample, counted from the playlist's start
};

struct Playlist {
    Playlist(std::int64_t play_id, std::vector<PlaylistItem> items, EventQueue& events)
        : play_id(play_id), items(std::move(items)), events_(events) {
        for (PlaylistItem& item : this->items) {
            item.begin = total;
            total += item.prompt->size();
        }
        events_.expect(this->items.size());
    }
    ~Playlist() { events_.forget(items.size()); }
    Playlist(const Playlist&) = delete;
    Playlist& operator=(const Playlist&) = delete;

    const std::int64_t play_id;
    std::vector<PlaylistItem> items;  // none of them empty
    std::int64_t total = 0;           // samples

private:
    EventQueue& events_;  // outlives every playlist
};

}  // namespace veridial
