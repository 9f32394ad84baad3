#include "replies.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <stdexcept>
#include <string_view>

namespace veridial::replies {

namespace {

constexpr std::size_t MOST_ADDRESSES = 64;
constexpr std::size_t MOST_CALLS = 1024;  // a 2xx is repeated for 32 s (RFC 3261 13.3.1.4)

// Of the SIP thread alone.
std::set<std::string, std::less<>> behind_nat;
struct Seen {
    std::uint64_t call = 0;
    int times = 0;
};
std::array<Seen, MOST_CALLS> seen;

std::mutex mutex;  // of what Python takes
std::map<std::string, int, std::less<>> repeats;

std::string_view text(const pj_str_t& from) {
    return {from.ptr, static_cast<std::size_t>(std::max<pj_ssize_t>(from.slen, 0))};
}

bool is(const pj_str_t& found, const char* wanted) { return pj_stricmp2(&found, wanted) == 0; }

// 0 for what PJSIP has no answer to. RFC 8760 2.4 lets the server order them; whoever is between us
// may take the better ones away, but not put a weaker one before them.
int strength(const pjsip_digest_challenge& challenge) {
    const std::string_view qop = text(challenge.qop);
    const auto answers = [](std::string_view word) {
        while (!word.empty() && (word.front() == ' ' || word.front() == '\t')) word.remove_prefix(1);
        while (!word.empty() && (word.back() == ' ' || word.back() == '\t')) word.remove_suffix(1);
        const pj_str_t found = {const_cast<char*>(word.data()),
                                static_cast<pj_ssize_t>(word.size())};
        return is(found, "auth");
    };
    bool answered = qop.empty();
    for (std::size_t at = 0; at < qop.size() && !answered;) {
        const std::size_t end = std::min(qop.find(',', at), qop.size());
        answered = answers(qop.substr(at, end - at));
        at = end + 1;
    }
    if (!answered) return 0;
    if (challenge.algorithm.slen == 0 || is(challenge.algorithm, "MD5")) return 1;
    if (is(challenge.algorithm, "SHA-256")) return 2;
    return is(challenge.algorithm, "SHA-512-256") ? 3 : 0;
}

// Of each realm's challenges only the strongest stays; of equals the first. What we know no answer
// to stays where there is nothing else, so that it is told as what it is.
void keep_strongest(pjsip_msg* msg, pjsip_hdr_e type) {
    std::map<std::string, pjsip_www_authenticate_hdr*, std::less<>> best;
    void* next = nullptr;
    for (void* at = pjsip_msg_find_hdr(msg, type, nullptr); at != nullptr; at = next) {
        auto* header = static_cast<pjsip_www_authenticate_hdr*>(at);
        next = header->next == reinterpret_cast<void*>(&msg->hdr)
                   ? nullptr
                   : pjsip_msg_find_hdr(msg, type, header->next);
        if (!is(header->scheme, "Digest")) continue;
        const std::string realm(text(header->challenge.digest.realm));
        auto& kept = best.try_emplace(realm, header).first->second;
        if (kept == header) continue;
        if (strength(header->challenge.digest) > strength(kept->challenge.digest)) {
            std::swap(kept, header);
        }
        pj_list_erase(header);
    }
}

// RFC 3261 12.1.2 sends to the Contact; behind a NAT that knows nothing of SIP it leads nowhere. A
// route of our own, kept off the wire by PJSIP's `hide`, leaves the Request-URI as the peer wants it.
void lead_back(pjsip_rx_data* data) {
    pj_pool_t* pool = data->tp_info.pool;
    pjsip_sip_uri* uri = pjsip_sip_uri_create(pool, PJ_FALSE);
    pj_strdup2(pool, &uri->host, data->pkt_info.src_name);
    uri->port = data->pkt_info.src_port;
    uri->lr_param = 1;
    const char* by = data->tp_info.transport->type_name;
    if (pj_ansi_stricmp(by, "UDP") != 0) pj_strdup2(pool, &uri->transport_param, by);
    auto* hide = PJ_POOL_ZALLOC_T(pool, pjsip_param);
    hide->name = pj_str(const_cast<char*>("hide"));
    pj_list_push_back(&uri->other_param, hide);
    pjsip_rr_hdr* route = pjsip_rr_hdr_create(pool);
    route->name_addr.uri = reinterpret_cast<pjsip_uri*>(uri);
    pj_list_push_front(&data->msg_info.msg->hdr, route);
    data->msg_info.record_route = route;
}

void count_again(const pjsip_rx_data* data) {
    const std::uint64_t call = std::hash<std::string_view>{}(text(data->msg_info.cid->id));
    Seen& place = seen[call % seen.size()];
    if (place.call != call) {
        place = {call, 0};
    } else if (++place.times >= 2) {
        // One may cross with our ACK; the second has waited for it a second or more.
        const std::lock_guard lock(mutex);
        const auto found = repeats.find(std::string_view(data->pkt_info.src_name));
        if (found != repeats.end()) {
            ++found->second;
        } else if (repeats.size() < MOST_ADDRESSES) {
            repeats.emplace(data->pkt_info.src_name, 1);
        }
    }
}

extern "C" pj_bool_t on_rx_response(pjsip_rx_data* data) {
    pjsip_msg* msg = data->msg_info.msg;
    const int code = msg->line.status.code;
    const pjsip_cseq_hdr* cseq = data->msg_info.cseq;
    try {
        if (code == PJSIP_SC_UNAUTHORIZED || code == PJSIP_SC_PROXY_AUTHENTICATION_REQUIRED) {
            keep_strongest(msg, PJSIP_H_WWW_AUTHENTICATE);
            keep_strongest(msg, PJSIP_H_PROXY_AUTHENTICATE);
        } else if (cseq != nullptr && cseq->method.id == PJSIP_INVITE_METHOD && code > 100 &&
                   code < 300) {
            if (code >= 200) count_again(data);
            const bool leads = data->msg_info.record_route == nullptr && data->msg_info.to &&
                               data->msg_info.to->tag.slen != 0;
            if (leads &&
                behind_nat.find(std::string_view(data->pkt_info.src_name)) != behind_nat.end()) {
                lead_back(data);
            }
        }
    } catch (...) {
        return PJ_FALSE;  // no memory: then it is read as it came
    }
    return PJ_FALSE;
}

pjsip_module module = {
    nullptr,
    nullptr,
    {const_cast<char*>("mod-veridial-replies"), 20},
    -1,
    PJSIP_MOD_PRIORITY_TRANSPORT_LAYER + 2,
    nullptr,
    nullptr,
    nullptr,
    nullptr,
    nullptr,
    &on_rx_response,
    nullptr,
    nullptr,
    nullptr,
};

}  // namespace

void install(pjsip_endpoint* endpoint) {
    behind_nat.clear();
    seen.fill({});
    {
        const std::lock_guard lock(mutex);
        repeats.clear();
    }
    if (pjsip_endpt_register_module(endpoint, &module) != PJ_SUCCESS) {
        throw std::runtime_error("PJSIP took no watch over replies");
    }
}

void route_back(const std::vector<std::string>& addresses) {
    behind_nat = {addresses.begin(), addresses.end()};
}

std::vector<std::pair<std::string, int>> repeated() {
    const std::lock_guard lock(mutex);
    std::vector<std::pair<std::string, int>> out(repeats.begin(), repeats.end());
    repeats.clear();
    return out;
}

}  // namespace veridial::replies
