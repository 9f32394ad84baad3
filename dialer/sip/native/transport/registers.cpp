#include "registers.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <stdexcept>
#include <utility>

namespace veridial::registers {

namespace {

// Of the SIP thread alone: by request URI and user, the key of the last transaction.
std::map<std::pair<std::string, std::string>, std::string> waiting;

std::string text(const pj_str_t& from) {
    return {from.ptr, static_cast<std::size_t>(std::max<pj_ssize_t>(from.slen, 0))};
}

std::string printed(const void* uri) {
    std::array<char, PJSIP_MAX_URL_SIZE> room{};
    const int length =
        pjsip_uri_print(PJSIP_URI_IN_REQ_URI, uri, room.data(), room.size());
    return {room.data(), static_cast<std::size_t>(std::max(length, 0))};
}

extern "C" pj_status_t on_tx_request(pjsip_tx_data* data) {
    if (data->msg->line.req.method.id != PJSIP_REGISTER_METHOD) return PJ_SUCCESS;
    const auto* transaction =
        static_cast<const pjsip_transaction*>(data->mod_data[pjsip_tsx_layer_instance()->id]);
    const auto* from = PJSIP_MSG_FROM_HDR(data->msg);
    if (transaction == nullptr || from == nullptr) return PJ_SUCCESS;
    const auto* sender = static_cast<const pjsip_sip_uri*>(pjsip_uri_get_uri(from->uri));
    try {
        waiting[{printed(data->msg->line.req.uri), text(sender->user)}] =
            text(transaction->transaction_key);
    } catch (...) {
        return PJ_SUCCESS;  // no memory: then it waits its 32 s
    }
    return PJ_SUCCESS;
}

pjsip_module module = {
    nullptr,
    nullptr,
    {const_cast<char*>("mod-veridial-registers"), 22},
    -1,
    PJSIP_MOD_PRIORITY_TRANSPORT_LAYER + 1,
    nullptr,
    nullptr,
    nullptr,
    nullptr,
    nullptr,
    nullptr,
    &on_tx_request,
    nullptr,
    nullptr,
};

}  // namespace

void install(pjsip_endpoint* endpoint) {
    waiting.clear();
    if (pjsip_endpt_register_module(endpoint, &module) != PJ_SUCCESS) {
        throw std::runtime_error("PJSIP took no watch over REGISTER");
    }
}

bool give_up(const std::string& request_uri, const std::string& user) {
    const auto found = waiting.find({request_uri, user});
    if (found == waiting.end()) return false;
    const std::string key = std::move(found->second);
    waiting.erase(found);
    const pj_str_t named = {const_cast<char*>(key.data()), static_cast<pj_ssize_t>(key.size())};
    pjsip_transaction* transaction = pjsip_tsx_layer_find_tsx(&named, PJ_FALSE);
    if (transaction == nullptr || transaction->state >= PJSIP_TSX_STATE_COMPLETED) return false;
    return pjsip_tsx_terminate(transaction, PJSIP_SC_REQUEST_TIMEOUT) == PJ_SUCCESS;
}

}  // namespace veridial::registers
