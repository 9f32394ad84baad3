#include "messages.hpp"

#include <algorithm>
#include <initializer_list>
#include <iterator>

#include <pjsua-lib/pjsua.h>

namespace veridial::admission {

namespace {

template <std::size_t size>
bool is_in(const std::string_view (&list)[size], const pj_str_t& method) {
    return std::find(std::begin(list), std::end(list), view(method)) != std::end(list);
}

// The URI without its display name; null for what is no SIP URI.
pjsip_sip_uri* sip_uri(void* uri) {
    if (uri == nullptr) return nullptr;
    auto* found = static_cast<pjsip_uri*>(pjsip_uri_get_uri(uri));
    return PJSIP_URI_SCHEME_IS_SIP(found) || PJSIP_URI_SCHEME_IS_SIPS(found)
               ? reinterpret_cast<pjsip_sip_uri*>(found)
               : nullptr;
}

bool strip(void* uri) {
    pjsip_sip_uri* found = sip_uri(uri);
    if (found == nullptr || found->maddr_param.slen <= 0) return false;
    const bool elsewhere = pj_stricmp(&found->maddr_param, &found->host) != 0;
    found->maddr_param.slen = 0;
    return elsewhere;
}

void write(pjsip_generic_array_hdr* header, std::initializer_list<std::string_view> values) {
    for (const std::string_view value : values) {
        header->values[header->count++] = {const_cast<char*>(value.data()),
                                           static_cast<pj_ssize_t>(value.size())};
    }
}

void write_allow(pjsip_generic_array_hdr* header) {
    header->count = 0;
    for (const std::string_view method : kServed) write(header, {method});
    for (const std::string_view method : kServedWithin) write(header, {method});
}

}  // namespace

bool is_served(const pjsip_rx_data& data) {
    const pj_str_t& method = data.msg_info.msg->line.req.method.name;
    return is_in(kServed, method) ||
           (is_in(kServedWithin, method) && data.msg_info.to->tag.slen > 0);
}

bool opens_a_call(const pjsip_rx_data& data) {
    return data.msg_info.msg->line.req.method.id == PJSIP_INVITE_METHOD &&
           data.msg_info.to->tag.slen == 0;
}

bool is_repeated(const pjsip_rx_data& data) {
    pj_str_t key{};
    if (pjsip_tsx_create_key(data.tp_info.pool, &key, PJSIP_ROLE_UAS, &data.msg_info.cseq->method,
                             &data) != PJ_SUCCESS) {
        return false;
    }
    const pjsip_transaction* found = pjsip_tsx_layer_find_tsx2(&key, PJ_FALSE);
    // One that has ended PJSIP hands on as if it were new.
    return found != nullptr && found->state < PJSIP_TSX_STATE_TERMINATED;
}

bool strip_maddr(const pjsip_rx_data& data) {
    pjsip_msg* message = data.msg_info.msg;
    bool found = message->type == PJSIP_REQUEST_MSG && strip(message->line.req.uri);
    for (pjsip_hdr* each = message->hdr.next; each != &message->hdr; each = each->next) {
        switch (each->type) {
            case PJSIP_H_VIA: {
                auto* via = reinterpret_cast<pjsip_via_hdr*>(each);
                found |= via == data.msg_info.via && via->maddr_param.slen > 0;
                via->maddr_param.slen = 0;
                break;
            }
            case PJSIP_H_CONTACT: {
                auto* contact = reinterpret_cast<pjsip_contact_hdr*>(each);
                found |= !contact->star && strip(contact->uri);
                break;
            }
            case PJSIP_H_ROUTE:
            case PJSIP_H_RECORD_ROUTE:
                found |= strip(&reinterpret_cast<pjsip_routing_hdr*>(each)->name_addr);
                break;
            default:
                break;
        }
    }
    return found;
}

void reply(pjsip_rx_data* data, int code, const std::vector<std::string>& challenges) {
    if (data->msg_info.msg->line.req.method.id == PJSIP_ACK_METHOD) return;
    pjsip_hdr headers;
    pj_list_init(&headers);
    if (code == PJSIP_SC_METHOD_NOT_ALLOWED) {
        auto* allow = pjsip_allow_hdr_create(data->tp_info.pool);
        write_allow(allow);
        pj_list_push_back(&headers, allow);
    }
    for (const std::string& challenge : challenges) {
        const pj_str_t name = pj_str(const_cast<char*>("WWW-Authenticate"));
        const pj_str_t value = {const_cast<char*>(challenge.data()),
                                static_cast<pj_ssize_t>(challenge.size())};
        pj_list_push_back(&headers,
                          pjsip_generic_string_hdr_create(data->tp_info.pool, &name, &value));
    }
    pjsip_endpt_respond_stateless(pjsua_get_pjsip_endpt(), data, code, nullptr, &headers, nullptr);
}

void say_what_is_served(pjsip_endpoint* endpoint) {
    // PJSIP has no call for taking a capability away.
    const auto array = [](const pjsip_hdr* header) {
        return const_cast<pjsip_generic_array_hdr*>(
            reinterpret_cast<const pjsip_generic_array_hdr*>(header));
    };
    const auto said = [&](int type) {
        return array(pjsip_endpt_get_capability(endpoint, type, nullptr));
    };
    if (auto* allow = said(PJSIP_H_ALLOW)) write_allow(allow);
    if (auto* accept = said(PJSIP_H_ACCEPT)) {
        accept->count = 0;
        write(accept, {"application/sdp", "message/sipfrag;version=2.0"});
    }
    if (auto* events = array(pjsip_evsub_get_allow_events_hdr(nullptr))) {
        events->count = 0;
        write(events, {"refer"});
    }
}

}  // namespace veridial::admission
