#include "guard.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <atomic>
#include <charconv>
#include <deque>
#include <mutex>
#include <stdexcept>
#include <string_view>
#include <utility>

#include <pjsip_ua.h>
#include <pjsua-lib/pjsua.h>

#include "text.hpp"

namespace veridial::guard {

namespace {

constexpr std::size_t kMostUntold = 256;

// Who may be shown where. A dialog points to the permit under which its INVITE left, so no permit
// is ever freed; there are as many as different ones have been listed since the process began.
struct Permit {
    std::string destination;
    Shown shown;

    bool leads_to(const std::string& address) const {
        const IpAddress there = IpAddress::of(address);
        return shown.held_to.empty() ||
               std::any_of(shown.held_to.begin(), shown.held_to.end(),
                           [&](const Network& network) { return network.holds(there); });
    }
};

using Permits = std::map<std::string, const Permit*, std::less<>>;

// Held for moments: by the SIP thread while it looks up or notes, by whoever lists or asks.
std::mutex mutex;
std::deque<Permit> every_permit;
Permits permits;
std::deque<Veto> untold;

std::atomic<std::uint64_t> invites{0};
std::array<std::atomic<std::uint64_t>, kCauseNames.size()> vetoed_by{};

std::string_view view(const pj_str_t& text) {
    return {text.ptr, static_cast<std::size_t>(std::max<pj_ssize_t>(text.slen, 0))};
}

std::string with_port(std::string_view address, int port) {
    const bool six = address.find(':') != std::string_view::npos;
    std::string out = six ? "[" + std::string(address) + "]" : std::string(address);
    return out + ":" + std::to_string(port);
}

struct Place {
    std::string address;
    std::string name;
};

Place place_of(const pjsip_tx_data& data) {
    return {with_port(data.tp_info.dst_name, data.tp_info.dst_port),
            lower(view(data.dest_info.name))};
}

const Permit* listed(const Place& place) {
    const std::lock_guard<std::mutex> lock(mutex);
    auto found = permits.find(place.address);
    if (found == permits.end()) found = permits.find(place.name);
    return found == permits.end() ? nullptr : found->second;
}

extern "C" pj_status_t on_tx_request(pjsip_tx_data* data);
extern "C" pj_status_t on_tx_response(pjsip_tx_data* data);

pjsip_module module = {
    nullptr,
    nullptr,
    {const_cast<char*>("mod-veridial-guard"), 18},
    -1,
    // Right after the one that prints: what is read here is, byte for byte, what would be sent.
    PJSIP_MOD_PRIORITY_TRANSPORT_LAYER - 1,
    nullptr,
    nullptr,
    nullptr,
    nullptr,
    nullptr,
    nullptr,
    &on_tx_request,
    &on_tx_response,
    nullptr,
};

// A dialog keeps the permit of its INVITE: for its retransmissions, though the table may have
// changed meanwhile, and for requests within the dialog, which go wherever the far side's Contact
// and Record-Route say (RFC 3261 12.2.1.1).
const Permit* permit_for(const pjsip_tx_data& data, const pjsip_dialog* dialog,
                         const Place& place) {
    const auto* kept =
        dialog != nullptr ? static_cast<const Permit*>(dialog->mod_data[module.id]) : nullptr;
    if (kept != nullptr) {
        const pjsip_to_hdr* to = PJSIP_MSG_TO_HDR(data.msg);
        const bool within = to != nullptr && to->tag.slen > 0;
        if (within || kept->destination == place.address || kept->destination == place.name) {
            return kept;
        }
    }
    return listed(place);
}

// Everything is asked whether it leads out of its lab, ACK and BYE too: they go where the far side's
// Contact says. The address counts that the bytes go to, whatever name stood for it.
Cause cause_of(std::string_view method, const Permit* permit, const pjsip_tx_data& data,
               std::string_view message) {
    const bool examined = is_examined(method);
    if (permit == nullptr) return examined ? Cause::Destination : Cause::None;
    if (!permit->leads_to(data.tp_info.dst_name)) return Cause::Lab;
    return examined ? permit->shown.identities->judge(message) : Cause::None;
}

// A lab's permit for whatever port of `address`, or null: who calls in does so from any.
const Permit* lab_at(const std::string& address) {
    const IpAddress wanted = IpAddress::of(address);
    const std::lock_guard<std::mutex> lock(mutex);
    for (const auto& [written, permit] : permits) {
        const bool is_six = written.front() == '[';
        const std::string host = is_six ? written.substr(1, written.find(']') - 1)
                                        : written.substr(0, written.rfind(':'));
        if (!permit->shown.held_to.empty() && IpAddress::of(host) == wanted) return permit;
    }
    return nullptr;
}

void note(const pjsip_tx_data& data, const Place& place, std::string_view method, Cause cause) {
    ++vetoed_by[static_cast<std::size_t>(cause)];
    const pjsip_cid_hdr* call_id = PJSIP_MSG_CID_HDR(data.msg);
    Veto veto{std::string(method), place.address,
              call_id != nullptr ? std::string(view(call_id->id)) : std::string(), cause};
    const std::lock_guard<std::mutex> lock(mutex);
    if (untold.size() == kMostUntold) untold.pop_front();
    untold.push_back(std::move(veto));
}

extern "C" pj_status_t on_tx_request(pjsip_tx_data* data) {
    const std::string_view message(data->buf.start,
                                   static_cast<std::size_t>(data->buf.cur - data->buf.start));
    const std::string_view method = method_of(message);
    try {
        if (method == "INVITE") ++invites;
        pjsip_dialog* dialog = pjsip_tdata_get_dlg(data);
        const Place place = place_of(*data);
        const Permit* permit = permit_for(*data, dialog, place);
        const Cause cause = cause_of(method, permit, *data, message);
        if (cause != Cause::None) {
            note(*data, place, method, cause);
            return kVetoed;
        }
        if (dialog != nullptr && permit != nullptr && is_examined(method)) {
            pjsip_dlg_set_mod_data(dialog, module.id, const_cast<Permit*>(permit));
        }
        return PJ_SUCCESS;
    } catch (...) {
        return kVetoed;  // no memory: what could not be examined does not leave
    }
}

// A call that comes in to a lab has a Contact as well: its dialog keeps the permit of the lab that the
// reply to its INVITE goes to, so that our BYE does not leave it.
extern "C" pj_status_t on_tx_response(pjsip_tx_data* data) {
    pjsip_dialog* dialog = pjsip_tdata_get_dlg(data);
    const pjsip_cseq_hdr* sequence = PJSIP_MSG_CSEQ_HDR(data->msg);
    if (dialog == nullptr || dialog->mod_data[module.id] != nullptr || sequence == nullptr ||
        sequence->method.id != PJSIP_INVITE_METHOD) {
        return PJ_SUCCESS;
    }
    try {
        const Permit* lab = lab_at(data->tp_info.dst_name);
        if (lab != nullptr) pjsip_dlg_set_mod_data(dialog, module.id, const_cast<Permit*>(lab));
    } catch (...) {
        return kVetoed;  // no memory: what could not be kept to its lab is not begun
    }
    return PJ_SUCCESS;
}

pj_str_t text_of(pj_status_t, char* buffer, pj_size_t room) {
    constexpr std::string_view kText = "kept off the wire by the guard";
    const std::size_t length = std::min(kText.size(), room);
    std::copy_n(kText.begin(), length, buffer);
    return {buffer, static_cast<pj_ssize_t>(length)};
}

}  // namespace

std::string destination(const std::string& written) {
    Cursor at{written};
    const bool six = at.take('[');
    const auto is_in_address = [six](char c) {
        return is_digit(c) || is_letter(c) || c == '.' || (six ? c == ':' : c == '-');
    };
    const std::string host(at.take_while(is_in_address));
    std::array<unsigned char, sizeof(in6_addr)> raw{};
    const int family = six ? AF_INET6 : AF_INET;
    if (inet_pton(family, host.c_str(), raw.data()) == 1) {
        int port = 0;
        const bool bracketed = !six || at.take(']');
        const bool numbered = bracketed && at.take(':');
        const auto [end, error] =
            std::from_chars(at.rest.data(), at.rest.data() + at.rest.size(), port);
        if (numbered && error == std::errc() && end == at.rest.data() + at.rest.size() && port > 0 &&
            port < 65536) {
            std::array<char, INET6_ADDRSTRLEN> text{};
            return with_port(inet_ntop(family, raw.data(), text.data(), text.size()), port);
        }
    } else if (!six && at.rest.empty() && std::any_of(host.begin(), host.end(), is_letter)) {
        return lower(host);
    }
    throw std::invalid_argument("a destination is address:port, [address]:port or a host's name");
}

void install() {
    pjsip_endpoint* endpoint = pjsua_get_pjsip_endpt();
    if (endpoint == nullptr) throw std::runtime_error("PJSIP is not up: install() after libInit()");
    const pj_status_t status = pjsip_endpt_register_module(endpoint, &module);
    if (status != PJ_SUCCESS) {
        throw std::runtime_error("PJSIP took no guard (status " + std::to_string(status) + ")");
    }
    // Only for PJSIP's own log; that it was registered before is no matter.
    pj_register_strerror(kVetoed, 1, &text_of);
}

void allow(const Table& table) {
    const std::lock_guard<std::mutex> lock(mutex);
    Permits wanted;
    for (const auto& [where, who] : table) {
        auto same = std::find_if(every_permit.begin(), every_permit.end(), [&](const Permit& each) {
            return each.destination == where &&
                   *each.shown.identities == *who.identities &&
                   each.shown.held_to == who.held_to;
        });
        if (same == every_permit.end()) {
            every_permit.push_back({where, who});
            same = std::prev(every_permit.end());
        }
        wanted.emplace(where, &*same);
    }
    permits.swap(wanted);
}

std::vector<Veto> vetoes() {
    std::deque<Veto> taken;
    {
        const std::lock_guard<std::mutex> lock(mutex);
        taken.swap(untold);
    }
    return {std::make_move_iterator(taken.begin()), std::make_move_iterator(taken.end())};
}

Counts counts() {
    Counts out;
    out.invites = invites.load();
    for (std::size_t i = 0; i < vetoed_by.size(); ++i) out.vetoes[i] = vetoed_by[i].load();
    return out;
}

}  // namespace veridial::guard
