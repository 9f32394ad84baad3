#include "admission.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <atomic>
#include <stdexcept>
#include <string_view>
#include <utility>

#include <pj/activesock.h>
#include <pjsua-lib/pjsua.h>

#include "connections.hpp"
#include "dialogs.hpp"
#include "messages.hpp"

namespace veridial::admission {

namespace {

constexpr std::chrono::seconds kSweep{1};

Limits limits;
Sources sources;
Demands demands;
Certificates certificates;

// The last INVITE that was let in, and the trunks that it may be of. PJSIP makes its dialog, replies
// to it for the first time and tells of it before it reads on.
struct {
    std::string call_id;
    Trunks trunks;
    Trunks* noted = nullptr;  // of its dialog
} let_in;

pjsip_tp_state_callback told_before = nullptr;
Meter messages;
Meter openings;
Meter connecting;
Connections connections;
Clock::time_point swept;
std::atomic<std::uint32_t> stranger{0};
std::array<std::atomic<std::uint64_t>, kCauseNames.size()> counted{};

void count(Cause cause, std::uint64_t by = 1) {
    counted[static_cast<std::size_t>(cause)].fetch_add(by, std::memory_order_relaxed);
}

Peer peer_of(const void* address) {
    const auto* there = static_cast<const pj_sockaddr*>(address);
    if (there->addr.sa_family != pj_AF_INET()) return {};
    return {there->ipv4.sin_addr.s_addr, pj_sockaddr_get_port(there)};
}

Way way_of(const pjsip_transport& transport) {
    switch (transport.key.type & ~PJSIP_TRANSPORT_IPV6) {
        case PJSIP_TRANSPORT_UDP:
            return Way::Udp;
        case PJSIP_TRANSPORT_TCP:
            return Way::Tcp;
        case PJSIP_TRANSPORT_TLS:
            return Way::Tls;
        default:
            return Way::Nothing;
    }
}

// Whether the first line could be a message's (RFC 3261 7): only for the count.
bool looks_like_sip(std::string_view data) {
    constexpr std::string_view kVersion = "SIP/2.0";
    std::string_view line = data.substr(0, data.find('\n'));
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    return line.substr(0, kVersion.size()) == kVersion ||
           (line.size() > kVersion.size() &&
            line.substr(line.size() - kVersion.size()) == kVersion);
}

bool is_in_measure(Meter& meter, const Rate& rate, const Peer& peer, Clock::time_point now) {
    const Took took = meter.take(rate, peer.address, now);
    if (took == Took::TooManyOfOne) count(Cause::OneSends);
    if (took == Took::TooManyInAll) count(Cause::AllSend);
    return took == Took::Yes;
}

extern "C" pj_bool_t on_data(const pjsip_rx_data* data) {
    const Peer peer = peer_of(&data->pkt_info.src_addr);
    const pjsip_transport& by = *data->tp_info.transport;
    switch (sources.judge(peer.address, way_of(by))) {
        case Judged::Stranger: {
            const std::string_view text(data->pkt_info.packet,
                                        static_cast<std::size_t>(data->pkt_info.len));
            count(looks_like_sip(text) ? Cause::Stranger : Cause::Garbage);
            stranger.store(peer.address, std::memory_order_relaxed);
            return PJ_FALSE;
        }
        case Judged::WeakerTransport:
            count(Cause::Transport);
            return PJ_FALSE;
        case Judged::Ours:
            break;
    }
    // A piece of a stream is no message, and the stream cannot be read on without it.
    if (by.flag & PJSIP_TRANSPORT_RELIABLE) return PJ_TRUE;
    return is_in_measure(messages, limits.messages, peer, Clock::now());
}

pjsip_module ours{};

// The trunks that a message may be of, by its source, its way and what was shown on its connection.
Trunks trunks_of(const pjsip_rx_data& data, const Peer& peer) {
    const pjsip_transport& by = *data.tp_info.transport;
    return sources.at(peer.address, way_of(by)) & certificates.shown_on(by);
}

// Whether a message is in measure; those of datagrams have been counted before they were parsed.
bool is_in_measure(const pjsip_rx_data& data, const Peer& peer, Clock::time_point now) {
    const pjsip_transport& by = *data.tp_info.transport;
    if (by.flag & PJSIP_TRANSPORT_RELIABLE) {
        if (by.dir == PJSIP_TP_DIR_INCOMING) connections.heard(peer, now);
        return is_in_measure(messages, limits.messages, peer, now);
    }
    return true;
}

bool is_of_its_trunk(const pjsip_rx_data& data, const Trunks& near) {
    if (is_of_its_dialog(data, ours.id, near)) return true;
    count(Cause::OtherTrunk);
    return false;
}

// Whether an INVITE that opens a call may come in; it is told what it lacks (RFC 3261 22.2).
bool is_authenticated(pjsip_rx_data* data, Trunks near, Clock::time_point now) {
    if (is_repeated(*data)) return true;
    const Trunks asked = near;
    const Authenticated said = demands.judge(*data, near, now);
    switch (said) {
        case Authenticated::Yes:
            let_in = {std::string(view(data->msg_info.cid->id)), near, nullptr};
            return true;
        case Authenticated::NotYet:
        case Authenticated::Stale:
            count(Cause::Challenged);
            break;
        case Authenticated::Replayed:
            count(Cause::Replayed);
            break;
        case Authenticated::No:
            // Not another challenge: many callers answer each of them in the same way, ten times.
            count(Cause::Credentials);
            reply(data, PJSIP_SC_FORBIDDEN);
            return false;
    }
    reply(data, PJSIP_SC_UNAUTHORIZED, demands.challenges(asked, said, now));
    return false;
}

extern "C" pj_bool_t on_rx_request(pjsip_rx_data* data) {
    const Peer peer = peer_of(&data->pkt_info.src_addr);
    const auto now = Clock::now();
    if (!is_in_measure(*data, peer, now)) return PJ_TRUE;
    const Trunks near = trunks_of(*data, peer);
    if (near.none()) {
        count(Cause::Certificate);
        reply(data, PJSIP_SC_FORBIDDEN);
        return PJ_TRUE;
    }
    if (!is_of_its_trunk(*data, near)) return PJ_TRUE;
    // Without a reply (RFC 3261 21.5.4): a copy of an INVITE that was let in must not be told no.
    if (opens_a_call(*data) &&
        openings.take(limits.openings, peer.address, now) != Took::Yes) {
        count(Cause::Openings);
        return PJ_TRUE;
    }
    if (strip_maddr(*data)) {
        count(Cause::Maddr);
        reply(data, PJSIP_SC_BAD_REQUEST);
        return PJ_TRUE;
    }
    if (!is_served(*data)) {
        count(Cause::Method);
        reply(data, PJSIP_SC_METHOD_NOT_ALLOWED);
        return PJ_TRUE;
    }
    return opens_a_call(*data) && !is_authenticated(data, near, now);
}

extern "C" pj_bool_t on_rx_response(pjsip_rx_data* data) {
    const Peer peer = peer_of(&data->pkt_info.src_addr);
    if (!is_in_measure(*data, peer, Clock::now())) return PJ_TRUE;
    const Trunks near = trunks_of(*data, peer);
    if (near.none()) count(Cause::Certificate);
    if (near.none() || !is_of_its_trunk(*data, near)) return PJ_TRUE;
    // The reply is needed; where it would lead us to is not.
    if (strip_maddr(*data)) count(Cause::Maddr);
    return PJ_FALSE;
}

extern "C" pj_status_t on_tx(pjsip_tx_data* data) {
    const pjsip_transport* by = data->tp_info.transport;
    if (by == nullptr || data->msg == nullptr) return PJ_SUCCESS;
    const Peer there = peer_of(&data->tp_info.dst_addr);
    const pjsip_cid_hdr* cid = PJSIP_MSG_CID_HDR(data->msg);
    if (data->msg->type == PJSIP_REQUEST_MSG) {
        note_dialog(*data, ours.id, sources.called_at(there.address, way_of(*by)));
    } else if (cid != nullptr && view(cid->id) == let_in.call_id) {
        let_in.noted = note_dialog(*data, ours.id, let_in.trunks);
    } else {
        note_dialog(*data, ours.id, sources.at(there.address, way_of(*by)));
    }
    return PJ_SUCCESS;
}

extern "C" void on_state(pjsip_transport* transport, pjsip_transport_state state,
                         const pjsip_transport_state_info* info) {
    if (told_before != nullptr) (*told_before)(transport, state, info);
    if (state == PJSIP_TP_STATE_DESTROY) certificates.forget(*transport);
    if (state != PJSIP_TP_STATE_CONNECTED || way_of(*transport) != Way::Tls || info == nullptr) {
        return;
    }
    const auto* tls = static_cast<const pjsip_tls_state_info*>(info->ext_info);
    if (tls != nullptr && tls->ssl_sock_info != nullptr) {
        certificates.connected(*transport, *tls->ssl_sock_info);
    }
}

extern "C" pj_bool_t on_connection(pj_sock_t socket, const pj_sockaddr_t* from) {
    const Peer peer = peer_of(from);
    // Which listener it came to is asked of its messages.
    if (sources.judge(peer.address, Way::Tls) != Judged::Ours) {
        count(Cause::ConnectionStranger);
        stranger.store(peer.address, std::memory_order_relaxed);
        return PJ_FALSE;
    }
    const auto now = Clock::now();
    if (connecting.take(limits.connections, peer.address, now) != Took::Yes) {
        count(Cause::ConnectionRate);
        return PJ_FALSE;
    }
    switch (connections.open(static_cast<int>(socket), peer, limits, now)) {
        case Took::TooManyOfOne:
            count(Cause::ConnectionsOfOne);
            return PJ_FALSE;
        case Took::TooManyInAll:
            count(Cause::ConnectionsInAll);
            return PJ_FALSE;
        case Took::Yes:
            break;
    }
    return PJ_TRUE;
}

pjsip_module module_of_ours() {
    pjsip_module module{};
    module.name = pj_str(const_cast<char*>("mod-veridial-admission"));
    module.id = -1;
    module.priority = PJSIP_MOD_PRIORITY_TRANSPORT_LAYER + 2;
    module.on_rx_request = &on_rx_request;
    module.on_rx_response = &on_rx_response;
    module.on_tx_request = module.on_tx_response = &on_tx;
    return module;
}

}  // namespace

void install(const Limits& wanted) {
    pjsip_endpoint* endpoint = pjsua_get_pjsip_endpt();
    if (endpoint == nullptr) throw std::runtime_error("PJSIP is not up: install() after libInit()");
    limits = wanted;
    sources = Sources();
    demands = Demands();
    certificates = Certificates();
    let_in = {};
    connections.begin(limits);
    messages = openings = connecting = Meter();
    ours = module_of_ours();  // PJSIP was taken down with the last one
    if (pjsip_endpt_register_module(endpoint, &ours) != PJ_SUCCESS ||
        pjsip_tpmgr_set_admit_cb(pjsip_endpt_get_tpmgr(endpoint), &on_data) != PJ_SUCCESS) {
        throw std::runtime_error("PJSIP does not take the module that says who may reach us");
    }
    pj_activesock_set_admit_cb(&on_connection);
    pjsip_tpmgr* transports = pjsip_endpt_get_tpmgr(endpoint);
    told_before = pjsip_tpmgr_get_state_cb(transports);
    pjsip_tpmgr_set_state_cb(transports, &on_state);
    say_what_is_served(endpoint);
}

void ask(Demands wanted, Certificates asked) {
    demands = std::move(wanted);
    certificates = std::move(asked);
}

bool may_be_of(std::size_t trunk) { return trunk < let_in.trunks.size() && let_in.trunks.test(trunk); }

void is_of(std::size_t trunk) {
    let_in.trunks.reset();
    if (trunk < let_in.trunks.size()) let_in.trunks.set(trunk);
    if (let_in.noted != nullptr) *let_in.noted = let_in.trunks;
}

void allow(Sources wanted) { sources = std::move(wanted); }

void tend() {
    const auto now = Clock::now();
    if (now - swept < kSweep) return;
    swept = now;
    count(Cause::ConnectionIdle, connections.end_idle(limits, now));
}

std::array<std::uint64_t, kCauseNames.size()> counts() {
    std::array<std::uint64_t, kCauseNames.size()> out{};
    std::transform(counted.begin(), counted.end(), out.begin(),
                   [](const auto& each) { return each.load(std::memory_order_relaxed); });
    return out;
}

std::string last_stranger() {
    const in_addr address{stranger.load(std::memory_order_relaxed)};
    if (address.s_addr == 0) return {};
    std::array<char, INET_ADDRSTRLEN> text{};
    return inet_ntop(AF_INET, &address, text.data(), text.size());
}

}  // namespace veridial::admission
