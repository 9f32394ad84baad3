// PJSIP's status codes as text, and the error for a handle that names no call.
#pragma once

#include <stdexcept>
#include <string>

#include <pjsua-lib/pjsua.h>

namespace veridial {

inline std::string status_text(pj_status_t status) {
    char buffer[PJ_ERR_MSG_SIZE];
    const pj_str_t text = pj_strerror(status, buffer, sizeof buffer);
    return {text.ptr, static_cast<std::size_t>(text.slen)};
}

// KeyError in Python.
struct UnknownHandle : std::out_of_range {
    UnknownHandle() : std::out_of_range("no open call has this handle") {}
};

}  // namespace veridial
