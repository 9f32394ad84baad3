#include "transport.hpp"

#include <ifaddrs.h>
#include <net/if.h>

#include <atomic>
#include <chrono>
#include <cstring>
#include <map>
#include <mutex>
#include <new>
#include <stdexcept>
#include <utility>
#include <vector>

#include <pjsua-lib/pjsua.h>
#include <pjsua-lib/pjsua_internal.h>

namespace veridial::media_source {

namespace {

// The status of a stream that would be led out of its lab.
constexpr pj_status_t kOutside = PJ_ERRNO_START_USER + 41 * PJ_ERRNO_SPACE_SIZE;

using Created = pjmedia_transport* (*)(pjsua_call_id, unsigned, pjmedia_transport*, unsigned);

// Of the SIP thread alone.
std::map<int, Rule> by_account;
std::map<int, Rule> by_call;
Created created_before = nullptr;

std::atomic<std::uint64_t> dropped{0};

// This machine's addresses may change while it runs; asking costs some 50 us.
constexpr std::chrono::seconds kAddressesHold{10};

struct Addresses {
    std::vector<IpAddress> ours;
    std::vector<IpAddress> broadcasts;
};
Addresses addresses;
std::chrono::steady_clock::time_point addresses_read{};

// Whom the packets are for.
struct Receiver {
    void* user_data = nullptr;
    void (*rtp)(void*, void*, pj_ssize_t) = nullptr;
    void (*rtp2)(pjmedia_tp_cb_param*) = nullptr;
    void (*rtcp)(void*, void*, pj_ssize_t) = nullptr;
};

// Takes the place of a transport's table of functions, and so is found again from the transport.
// No transport of its own around it: PJSIP puts SRTP around a socket before it asks us, and a
// stranger's packet must not come as far as SRTP.
struct Gate : pjmedia_transport_op {
    Gate(pjmedia_transport* around, Rule rule)
        : pjmedia_transport_op(*around->op), transport(around), base(around->op),
          filter(std::move(rule)) {}

