#include "troubles.hpp"

#include <algorithm>
#include <cctype>
#include <deque>
#include <iterator>
#include <mutex>

namespace veridial::troubles {

namespace {

constexpr std::size_t kMostUntold = 256;

std::mutex mutex;
std::deque<Change> untold;

extern "C" void on_state(pjsip_transport* transport, pjsip_transport_state state,
                         const pjsip_transport_state_info* info) {
    const bool up = state == PJSIP_TP_STATE_CONNECTED;
    if (!(transport->flag & PJSIP_TRANSPORT_RELIABLE) ||
        !(up || state == PJSIP_TP_STATE_DISCONNECTED)) {
        return;
    }
    const pj_str_t& host = transport->remote_name.host;
    Change change{{}, transport->remote_name.port, up, 0, info != nullptr ? info->status : 0};
    std::transform(host.ptr, host.ptr + std::max<pj_ssize_t>(host.slen, 0),
                   std::back_inserter(change.name),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    const auto* tls =
        info != nullptr ? static_cast<const pjsip_tls_state_info*>(info->ext_info) : nullptr;
    // Whose certificate we take who connects to us, is the admission's to say.
    const bool is_ours = transport->dir == PJSIP_TP_DIR_OUTGOING;
    if (!up && is_ours && tls != nullptr && tls->ssl_sock_info != nullptr) {
        change.certificate = tls->ssl_sock_info->verify_status;
    }
    const std::lock_guard<std::mutex> lock(mutex);
    if (untold.size() == kMostUntold) untold.pop_front();
    untold.push_back(std::move(change));
}

}  // namespace

void install(pjsip_endpoint* endpoint) {
    {
        const std::lock_guard<std::mutex> lock(mutex);
        untold.clear();
    }
    pjsip_tpmgr_set_state_cb(pjsip_endpt_get_tpmgr(endpoint), &on_state);
}

std::vector<Change> changes() {
    const std::lock_guard<std::mutex> lock(mutex);
    std::vector<Change> out{std::make_move_iterator(untold.begin()),
                            std::make_move_iterator(untold.end())};
    untold.clear();
    return out;
}

}  // namespace veridial::troubles
