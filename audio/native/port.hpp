// One call's port on PJSIP's conference bridge.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>

#include <pjsua-lib/pjsua.h>

#include "frame_ring.hpp"
#include "player.hpp"
#include "recent.hpp"
#include "status.hpp"
#include "tap.hpp"

namespace veridial {

// What all ports of one bridge share with its audio thread.
struct Shared {
    std::atomic<std::int64_t> now{0};  // CLOCK_MONOTONIC ns at which the current tick began
    std::atomic<std::int64_t> period{0};  // number of the current tick, skipped ones counted
    std::atomic<std::uint64_t> received{0};
    std::atomic<std::uint64_t> sent{0};
    std::atomic<std::uint64_t> dropped{0};
    std::atomic<std::uint64_t> underruns{0};
    EventQueue events;
};

class Port {
public:
    // Joins the conference. Raises std::runtime_error where there is no room.
    static std::shared_ptr<Port> open(pj_pool_t* pool, int rate, std::int64_t handle,
                                      std::shared_ptr<Shared> shared);
    ~Port();
    Port(const Port&) = delete;
    Port& operator=(const Port&) = delete;

    // The conference lets go at its next tick; until then the audio thread may still call.
    void leave();
    void attach(pjsua_conf_port_id slot);
    void detach();
    // Keeps from now on what both sides say. Raises std::logic_error the second time.
    std::shared_ptr<Tap> record();

    std::int64_t handle() const { return handle_; }
    pjsua_conf_port_id slot() const { return slot_; }
    Player& player() { return player_; }
    FrameRing& heard() { return heard_; }
    const Recent& recent() const { return recent_; }

    struct Stats {
        std::uint64_t received = 0;
        std::uint64_t sent = 0;
        std::uint64_t dropped = 0;
        std::uint64_t underruns = 0;
    };
    Stats stats() const;

    // Frees the ports that the conference has let go of. Never on the audio thread.
    static void reap();
    static std::int64_t live() { return live_.load(); }

private:
    Port(int rate, std::int64_t handle, std::shared_ptr<Shared> shared);
    static pj_status_t get_frame(pjmedia_port* base, pjmedia_frame* frame);
    static pj_status_t put_frame(pjmedia_port* base, pjmedia_frame* frame);
    static pj_status_t on_destroy(pjmedia_port* base);

    pjmedia_port base_{};
    const int samples_;
    const std::int64_t handle_;
    const std::shared_ptr<Shared> shared_;
    Player player_;
    FrameRing heard_;
    Recent recent_;
    std::mutex taping_;  // held by record() and leave(), never by the audio thread
    bool left_ = false;
    std::shared_ptr<Tap> tap_;  // made by record(), kept until the end
    std::atomic<Tap*> recording_{nullptr};
    std::atomic<bool> attached_{false};
    bool heard_any_ = false;  // audio thread only
    std::atomic<std::uint64_t> received_{0};
    std::atomic<std::uint64_t> sent_{0};
    std::atomic<std::uint64_t> dropped_{0};
    std::atomic<std::uint64_t> underruns_{0};

    const std::uint64_t life_ = PjLife::now();
    pjsua_conf_port_id slot_ = PJSUA_INVALID_ID;
    pjsua_conf_port_id peer_ = PJSUA_INVALID_ID;
    std::shared_ptr<Port> held_by_conference_;
    Port* next_dead_ = nullptr;

    static inline std::atomic<std::int64_t> live_{0};
    static inline std::atomic<Port*> dead_{nullptr};
};

}  // namespace veridial