    pjmedia_transport* const transport;
    const pjmedia_transport_op* const base;
    // Held for moments, by the media thread for each packet: of what follows.
    std::mutex mutex;
    Filter filter;
    Receiver receiver;
};

Gate& gate_of(pjmedia_transport* transport) { return *static_cast<Gate*>(transport->op); }

Place place_of(const pj_sockaddr& from) {
    Place place;
    if (from.addr.sa_family == pj_AF_INET()) {
        place.address.family = AF_INET;
        std::memcpy(place.address.bytes.data(), &from.ipv4.sin_addr, sizeof from.ipv4.sin_addr);
        place.port = pj_ntohs(from.ipv4.sin_port);
    } else if (from.addr.sa_family == pj_AF_INET6()) {
        place.address.family = AF_INET6;
        std::memcpy(place.address.bytes.data(), &from.ipv6.sin6_addr, sizeof from.ipv6.sin6_addr);
        place.port = pj_ntohs(from.ipv6.sin6_port);
    }
    return place;
}

pj_sockaddr written(const Place& place) {
    pj_sockaddr to;
    pj_bzero(&to, sizeof to);
    if (place.address.family == AF_INET) {
        to.ipv4.sin_family = static_cast<pj_uint16_t>(pj_AF_INET());
        std::memcpy(&to.ipv4.sin_addr, place.address.bytes.data(), sizeof to.ipv4.sin_addr);
        to.ipv4.sin_port = pj_htons(place.port);
    } else {
        to.ipv6.sin6_family = static_cast<pj_uint16_t>(pj_AF_INET6());
        std::memcpy(&to.ipv6.sin6_addr, place.address.bytes.data(), sizeof to.ipv6.sin6_addr);
        to.ipv6.sin6_port = pj_htons(place.port);
    }
    return to;
}

Instant now() {
    return std::chrono::duration_cast<Instant>(
        std::chrono::steady_clock::now().time_since_epoch());
}

IpAddress address_of(const sockaddr& from) {
    return place_of(reinterpret_cast<const pj_sockaddr&>(from)).address;
}

const Addresses& machine() {
    const auto at = std::chrono::steady_clock::now();
    if (addresses_read.time_since_epoch().count() != 0 && at - addresses_read < kAddressesHold) {
        return addresses;
    }
    ifaddrs* list = nullptr;
    if (getifaddrs(&list) != 0) return addresses;
    Addresses read;
    for (const ifaddrs* each = list; each != nullptr; each = each->ifa_next) {
        if (each->ifa_addr == nullptr) continue;
        const IpAddress own = address_of(*each->ifa_addr);
        if (own.family == 0) continue;
        read.ours.push_back(own);
        if ((each->ifa_flags & IFF_BROADCAST) != 0 && each->ifa_broadaddr != nullptr) {
            read.broadcasts.push_back(address_of(*each->ifa_broadaddr));
        }
    }
    freeifaddrs(list);
    addresses = std::move(read);
    addresses_read = at;
    return addresses;
}

extern "C" void on_rtp(pjmedia_tp_cb_param* came) {
    auto* gate = static_cast<Gate*>(came->user_data);
    if (gate == nullptr) return;  // detached meanwhile
    Receiver receiver;
    {
        const std::lock_guard<std::mutex> lock(gate->mutex);
        if (came->size >= 0) {  // else it is an error of the socket
            const auto verdict = gate->filter.rtp(
                came->src_addr != nullptr ? place_of(*came->src_addr) : Place{},
                static_cast<const unsigned char*>(came->pkt), static_cast<std::size_t>(came->size),
                now());
            dropped.fetch_add(verdict.strays, std::memory_order_relaxed);
            if (!verdict.passes) return;
        }
        receiver = gate->receiver;
    }
    if (receiver.rtp2 != nullptr) {
        pjmedia_tp_cb_param theirs = *came;
        theirs.user_data = receiver.user_data;
        receiver.rtp2(&theirs);
        came->rem_switch = theirs.rem_switch;
    } else if (receiver.rtp != nullptr) {
        receiver.rtp(receiver.user_data, came->pkt, came->size);
    }
}

extern "C" void on_rtcp(void* user_data, void* packet, pj_ssize_t size) {
    auto* gate = static_cast<Gate*>(user_data);
    if (gate == nullptr) return;
    pjmedia_transport_info info;
    pjmedia_transport_info_init(&info);
    gate->base->get_info(gate->transport, &info);
    Receiver receiver;
    {
        const std::lock_guard<std::mutex> lock(gate->mutex);
        if (size >= 0 && !gate->filter.rtcp(place_of(info.src_rtcp_name))) {
            dropped.fetch_add(1, std::memory_order_relaxed);
            return;
        }
        receiver = gate->receiver;
    }
    if (receiver.rtcp != nullptr) receiver.rtcp(receiver.user_data, packet, size);
}

void forget_receiver(Gate& gate) {
    const std::lock_guard<std::mutex> lock(gate.mutex);
    gate.filter.detach();
    gate.receiver = {};
}

extern "C" pj_status_t attach(pjmedia_transport* transport, pjmedia_transport_attach_param* asked) {
    Gate& gate = gate_of(transport);
    const Place rtp = place_of(asked->rem_addr);
    Place rtcp{rtp.address, static_cast<std::uint16_t>(rtp.port + 1)};
    if (pj_sockaddr_has_addr(&asked->rem_rtcp)) rtcp = place_of(asked->rem_rtcp);
    {
        const std::lock_guard<std::mutex> lock(gate.mutex);
        if (!gate.filter.attach(rtp, rtcp)) return kOutside;
        gate.receiver = {asked->user_data, asked->rtp_cb, asked->rtp_cb2, asked->rtcp_cb};
    }
    pjmedia_transport_attach_param ours = *asked;
    ours.user_data = &gate;
    ours.rtp_cb = nullptr;
    ours.rtp_cb2 = &on_rtp;
    ours.rtcp_cb = &on_rtcp;
    const pj_status_t status = gate.base->attach2(transport, &ours);
    if (status != PJ_SUCCESS) forget_receiver(gate);
    return status;
}

extern "C" void detach(pjmedia_transport* transport, void*) {
    Gate& gate = gate_of(transport);
    gate.base->detach(transport, &gate);  // returns once no callback runs any more
    forget_receiver(gate);
}

// The socket itself would send RTCP to whoever has sent it three packets.
extern "C" pj_status_t send_rtcp2(pjmedia_transport* transport, const pj_sockaddr_t*, unsigned,
                                  const void* packet, pj_size_t size) {
    Gate& gate = gate_of(transport);
    Place place;
    {
        const std::lock_guard<std::mutex> lock(gate.mutex);
        place = gate.filter.rtcp_to();
    }
    if (place.address.family == 0) return PJ_SUCCESS;
    const pj_sockaddr to = written(place);
    return gate.base->send_rtcp2(transport, &to, pj_sockaddr_get_len(&to), packet, size);
}

extern "C" pj_status_t send_rtcp(pjmedia_transport* transport, const void* packet,
                                 pj_size_t size) {
    return send_rtcp2(transport, nullptr, 0, packet, size);
}

// The socket begins to read before it calls itself started, and one that meets a packet in between
// reads no more: a callee whose sound came before its answer was never heard. The media thread waits
// for this lock before it looks.
extern "C" pj_status_t media_start(pjmedia_transport* transport, pj_pool_t* pool,
                                   const pjmedia_sdp_session* ours,
                                   const pjmedia_sdp_session* theirs, unsigned index) {
    pj_grp_lock_acquire(transport->grp_lock);
    const pj_status_t status =
        gate_of(transport).base->media_start(transport, pool, ours, theirs, index);
    pj_grp_lock_release(transport->grp_lock);
    return status;
}

extern "C" pj_status_t refuse(pjmedia_transport*, pjmedia_transport_attach_param*) {
    return PJ_ENOMEM;
}

extern "C" void forget(void* gate) { delete static_cast<Gate*>(gate); }

Rule rule_of(pjsua_call_id id) {
    const pjsua_call& call = pjsua_var.calls[id];
    if (call.inv != nullptr && call.inv->role == PJSIP_ROLE_UAS) {
        if (const auto found = by_call.find(id); found != by_call.end()) return found->second;
    }
    const auto found = by_account.find(call.acc_id);
    return found == by_account.end() ? Rule{} : found->second;
}

void put_gate(pjmedia_transport* transport, pjsua_call_id call) {
    pjmedia_transport_op* const own = transport->op;
    if (own->attach2 == &attach) return;
    Gate* gate = nullptr;
    try {
        Rule rule = rule_of(call);
        rule.ours = machine().ours;
        rule.broadcasts = machine().broadcasts;
        gate = new Gate(transport, std::move(rule));
        gate->attach2 = &attach;
        gate->detach = &detach;
        gate->media_start = &media_start;
        gate->send_rtcp = &send_rtcp;
        gate->send_rtcp2 = &send_rtcp2;
        // It lives until the last callback of the transport has returned.
        if (pj_grp_lock_add_handler(transport->grp_lock, nullptr, gate, &forget) == PJ_SUCCESS) {
            transport->op = gate;
            return;
        }
    } catch (const std::bad_alloc&) {
    }
    delete gate;
    // Better no sound than one that anybody may have.
    static pjmedia_transport_op deaf;
    deaf = *own;
    deaf.attach2 = &refuse;
    transport->op = &deaf;
}

extern "C" pjmedia_transport* on_created(pjsua_call_id call, unsigned index,
                                         pjmedia_transport* made, unsigned flags) {
    // First pjsua2: a call that comes in is met within, and so has its rule after it.
    pjmedia_transport* top =
        created_before != nullptr ? created_before(call, index, made, flags) : made;
    if (top != nullptr) {
        put_gate(top->type == PJMEDIA_TRANSPORT_TYPE_SRTP
                     ? pjmedia_transport_srtp_get_member(top)
                     : top,
                 call);
    }
    return top;
}

}  // namespace

void install() {
    if (pjsua_get_pjsip_endpt() == nullptr) {
        throw std::runtime_error("PJSIP is not up: install() after libInit()");
    }
    by_account.clear();
    by_call.clear();
    Created& created = pjsua_var.ua_cfg.cb.on_create_media_transport;
    if (created == &on_created) return;
    created_before = created;
    created = &on_created;
}

void allow(int account, Rule rule) { by_account[account] = std::move(rule); }

void allow_call(int call, Rule rule) { by_call[call] = std::move(rule); }

std::uint64_t strays() { return dropped.load(std::memory_order_relaxed); }

}  // namespace veridial::media_source
