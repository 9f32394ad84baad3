#include "names.hpp"

#include <algorithm>
#include <cctype>
#include <map>
#include <mutex>
#include <stdexcept>
#include <string_view>
#include <tuple>
#include <utility>

#include <pjsua-lib/pjsua.h>

namespace veridial::names {

namespace {

struct Waiting {
    Asked asked;
    void* token;
    pjsip_resolver_callback* callback;
};

// PJSIP asks on the SIP thread only; the lock costs nothing and holds should that ever change.
std::mutex mutex;
std::map<Asked, pjsip_server_addresses> table;
std::map<std::pair<std::string, int>, std::string> secure_names;
std::vector<Waiting> waiting;
std::vector<Asked> untold;

std::string lower(const pj_str_t& text) {
    std::string out(text.ptr, static_cast<std::size_t>(std::max<pj_ssize_t>(text.slen, 0)));
    std::transform(out.begin(), out.end(), out.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return out;
}

std::string name_of(int type) {
    switch (type & ~PJSIP_TRANSPORT_IPV6) {
        case PJSIP_TRANSPORT_UDP:
            return "udp";
        case PJSIP_TRANSPORT_TCP:
            return "tcp";
        case PJSIP_TRANSPORT_TLS:
            return "tls";
        default:
            return "";
    }
}

pjsip_transport_type_e type_of(std::string_view name) {
    if (name == "udp") return PJSIP_TRANSPORT_UDP;
    if (name == "tcp") return PJSIP_TRANSPORT_TCP;
    if (name == "tls") return PJSIP_TRANSPORT_TLS;
    throw std::invalid_argument("a transport is udp, tcp or tls");
}

pjsip_transport_type_e asked_type(const pjsip_host_info& target) {
    if (target.type != PJSIP_TRANSPORT_UNSPECIFIED) return target.type;
    if (target.flag & PJSIP_TRANSPORT_SECURE) return PJSIP_TRANSPORT_TLS;
    return (target.flag & PJSIP_TRANSPORT_RELIABLE) ? PJSIP_TRANSPORT_TCP : PJSIP_TRANSPORT_UDP;
}

// An address as PJSIP wants it; false where `host` is a name.
bool literal(const pj_str_t& host, int port, pjsip_transport_type_e type,
             pjsip_server_addresses& out) {
    pj_sockaddr address;
    int family = pj_AF_INET();
    if (pj_sockaddr_init(family, &address, nullptr, 0) != PJ_SUCCESS ||
        pj_inet_pton(family, &host, pj_sockaddr_get_addr(&address)) != PJ_SUCCESS) {
        family = pj_AF_INET6();
        if (pj_sockaddr_init(family, &address, nullptr, 0) != PJ_SUCCESS ||
            pj_inet_pton(family, &host, pj_sockaddr_get_addr(&address)) != PJ_SUCCESS) {
            return false;
        }
    }
    int kind = type & ~PJSIP_TRANSPORT_IPV6;
    if (family == pj_AF_INET6()) kind |= PJSIP_TRANSPORT_IPV6;
    const auto found = static_cast<pjsip_transport_type_e>(kind);
    if (port == 0) port = pjsip_transport_get_default_port_for_type(found);
    pj_sockaddr_set_port(&address, static_cast<pj_uint16_t>(port));
    pjsip_server_address_record& entry = out.entry[out.count];
    entry = pjsip_server_address_record{};
    entry.name = host;
    entry.type = found;
    entry.priority = out.count;
    pj_sockaddr_cp(&entry.addr, &address);
    entry.addr_len = static_cast<int>(pj_sockaddr_get_len(&address));
    ++out.count;
    return true;
}

pjsip_server_addresses addresses_of(const std::vector<Target>& targets) {
    pjsip_server_addresses out{};
    for (const Target& target : targets) {
        if (out.count == PJSIP_MAX_RESOLVED_ADDRESSES) break;
        const pj_str_t host = {const_cast<char*>(target.address.data()),
                               static_cast<pj_ssize_t>(target.address.size())};
        if (target.port < 1 || target.port > 65535 ||
            !literal(host, target.port, type_of(target.transport), out)) {
            throw std::invalid_argument("a target is an address, a port and a transport");
        }
        out.entry[out.count - 1].name = {nullptr, 0};  // it would outlive its text
    }
    return out;
}

// A far side that gives its address in Contact or Record-Route proves its name all the same: its
// certificate holds that (RFC 5922 4), and the connection that there is was verified by it. `token`
// is what PJSIP's sending of requests hands to every resolver.
void name_it(pjsip_endpoint* endpoint, void* token, const pjsip_host_info& target) {
    const auto* state = static_cast<const pjsip_send_state*>(token);
    if (state->endpt != endpoint || state->tdata == nullptr || state->tdata->msg == nullptr ||
        state->tdata->msg->type != PJSIP_REQUEST_MSG) {
        return;
    }
    const int port = target.addr.port
                         ? target.addr.port
                         : pjsip_transport_get_default_port_for_type(PJSIP_TRANSPORT_TLS);
    const std::lock_guard<std::mutex> lock(mutex);
    const auto found = secure_names.find({lower(target.addr.host), port});
    if (found == secure_names.end()) return;
    pj_str_t name = {found->second.data(), static_cast<pj_ssize_t>(found->second.size())};
    pj_strdup(state->tdata->pool, &state->tdata->dest_info.name, &name);
}

void tell(const Waiting& who, const pjsip_server_addresses& addresses) {
    who.callback(addresses.count ? PJ_SUCCESS : PJ_ERESOLVE, who.token, &addresses);
}

extern "C" void resolve(pjsip_resolver_t*, pj_pool_t*, const pjsip_host_info* target, void* token,
                        pjsip_resolver_callback* callback) {
    pjsip_server_addresses found{};
    if (!literal(target->addr.host, target->addr.port, asked_type(*target), found)) {
        const Asked asked{lower(target->addr.host), target->addr.port,
                          name_of(target->type == PJSIP_TRANSPORT_UNSPECIFIED &&
                                          (target->flag & PJSIP_TRANSPORT_SECURE)
                                      ? PJSIP_TRANSPORT_TLS
                                      : target->type)};
        const std::lock_guard<std::mutex> lock(mutex);
        const auto listed = table.find(asked);
        if (listed == table.end()) {
            waiting.push_back({asked, token, callback});
            untold.push_back(asked);
            return;
        }
        found = listed->second;
    } else if ((asked_type(*target) & ~PJSIP_TRANSPORT_IPV6) == PJSIP_TRANSPORT_TLS) {
        name_it(pjsua_get_pjsip_endpt(), token, *target);
    }
    tell({{}, token, callback}, found);
}

pjsip_ext_resolver resolver = {&resolve};

void settle(const Asked& asked, const pjsip_server_addresses& addresses) {
    std::vector<Waiting> served;
    {
        const std::lock_guard<std::mutex> lock(mutex);
        const auto is_other = [&](const Waiting& each) {
            return each.asked < asked || asked < each.asked;
        };
        const auto end = std::stable_partition(waiting.begin(), waiting.end(), is_other);
        std::move(end, waiting.end(), std::back_inserter(served));
        waiting.erase(end, waiting.end());
    }
    for (const Waiting& each : served) tell(each, addresses);
}

}  // namespace

bool Asked::operator<(const Asked& other) const {
    return std::tie(name, port, transport) < std::tie(other.name, other.port, other.transport);
}

void install(pjsip_endpoint* endpoint) {
    {
        const std::lock_guard<std::mutex> lock(mutex);
        table.clear();
        waiting.clear();  // those of an endpoint before this one: they are gone with it
        secure_names.clear();
        untold.clear();
    }
    if (pjsip_endpt_set_ext_resolver(endpoint, &resolver) != PJ_SUCCESS) {
        throw std::runtime_error("PJSIP took no resolver");
    }
}

void point(const Asked& asked, const std::vector<Target>& targets) {
    const pjsip_server_addresses addresses = addresses_of(targets);
    {
        const std::lock_guard<std::mutex> lock(mutex);
        table[asked] = addresses;
        for (const Target& target : targets) {
            if (target.transport == "tls") {
                secure_names[{target.address, target.port}] = asked.name;
            }
        }
    }
    settle(asked, addresses);
}

void answer(const Asked& asked, const std::vector<Target>& targets) {
    settle(asked, addresses_of(targets));
}

std::vector<Asked> unknown() {
    const std::lock_guard<std::mutex> lock(mutex);
    return std::exchange(untold, {});
}

}  // namespace veridial::names
