// Prompts and playlists: shared, immutable, owned by writers only.
#pragma once

#include <atomic>
#include <cstdint>
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
    explicit Prompt(std::vector<std::int16_t> samples) : samples_(std::move(samples)) { ++live_; }
    ~Prompt() { --live_; }
    Prompt(const Prompt&) = delete;
    Prompt& operator=(const Prompt&) = delete;

    const std::int16_t* data() const { return samples_.data(); }
    std::int64_t size() const { return static_cast<std::int64_t>(samples_.size()); }
    static std::int64_t live() { return live_.load(); }

private:
    const std::vector<std::int16_t> samples_;
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
