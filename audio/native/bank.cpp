#include "bank.hpp"

#include <algorithm>
#include <stdexcept>
#include <string>
#include <utility>

#include "status.hpp"

// Exported by libpjsua, but left out of its header in 2.17.
extern "C" pj_status_t pjsua_conf_set_op_cb(pjmedia_conf_op_cb callback);

namespace veridial {

namespace {

constexpr std::uint32_t kIndexBits = 16;
constexpr std::uint32_t kMostCalls = 1U << kIndexBits;

void require_pj_thread() {
    if (pjsua_get_state() == PJSUA_STATE_NULL) {
        throw std::runtime_error("PJSIP is not up: create and initialise the endpoint first");
    }
    if (!pj_thread_is_registered()) {
        throw std::runtime_error(
            "this thread is unknown to PJSIP: call from the SIP thread, or register it");
    }
}

bool raise_media_threads() {
    pjmedia_endpt* endpoint = pjsua_get_pjmedia_endpt();
    bool all = true;
    for (unsigned i = 0; i < pjmedia_endpt_get_thread_count(endpoint); ++i) {
        pj_thread_t* thread = pjmedia_endpt_get_thread(endpoint, i);
        all = thread != nullptr &&
              go_realtime(*static_cast<pthread_t*>(pj_thread_get_os_handle(thread)),
                          kMediaPriority) &&
              all;
    }
    return all;
}

}  // namespace

Bank::Bank(int rate) : rate_(rate) {
    if (rate != 8000 && rate != 16000) {
        throw std::invalid_argument("the bridge runs at 8000 or 16000 Hz, not " +
                                    std::to_string(rate));
    }
}

Bank::~Bank() {
    shutdown();
    // On whatever thread collects garbage: one that PJSIP does not know can only leave them there.
    const bool may_leave = life_ != PjLife::now() || pj_thread_is_registered();
    for (Slot& slot : slots_) {
        if (slot.port && may_leave) slot.port->leave();
    }
    open_ports_.clear();
    slots_.clear();
    Port::reap();
}

void Bank::start() {
    require_pj_thread();
    {
        const std::lock_guard<std::mutex> lock(mutex_);
        if (clock_) throw std::runtime_error("the bridge runs already");
    }
    life_ = PjLife::notice();
    if (pool_ == nullptr) pool_ = pjsua_pool_create("bridge", 512, 512);
    if (pool_ == nullptr) throw std::runtime_error("PJSIP has no memory for the bridge");
    pjmedia_port* master = pjsua_set_no_snd_dev();
    if (master == nullptr) throw std::runtime_error("PJSIP has no conference bridge");
    const int rate = static_cast<int>(PJMEDIA_PIA_SRATE(&master->info));
    const int samples = static_cast<int>(PJMEDIA_PIA_SPF(&master->info));
    if (rate != rate_ || samples != rate_ / 50 || PJMEDIA_PIA_CCNT(&master->info) != 1) {
        throw std::runtime_error(
            "the conference runs at " + std::to_string(rate) + " Hz, " + std::to_string(samples) +
            " samples a frame; the bridge wants mono, " + std::to_string(rate_) +
            " Hz, 20 ms (medConfig.clockRate, audioFramePtime)");
    }
    // pjsua2 tells its Endpoint of every finished conference operation, from the audio thread;
    // in Python that would mean waiting for the interpreter between two frames.
    const pj_status_t status = pjsua_conf_set_op_cb(nullptr);
    if (status != PJ_SUCCESS) throw std::runtime_error("conference: " + status_text(status));
    // RTP comes in on PJSIP's own threads. While one of them, off its core, holds a jitter buffer's
    // mutex, the audio thread waits for it: they must be as hard to push aside.
    const bool realtime = raise_media_threads();
    auto clock = std::make_shared<Clock>(master, rate_, shared_);
    const std::lock_guard<std::mutex> lock(mutex_);
    clock_ = std::move(clock);
    media_realtime_ = realtime;
}

void Bank::shutdown() {
    const std::shared_ptr<Clock> last = clock();
    if (last) {
        last->stop();
        const std::lock_guard<std::mutex> lock(mutex_);
        past_ += last->counts();
        clock_.reset();
    }
    if (pool_ != nullptr && life_ == PjLife::now()) pj_pool_release(pool_);
    pool_ = nullptr;
    Port::reap();
}

std::int64_t Bank::open() {
    require_pj_thread();
    if (pool_ == nullptr) throw std::runtime_error("the bridge is not started");
    Port::reap();
    std::uint32_t index = 0;
    std::int64_t handle = 0;
    {
        const std::lock_guard<std::mutex> lock(mutex_);
        if (free_.empty()) {
            if (slots_.size() == kMostCalls) throw std::runtime_error("too many calls");
            index = static_cast<std::uint32_t>(slots_.size());
            slots_.emplace_back();
        } else {
            index = free_.back();
            free_.pop_back();
        }
        handle = (++slots_[index].generation << kIndexBits) | index;
    }
    std::shared_ptr<Port> port;
    try {
        port = Port::open(pool_, rate_, handle, shared_);
    } catch (...) {
        const std::lock_guard<std::mutex> lock(mutex_);
        free_.push_back(index);
        throw;
    }
    const std::lock_guard<std::mutex> lock(mutex_);
    slots_[index].port = port;
    open_ports_.push_back(std::move(port));
    ++calls_;
    return handle;
}

void Bank::close(std::int64_t handle) {
    std::shared_ptr<Port> port = find(handle);
    if (life_ == PjLife::now()) require_pj_thread();
    {
        const std::lock_guard<std::mutex> lock(mutex_);
        const auto index = static_cast<std::uint32_t>(handle & (kMostCalls - 1));
        if (slots_[index].port != port) throw UnknownHandle();
        slots_[index].port.reset();
        free_.push_back(index);
        --calls_;
        const auto at = std::find(open_ports_.begin(), open_ports_.end(), port);
        *at = std::move(open_ports_.back());
        open_ports_.pop_back();
    }
    port->leave();
    port.reset();
    Port::reap();
}

std::shared_ptr<Port> Bank::find(std::int64_t handle) {
    const std::lock_guard<std::mutex> lock(mutex_);
    const auto index = static_cast<std::size_t>(handle & (kMostCalls - 1));
    if (handle <= 0 || index >= slots_.size() || !slots_[index].port ||
        slots_[index].generation != handle >> kIndexBits) {
        throw UnknownHandle();
    }
    return slots_[index].port;
}

void Bank::make_room_for_events() {
    std::size_t calls = 0;
    {
        const std::lock_guard<std::mutex> lock(mutex_);
        calls = calls_;
    }
    shared_->events.make_room(calls);
}

std::shared_ptr<Clock> Bank::clock() {
    const std::lock_guard<std::mutex> lock(mutex_);
    return clock_;
}

std::uint32_t Bank::wait(std::uint32_t seen, double seconds) {
    const std::shared_ptr<Clock> running = clock();
    if (!running) throw std::runtime_error("the bridge is not started");
    return running->wait(seen, static_cast<std::int64_t>(seconds * 1e9));
}

std::size_t Bank::collect(const Out& out) {
    const std::lock_guard<std::mutex> one(collecting_);
    const std::lock_guard<std::mutex> lock(mutex_);
    const auto samples = static_cast<std::size_t>(this->samples());
    std::size_t n = 0;
    for (const std::shared_ptr<Port>& port : open_ports_) {
        FrameRing& ring = port->heard();
        while (n < out.room && ring.pop(out.frames + n * samples, out.taken[n], out.over[n],
                                          out.peaks[n])) {
            out.handles[n++] = port->handle();
        }
    }
    return n;
}

Clock::Counts Bank::clock_counts() {
    const std::shared_ptr<Clock> running = clock();
    Clock::Counts counts = running ? running->counts() : Clock::Counts{};
    const std::lock_guard<std::mutex> lock(mutex_);
    counts += past_;
    return counts;
}

bool Bank::realtime() {
    const std::shared_ptr<Clock> running = clock();
    return running && running->realtime() && media_realtime_;
}

}  // namespace veridial
