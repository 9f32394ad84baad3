// PJSIP's status codes as text, which of its lives this is, and the error for an unknown handle.
#pragma once

#include <atomic>
#include <cstdint>
#include <stdexcept>
#include <string>

#include <pjsua-lib/pjsua.h>

namespace veridial {

inline std::string status_text(pj_status_t status) {
    char buffer[PJ_ERR_MSG_SIZE];
    const pj_str_t text = pj_strerror(status, buffer, sizeof buffer);
    return {text.ptr, static_cast<std::size_t>(text.slen)};
}

// PJSIP can be taken down and brought up again in one process; what belongs to one life must not
// be touched in the next, where all its memory is gone.
class PjLife {
public:
    static std::uint64_t now() { return number_.load(); }

    // Must be called once in each life, for the end of that life to be noticed.
    static std::uint64_t notice() {
        if (noticed_ != now()) {
            pj_atexit([] { ++number_; });
            noticed_ = now();
        }
        return now();
    }

private:
    static inline std::atomic<std::uint64_t> number_{1};
    static inline std::uint64_t noticed_ = 0;
};

// KeyError in Python.
struct UnknownHandle : std::out_of_range {
    UnknownHandle() : std::out_of_range("no open call has this handle") {}
};

}  // namespace veridial
