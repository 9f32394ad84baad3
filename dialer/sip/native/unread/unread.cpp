#include "unread.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <deque>
#include <iterator>
#include <string_view>
#include <utility>

namespace veridial::unread {

namespace {

constexpr std::size_t kMostUntold = 256;
constexpr std::size_t kLongest = 256;

// Without these nothing tells whose reply it is (RFC 3261 8.1.3.5, 17.1.3, 12.2).
constexpr std::array<std::string_view, 9> kOfEvery = {
    "via", "v", "from", "f", "to", "t", "call-id", "i", "cseq"};

// What else a request cannot be processed without (RFC 3261 8.2.2): it may open a dialog, hand a
// call on, or ask for what we do not know. A reply is good for what is left of it.
constexpr std::array<std::string_view, 24> kOfRequests = {
    "contact",     "m",   "content-length",   "l",           "content-type",       "c",
    "require",     "route", "proxy-require",  "record-route", "content-encoding",  "e",
    "refer-to",    "r",   "replaces",         "event",       "subscription-state", "o",
    "rack",        "x",   "session-expires",  "authorization", "min-se",           "proxy-authorization"};

// Names that may be told: anything else could be what the far side wants in our log.
constexpr std::array<std::string_view, 45> kKnown = {
    "via", "from", "to", "call-id", "cseq", "contact", "content-length", "content-type", "require",
    "route", "proxy-require", "record-route", "content-encoding", "refer-to", "replaces", "event",
    "subscription-state", "rack", "rseq", "session-expires", "min-se", "authorization",
    "proxy-authorization", "www-authenticate", "proxy-authenticate", "allow", "supported",
    "unsupported", "accept", "expires", "min-expires", "max-forwards", "retry-after", "reason",
    "warning", "date", "server", "user-agent", "p-asserted-identity", "history-info", "diversion",
    "privacy", "timestamp", "service-route", "status line"};

std::deque<Note> untold;
std::vector<std::string> skipped;

std::string_view view(const pj_str_t& text) {
    return {text.ptr, static_cast<std::size_t>(std::max<pj_ssize_t>(text.slen, 0))};
}

std::string lower(std::string_view text) {
    std::string out(text.substr(0, kLongest));
    std::transform(out.begin(), out.end(), out.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return out;
}

template <std::size_t N>
bool among(const std::array<std::string_view, N>& names, std::string_view name) {
    return std::find(names.begin(), names.end(), name) != names.end();
}

// The value of a header as it stands, where PJSIP could not read the message that far.
std::string raw(std::string_view message, std::string_view name, std::string_view compact) {
    std::size_t at = message.find('\n');
    while (at != std::string_view::npos && at + 1 < message.size()) {
        const std::size_t end = std::min(message.find('\n', at + 1), message.size());
        std::string_view line = message.substr(at + 1, end - at - 1);
        const std::size_t colon = line.find(':');
        if (line.empty() || line == "\r") return {};
        if (colon != std::string_view::npos) {
            std::string_view said = line.substr(0, colon);
            while (!said.empty() && (said.back() == ' ' || said.back() == '\t')) {
                said.remove_suffix(1);
            }
            const std::string found = lower(said);
            if (found == name || (!compact.empty() && found == compact)) {
                std::string_view value = line.substr(colon + 1);
                const auto first = value.find_first_not_of(" \t");
                const auto last = value.find_last_not_of(" \t\r");
                if (first == std::string_view::npos) return {};
                return std::string(value.substr(first, last - first + 1).substr(0, kLongest));
            }
        }
        at = end;
    }
    return {};
}

Note note_of(const pjsip_rx_data* data) {
    const auto& info = data->msg_info;
    const std::string_view message(info.msg_buf, static_cast<std::size_t>(std::max(info.len, 0)));
    Note note;
    note.source = data->pkt_info.src_name;
    note.call_id = info.cid != nullptr ? std::string(view(info.cid->id).substr(0, kLongest))
                                       : raw(message, "call-id", "i");
    if (message.substr(0, 8) == "SIP/2.0 ") {
        for (const char digit : message.substr(8, 3)) {
            if (digit < '0' || digit > '9') break;
            note.code = 10 * note.code + (digit - '0');
        }
        note.code = note.code == 0 ? 1 : note.code;
    }
    if (info.cseq != nullptr) {
        note.method = view(info.cseq->method.name);
    } else {
        const std::string cseq = raw(message, "cseq", "");
        const auto blank = cseq.find_last_of(" \t");
        if (blank != std::string::npos) note.method = cseq.substr(blank + 1);
    }
    return note;
}

const char* missing(const pjsip_rx_data* data) {
    const auto& info = data->msg_info;
    if (info.via == nullptr) return "via";
    if (info.cseq == nullptr) return "cseq";
    if (info.cid == nullptr || info.cid->id.slen == 0) return "call-id";
    if (info.from == nullptr) return "from";
    return info.to == nullptr ? "to" : "";
}

bool judge(pjsip_rx_data* data, pj_status_t status) {
    Note note = note_of(data);
    const bool is_reply = note.code != 0;
    std::vector<std::string> bad;
    const pjsip_parser_err_report& errors = data->msg_info.parse_err;
    if (errors.next != nullptr) {
        for (const auto* each = errors.next; each != &errors; each = each->next) {
            bad.push_back(lower(view(each->hname)));
        }
    }
    const auto needed = std::find_if(bad.begin(), bad.end(), [&](const std::string& name) {
        return among(kOfEvery, name) || (!is_reply && among(kOfRequests, name));
    });
    note.dropped = status != PJSIP_EINVALIDHDR || data->msg_info.msg == nullptr ||
                   needed != bad.end();
    if (!bad.empty()) note.header = needed != bad.end() ? *needed : bad.front();
    if (status == PJSIP_EMISSINGHDR && data->msg_info.msg != nullptr) note.header = missing(data);
    if (status == PJSIP_EINVALIDSTATUS) note.header = "status line";
    if (!among(kKnown, note.header)) note.header.clear();
    const bool taken = !note.dropped;
    if (taken) skipped = std::move(bad);
    if (untold.size() == kMostUntold) untold.pop_front();
    untold.push_back(std::move(note));
    return taken;
}

extern "C" pj_bool_t on_unread(pjsip_rx_data* data, pj_status_t status) {
    skipped.clear();
    try {
        return judge(data, status) ? PJ_TRUE : PJ_FALSE;
    } catch (...) {
        return PJ_FALSE;  // no memory
    }
}

// The first to see a message that could be read: what an earlier one lacked is not said of it.
extern "C" pj_bool_t on_rx(pjsip_rx_data* data) {
    const pjsip_parser_err_report& errors = data->msg_info.parse_err;
    if (errors.next == nullptr || errors.next == &errors) skipped.clear();
    return PJ_FALSE;
}

pjsip_module module_of_ours() {
    pjsip_module module{};
    module.name = pj_str(const_cast<char*>("mod-veridial-unread"));
    module.id = -1;
    module.priority = 0;
    module.on_rx_request = &on_rx;
    module.on_rx_response = &on_rx;
    return module;
}

pjsip_module ours = module_of_ours();

}  // namespace

bool install(pjsip_endpoint* endpoint) {
    untold.clear();
    skipped.clear();
    ours = module_of_ours();  // PJSIP was taken down with the last one
    pjsip_on_unread = &on_unread;
    return pjsip_endpt_register_module(endpoint, &ours) == PJ_SUCCESS;
}

std::vector<Note> notes() {
    std::vector<Note> out{std::make_move_iterator(untold.begin()),
                          std::make_move_iterator(untold.end())};
    untold.clear();
    return out;
}

const std::vector<std::string>& left_out() { return skipped; }

}  // namespace veridial::unread
