#include "log.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <mutex>

#include <pj/log.h>

#include "../text.hpp"

namespace veridial::log {

namespace {

// Errors only; from 2 on PJSIP tells of single calls, which is our own logging's task.
constexpr int kLevel = 1;
constexpr std::size_t kLongest = 80;
constexpr std::size_t kKinds = 64;
constexpr std::string_view kOthers = "other complaints";

struct Kind {
    std::array<char, kLongest> words{};
    std::size_t length = 0;
    std::uint64_t times = 0;

    std::string_view view() const { return {words.data(), length}; }
};

// Held for moments by whichever thread PJSIP complains on. Nothing is allocated while it counts.
std::mutex mutex;
std::array<Kind, kKinds> kinds;
std::size_t used = 0;

// The words with which PJSIP's own format begins. In every one of its formats a colon, a quote, a
// digit or a line end stands before what came in by the network.
std::string_view words_of(std::string_view message) {
    const auto is_ours = [](char c) { return is_letter(c) || c == ' ' || c == '/'; };
    const auto end = std::find_if_not(message.begin(), message.end(), is_ours);
    const auto length = static_cast<std::size_t>(end - message.begin());
    return trim(message.substr(0, std::min(length, kLongest)));
}

extern "C" void on_log(int, const char* message, int length) {
    note({message, static_cast<std::size_t>(std::max(length, 0))});
}

}  // namespace

void install() {
    complaints();  // those of an endpoint before this one
    pj_log_set_decor(0);
    pj_log_set_log_func(&on_log);
    pj_log_set_level(kLevel);
}

void note(std::string_view message) {
    std::string_view words = words_of(message);
    const std::lock_guard<std::mutex> lock(mutex);
    // The last row is for what has none of its own.
    const auto last = kinds.end() - 1;
    const auto end = kinds.begin() + static_cast<std::ptrdiff_t>(std::min(used, kKinds - 1));
    auto found = std::find_if(kinds.begin(), end,
                              [&](const Kind& each) { return each.view() == words; });
    if (found == end) {
        if (found == last) words = kOthers;
        used = std::max(used, static_cast<std::size_t>(found - kinds.begin()) + 1);
        found->length = words.size();
        std::copy(words.begin(), words.end(), found->words.begin());
    }
    ++found->times;
}

std::vector<Complaint> complaints() {
    std::vector<Complaint> out;
    const std::lock_guard<std::mutex> lock(mutex);
    for (std::size_t at = 0; at < used; ++at) {
        out.push_back({std::string(kinds[at].view()), kinds[at].times});
    }
    kinds = {};
    used = 0;
    return out;
}

}  // namespace veridial::log
