#include "port.hpp"

#include <cstring>
#include <stdexcept>
#include <string>
#include <utility>

#include "status.hpp"

namespace veridial {

namespace {

constexpr unsigned kSignature = PJMEDIA_SIG_CLASS_APP('V', 'D', 'L');
char kName[] = "call";

void bump(std::atomic<std::uint64_t>& counter) {
    // One writer: a plain add, without a locked instruction.
    counter.store(counter.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
}

}  // namespace

Port::Port(int rate, std::int64_t handle, std::shared_ptr<Shared> shared)
    : samples_(rate / 50),
      handle_(handle),
      shared_(std::move(shared)),
      player_(rate, handle, shared_->events),
      heard_(samples_),
      recent_(samples_) {
    pj_str_t name = pj_str(kName);
    pjmedia_port_info_init(&base_.info, &name, kSignature, rate, 1, 16, samples_);
    base_.port_data.pdata = this;
    base_.get_frame = &Port::get_frame;
    base_.put_frame = &Port::put_frame;
    base_.on_destroy = &Port::on_destroy;
    ++live_;
}

Port::~Port() { --live_; }

std::shared_ptr<Port> Port::open(pj_pool_t* pool, int rate, std::int64_t handle,
                                 std::shared_ptr<Shared> shared) {
    std::shared_ptr<Port> port(new Port(rate, handle, std::move(shared)));
    // The group lock counts two holders: us until leave(), and the conference until its own
    // thread has removed the port. The last to let go runs on_destroy.
    pj_status_t status = pjmedia_port_init_grp_lock(&port->base_, pool, nullptr);
    if (status != PJ_SUCCESS) throw std::runtime_error("no port lock: " + status_text(status));
    port->held_by_conference_ = port;
    status = pjsua_conf_add_port(pool, &port->base_, &port->slot_);
    if (status != PJ_SUCCESS) {
        pjmedia_port_destroy(&port->base_);
        throw std::runtime_error("the conference takes no more ports: " + status_text(status));
    }
    return port;
}

void Port::leave() {
    attached_.store(false, std::memory_order_relaxed);
    {
        const std::lock_guard<std::mutex> lock(taping_);
        left_ = true;
        if (tap_) tap_->stop();
    }
    if (life_ != PjLife::now()) {
        // That PJSIP is gone, and with it the conference, the group lock and both references.
        const std::shared_ptr<Port> last = std::move(held_by_conference_);
        return;
    }
    pjsua_conf_remove_port(slot_);
    pjmedia_port_destroy(&base_);
}

void Port::attach(pjsua_conf_port_id slot) {
    if (peer_ != PJSUA_INVALID_ID && peer_ != slot) detach();
    pj_status_t status = pjsua_conf_connect(slot, slot_);
    if (status == PJ_SUCCESS) status = pjsua_conf_connect(slot_, slot);
    if (status != PJ_SUCCESS) {
        throw std::runtime_error("cannot connect to conference slot " + std::to_string(slot) +
                                 ": " + status_text(status));
    }
    peer_ = slot;
    attached_.store(true, std::memory_order_relaxed);
}

void Port::detach() {
    attached_.store(false, std::memory_order_relaxed);
    if (peer_ == PJSUA_INVALID_ID) return;
    // A stream that PJSIP has already destroyed has taken its connections along: no error to us.
    pjsua_conf_disconnect(peer_, slot_);
    pjsua_conf_disconnect(slot_, peer_);
    peer_ = PJSUA_INVALID_ID;
}

std::shared_ptr<Tap> Port::record() {
    const std::lock_guard<std::mutex> lock(taping_);
    if (left_) throw UnknownHandle();
    if (tap_) throw std::logic_error("this call has been recorded already");
    tap_ = std::make_shared<Tap>(samples_);
    recording_.store(tap_.get(), std::memory_order_release);
    return tap_;
}

Port::Stats Port::stats() const {
    return {received_.load(std::memory_order_relaxed), sent_.load(std::memory_order_relaxed),
            dropped_.load(std::memory_order_relaxed), underruns_.load(std::memory_order_relaxed)};
}

// Audio thread: what the far side will hear.
pj_status_t Port::get_frame(pjmedia_port* base, pjmedia_frame* frame) {
    auto* port = static_cast<Port*>(base->port_data.pdata);
    auto* out = static_cast<std::int16_t*>(frame->buf);
    const std::int64_t now = port->shared_->now.load(std::memory_order_relaxed);
    port->player_.render(out, port->samples_, now);
    frame->type = PJMEDIA_FRAME_TYPE_AUDIO;
    frame->size = sizeof(*out) * port->samples_;
    bump(port->sent_);
    bump(port->shared_->sent);
    const std::int64_t period = port->shared_->period.load(std::memory_order_relaxed);
    port->recent_.said(out, period, now);
    if (Tap* tap = port->recording_.load(std::memory_order_acquire)) {
        tap->said(out, period);
    }
    return PJ_SUCCESS;
}

// Audio thread: what came from the far side.
pj_status_t Port::put_frame(pjmedia_port* base, pjmedia_frame* frame) {
    auto* port = static_cast<Port*>(base->port_data.pdata);
    Shared& shared = *port->shared_;
    if (frame->type != PJMEDIA_FRAME_TYPE_AUDIO ||
        frame->size != sizeof(std::int16_t) * port->samples_) {
        // The conference's heartbeat to a port that nobody talks to: normal while detached.
        if (port->heard_any_ && port->attached_.load(std::memory_order_relaxed)) {
            bump(port->underruns_);
            bump(shared.underruns);
        }
        return PJ_SUCCESS;
    }
    port->heard_any_ = true;
    bump(port->received_);
    bump(shared.received);
    const std::int64_t now = shared.now.load(std::memory_order_relaxed);
    const auto* in = static_cast<const std::int16_t*>(frame->buf);
    const std::int64_t period = shared.period.load(std::memory_order_relaxed);
    port->recent_.heard(in, period, now);
    if (Tap* tap = port->recording_.load(std::memory_order_acquire)) {
        tap->heard(in, period);
    }
    if (!port->heard_.push(in, now, port->player_.policy())) {
        bump(port->dropped_);
        bump(shared.dropped);
    }
    return PJ_SUCCESS;
}

// Mostly on the audio thread, which frees nothing: the port waits for reap().
pj_status_t Port::on_destroy(pjmedia_port* base) {
    auto* port = static_cast<Port*>(base->port_data.pdata);
    port->next_dead_ = dead_.load(std::memory_order_relaxed);
    while (!dead_.compare_exchange_weak(port->next_dead_, port, std::memory_order_release,
                                        std::memory_order_relaxed)) {
    }
    return PJ_SUCCESS;
}

void Port::reap() {
    Port* port = dead_.exchange(nullptr, std::memory_order_acquire);
    while (port != nullptr) {
        Port* next = port->next_dead_;
        const std::shared_ptr<Port> last = std::move(port->held_by_conference_);
        port = next;
    }
}

}  // namespace veridial
