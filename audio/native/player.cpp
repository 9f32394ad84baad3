#include "player.hpp"

#include <algorithm>
#include <cstring>
#include <ctime>
#include <mutex>
#include <utility>

namespace veridial {

namespace {

using Lock = std::lock_guard<PiMutex>;

constexpr int kBackSeconds = 3;  // a sentence; what lies further back need not be heard again
constexpr int kBackTwice = 2;
constexpr float kDucked = 0.125F;  // -18 dB: still there, but plainly giving way

std::int64_t monotonic_ns() {
    timespec now{};
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1'000'000'000LL + now.tv_nsec;
}

std::int16_t clip(std::int32_t sample) {
    return static_cast<std::int16_t>(std::clamp(sample, -32768, 32767));
}

}  // namespace

Player::Player(int rate, std::int64_t handle, EventQueue& events)
    : handle_(handle), rate_(rate), ramp_(rate / 200), events_(events) {}

void Player::play(std::unique_ptr<Playlist> list, bool armed) {
    std::unique_ptr<Playlist> old;  // declared before the lock: freed after it
    const Lock lock(mutex_);
    halt(monotonic_ns());
    old = std::exchange(list_, std::move(list));
    ducked_ = false;
    announced_ = false;
    gain_ = 1.0F;
    step_left_ = 0;
    index_ = 0;
    told_ = 0;
    offset_ = 0;
    begun_at_ = -1;
    state_ = armed ? State::Armed : State::Playing;
    if (!armed) policy_.store(item().policy, std::memory_order_relaxed);
}

bool Player::release() {
    const Lock lock(mutex_);
    if (state_ != State::Armed) return false;
    state_ = State::Playing;
    policy_.store(item().policy, std::memory_order_relaxed);
    return true;
}

Place Player::stop() {
    const Lock lock(mutex_);
    return halt(monotonic_ns());
}

Place Player::interrupt() {
    const Lock lock(mutex_);
    if (state_ != State::Playing || item().policy != Policy::Stop) return {};
    return halt(monotonic_ns());
}

Place Player::duck() {
    const Lock lock(mutex_);
    if (state_ != State::Playing || item().policy == Policy::Protected) return {};
    if (!ducked_) {
        ducked_ = true;
        ramp_to(kDucked);
    }
    return {list_->play_id, item().begin + offset_};
}

void Player::unduck() {
    const Lock lock(mutex_);
    if (!ducked_) return;
    ducked_ = false;
    ramp_to(1.0F);
}

bool Player::resume(std::int64_t play_id, std::int64_t sample, bool from_pause) {
    const Lock lock(mutex_);
    if (!list_ || list_->play_id != play_id || state_ == State::Armed) return false;
    if (sample < 0 || sample >= list_->total) return false;
    capture_tail();
    seek(from_pause ? pause_before(sample) : sample);
    if (state_ == State::Idle) announced_ = false;
    state_ = State::Playing;
    ducked_ = false;
    gain_ = 0.0F;
    ramp_to(1.0F);
    policy_.store(item().policy, std::memory_order_relaxed);
    return true;
}

Place Player::place() {
    const Lock lock(mutex_);
    if (state_ != State::Playing) return {};
    return {list_->play_id, item().begin + offset_};
}

bool Player::render(std::int16_t* out, int count, std::int64_t now) {
    const Lock lock(mutex_);
    int filled = 0;
    if (state_ == State::Playing) {
        if (!announced_) {
            announced_ = true;
            events_.push({PlaybackEvent::Kind::Started, false, handle_, now, list_->play_id,
                          item().begin + offset_});
        }
        while (filled < count) {
            if (ducked_ && item().policy == Policy::Protected) {
                // A protected prompt is never quiet; prompts begin near zero, so no ramp is needed.
                ducked_ = false;
                gain_ = 1.0F;
                step_left_ = 0;
            }
            const std::int64_t left = item().prompt->size() - offset_;
            const int take = static_cast<int>(std::min<std::int64_t>(left, count - filled));
            copy(out + filled, item().prompt->data() + offset_, take);
            filled += take;
            offset_ += take;
            if (take < left) continue;
            if (index_ >= told_) {  // not again after a resume()
                told_ = index_ + 1;
                events_.push({PlaybackEvent::Kind::Played, true, handle_, now, list_->play_id,
                              static_cast<std::int64_t>(index_)});
            }
            if (index_ + 1 == list_->items.size()) {
                state_ = State::Idle;
                policy_.store(Policy::None, std::memory_order_relaxed);
                events_.push({PlaybackEvent::Kind::Done, true, handle_, now, list_->play_id,
                              list_->total});
                break;
            }
            ++index_;
            offset_ = 0;
        }
        if (state_ == State::Playing) policy_.store(item().policy, std::memory_order_relaxed);
    }
    const bool sound = filled > 0 || tail_left_ > 0;
    if (filled < count) std::memset(out + filled, 0, sizeof(*out) * (count - filled));
    mix_tail(out, count);
    audible_ = state_ == State::Playing;
    return sound;
}

// Ends what is being played, keeping the list for resume(). Under the mutex.
Place Player::halt(std::int64_t now) {
    if (state_ == State::Idle) return {};
    const Place place{list_->play_id, item().begin + offset_};
    if (state_ == State::Playing) capture_tail();
    state_ = State::Idle;
    ducked_ = false;
    policy_.store(Policy::None, std::memory_order_relaxed);
    events_.push({PlaybackEvent::Kind::Done, false, handle_, now, place.play_id, place.sample});
    return place;
}

// What would have been heard next fades away at the start of the next frame, whatever comes there.
void Player::capture_tail() {
    if (!audible_) return;
    audible_ = false;
    const std::int64_t left = item().prompt->size() - offset_;
    tail_left_ = static_cast<int>(std::min<std::int64_t>(left, ramp_));
    const std::int16_t* in = item().prompt->data() + offset_;
    for (int i = 0; i < tail_left_; ++i) {
        const float fade = gain_ * static_cast<float>(ramp_ - i) / static_cast<float>(ramp_ + 1);
        tail_[i] = static_cast<std::int16_t>(static_cast<float>(in[i]) * fade);
    }
}

void Player::mix_tail(std::int16_t* out, int count) {
    const int n = std::min(tail_left_, count);
    for (int i = 0; i < n; ++i) out[i] = clip(std::int32_t{out[i]} + tail_[i]);
    tail_left_ = 0;
}

// Under the mutex, as seek().
std::int64_t Player::pause_before(std::int64_t sample) {
    std::size_t index = list_->items.size() - 1;
    while (list_->items[index].begin > sample) --index;
    const PlaylistItem& item = list_->items[index];
    const std::int64_t pause = item.begin + item.prompt->pause_before(sample - item.begin);
    if (sample - pause > std::int64_t{kBackSeconds} * rate_) return sample;
    begun_ = pause == begun_at_ ? begun_ + 1 : 1;
    begun_at_ = pause;
    // Who coughs all the time must not hear the same words all the time.
    return begun_ > kBackTwice ? sample : pause;
}

void Player::seek(std::int64_t sample) {
    index_ = list_->items.size() - 1;
    while (list_->items[index_].begin > sample) --index_;
    offset_ = sample - item().begin;
}

void Player::ramp_to(float gain) {
    step_left_ = ramp_;
    step_ = (gain - gain_) / static_cast<float>(ramp_);
}

void Player::copy(std::int16_t* out, const std::int16_t* in, int count) {
    int i = 0;
    for (; i < count && step_left_ > 0; ++i, --step_left_) {
        gain_ += step_;
        out[i] = static_cast<std::int16_t>(static_cast<float>(in[i]) * gain_);
        if (step_left_ == 1) gain_ = ducked_ ? kDucked : 1.0F;  // no rounding is carried on
    }
    if (gain_ == 1.0F) {
        std::memcpy(out + i, in + i, sizeof(*out) * (count - i));
        return;
    }
    for (; i < count; ++i) out[i] = static_cast<std::int16_t>(static_cast<float>(in[i]) * gain_);
}

}  // namespace veridial
