#include "identities.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <stdexcept>

#include "passport.hpp"
#include "text.hpp"

namespace veridial {

namespace {

constexpr std::size_t kFewestDigits = 3;
constexpr std::size_t kLongestExtension = 6;

enum class Kind { Harmless, Claim, To, Identity, Privacy, ReferTo, ContentType, ContentLength };

struct Known {
    std::string_view name;
    Kind kind = Kind::Harmless;
    Cause cause = Cause::Header;
};

// Sorted by name. The harmless ones address the callee or serve the protocol. What stands nowhere
// here is vetoed: carriers take the caller's number from headers of their own making, too.
constexpr std::array kKnown{
    Known{"accept"},
    Known{"accept-encoding"},
    Known{"accept-language"},
    Known{"allow"},
    Known{"allow-events"},
    Known{"authorization"},
    Known{"b", Kind::Claim, Cause::ReferredBy},
    Known{"c", Kind::ContentType},
    Known{"call-id"},
    Known{"contact", Kind::Claim, Cause::Contact},
    Known{"content-length", Kind::ContentLength},
    Known{"content-type", Kind::ContentType},
    Known{"cseq"},
    Known{"date"},
    Known{"diversion", Kind::Claim, Cause::Diversion},
    Known{"event"},
    Known{"expires"},
    Known{"f", Kind::Claim, Cause::From},
    Known{"from", Kind::Claim, Cause::From},
    Known{"i"},
    Known{"identity", Kind::Identity, Cause::Identity},
    Known{"k"},
    Known{"l", Kind::ContentLength},
    Known{"m", Kind::Claim, Cause::Contact},
    Known{"max-forwards"},
    Known{"min-se"},
    Known{"o"},
    Known{"p-asserted-identity", Kind::Claim, Cause::PAssertedIdentity},
    Known{"p-early-media"},
    Known{"p-preferred-identity", Kind::Claim, Cause::PPreferredIdentity},
    Known{"privacy", Kind::Privacy},
    Known{"proxy-authorization"},
    Known{"proxy-require"},
    Known{"r", Kind::ReferTo},
    Known{"rack"},
    Known{"refer-sub"},
    Known{"refer-to", Kind::ReferTo},
    Known{"referred-by", Kind::Claim, Cause::ReferredBy},
    Known{"remote-party-id", Kind::Claim, Cause::RemotePartyId},
    Known{"replaces"},
    Known{"require"},
    Known{"route"},
    Known{"session-expires"},
    Known{"supported"},
    Known{"t", Kind::To},
    Known{"timestamp"},
    Known{"to", Kind::To},
    Known{"u"},
    Known{"user-agent"},
    Known{"v"},
    Known{"via"},
    Known{"x"},
    Known{"y", Kind::Identity, Cause::Identity},
};

constexpr bool is_sorted_by_name() {
    for (std::size_t i = 1; i < kKnown.size(); ++i) {
        if (!(kKnown[i - 1].name < kKnown[i].name)) return false;
    }
    return true;
}
static_assert(is_sorted_by_name());

const Known* find(std::string_view name) {
    const auto found = std::lower_bound(
        kKnown.begin(), kKnown.end(), name,
        [](const Known& known, std::string_view wanted) { return known.name < wanted; });
    return found != kKnown.end() && found->name == name ? &*found : nullptr;
}

template <std::size_t N>
bool is_among(std::string_view text, const std::array<std::string_view, N>& these) {
    return std::find(these.begin(), these.end(), text) != these.end();
}

bool is_anonymous(std::string_view word) {
    // RFC 3323 4.1.1.3, and what exchanges write in its place.
    constexpr std::array<std::string_view, 8> kWords{
        "anonymous", "anonymus", "private", "restricted",
        "unavailable", "unknown", "withheld", "blocked"};
    return is_among(lower(word), kWords);
}

// The next line of a head that ends with CRLF. A bare CR or LF is left in for `is_plain` to find.
std::string_view take_line(std::string_view& head) {
    const std::size_t end = head.find("\r\n");
    const std::string_view line = head.substr(0, end);
    head.remove_prefix(end + 2);
    return line;
}

// No control characters: what one receiver skips is where another one's next header begins.
bool is_plain(std::string_view line) {
    return all(line, [](char c) { return c == '\t' || (static_cast<unsigned char>(c) >= 0x20 && c != 0x7f); });
}

bool is_host(std::string_view text) {
    Cursor at{text};
    if (at.take('[')) {
        at.take_while([](char c) { return is_digit(c) || is_letter(c) || c == ':' || c == '.'; });
        if (!at.take(']')) return false;
    } else {
        const std::string host = lower(at.take_while(
            [](char c) { return is_digit(c) || is_letter(c) || c == '-' || c == '.'; }));
        // A name of digits only is a telephone number in the wrong place.
        in_addr address{};
        const bool named = std::any_of(host.begin(), host.end(), is_letter);
        if (!named && inet_pton(AF_INET, host.c_str(), &address) != 1) return false;
        // anonymous.invalid: RFC 3323 4.1.1.3.
        constexpr std::string_view kInvalid = "invalid";
        if (host.size() >= kInvalid.size() &&
            host.compare(host.size() - kInvalid.size(), kInvalid.size(), kInvalid) == 0) {
            return false;
        }
    }
    if (at.rest.empty()) return true;
    return at.take(':') && !at.rest.empty() && at.rest.size() <= 5 && all(at.rest, is_digit);
}

// Parameters within a URI, from the first semicolon on; none that says anything of a number.
bool are_uri_parameters(std::string_view text) {
    constexpr std::array<std::string_view, 6> kAllowed{
        "user=phone", "transport=udp", "transport=tcp", "transport=tls", "lr", "ob"};
    Cursor at{text};
    while (at.take(';')) {
        if (!is_among(lower(at.take_while([](char c) { return c != ';'; })), kAllowed)) return false;
    }
    return at.rest.empty();
}

// Parameters after a URI's bracket, up to the end or the next address.
bool take_parameters(Cursor& at) {
    constexpr std::array<std::string_view, 13> kAllowed{
        "+sip.instance", "counter", "expires", "id-type", "limit", "ob",  "party",
        "privacy",       "q",       "reason",  "reg-id",  "screen", "tag"};
    constexpr std::array<std::string_view, 3> kShown{"no", "none", "off"};
    for (;;) {
        at.skip_spaces();
        if (at.rest.empty() || at.rest.front() == ',') return true;
        if (!at.take(';')) return false;
        at.skip_spaces();
        const std::string name = lower(at.take_while(is_token));
        if (!is_among(name, kAllowed)) return false;
        std::string_view value;
        if (at.take('=')) {
            if (at.take('"')) {
                value = at.take_while([](char c) { return c != '"' && c != '\\'; });
                if (!at.take('"')) return false;
            } else {
                value = at.take_while(is_token);
                if (value.empty()) return false;
            }
        }
        if (name == "privacy" && !is_among(lower(value), kShown)) return false;
    }
}

// Refer-To names whom to call. Headers within its URI would be put into the INVITE that follows
// (RFC 3261 19.1.5), so they could name who calls; Replaces alone is needed (RFC 3891 3).
bool refers_plainly(std::string_view value) {
    const std::size_t headers = value.find('?');
    if (headers == std::string_view::npos) return true;
    const std::string_view rest = value.substr(headers + 1);
    constexpr std::string_view kReplaces = "replaces=";
    return lower(rest.substr(0, kReplaces.size())) == kReplaces &&
           rest.find_first_of("&?") == std::string_view::npos;
}

// Within a dialog the Request-URI is the far side's Contact (RFC 3261 12.2.1.1).
bool opens_a_dialog(std::string_view to) {
    return lower(to.substr(std::min(to.find('>'), to.size()))).find(";tag=") == std::string::npos;
}

// Whether `to`, a To header, calls the number of these E.164 digits. A trunk may want it written
// with something before it; and, where there is no plus, without the calling code, which has up to
// three digits.
bool calls(std::string_view to, std::string_view digits) {
    constexpr std::size_t kLongestCode = 3;
    Cursor at{to};
    if (!at.take('<')) return false;
    const std::string_view uri = at.take_while([](char c) { return c != '>'; });
    const std::size_t colon = uri.find(':');
    if (!at.take('>') || colon == std::string_view::npos) return false;
    const std::string_view user = uri.substr(colon + 1, uri.find('@') - colon - 1);
    const std::size_t plus = user.find('+');
    if (plus != std::string_view::npos) return user.substr(plus + 1) == digits;
    const std::string_view tail = digits.substr(std::min(digits.size(), kLongestCode));
    return !tail.empty() && user.size() >= tail.size() &&
           user.substr(user.size() - tail.size()) == tail;
}

}  // namespace

std::string_view method_of(std::string_view message) {
    return message.substr(0, message.find(' '));
}

bool is_examined(std::string_view method) {
    constexpr std::array<std::string_view, 8> kOthers{"ACK",  "BYE",    "CANCEL",  "INFO",
                                                      "NOTIFY", "OPTIONS", "PRACK", "REGISTER"};
    return !is_among(method, kOthers);
}

// What a message has shown so far.
struct Identities::Found {
    int froms = 0;
    int lengths = 0;
    std::size_t length = 0;
    int types = 0;
    bool sdp = false;
    std::vector<std::string_view> numbers;  // in From, P-Asserted- or P-Preferred-Identity
    std::vector<std::string_view> callees;  // To, as it stands
    std::vector<std::string_view> passports;
};

Identities::Identities(const std::vector<std::string>& numbers,
                       const std::vector<std::string>& users,
                       const std::map<std::string, std::string>& signed_as,
                       const std::vector<std::string>& dialled) {
    for (const std::string& number : numbers) {
        std::string_view digits = number;
        if (!digits.empty() && digits.front() == '+') digits.remove_prefix(1);
        if (digits.size() < kFewestDigits || !all(digits, is_digit)) {
            throw std::invalid_argument("a number is three digits or more, with or without a plus");
        }
        numbers_.insert(number);
    }
    for (const std::string& user : users) {
        // RFC 3261 25.1, `user`.
        const bool fits = !user.empty() && all(user, [](char c) {
            constexpr std::string_view kOthers = "-_.!~*'()&=+$,;?/%";
            return is_digit(c) || is_letter(c) || kOthers.find(c) != std::string_view::npos;
        });
        if (!fits) throw std::invalid_argument("this cannot stand in the user part of a URI");
        if (is_anonymous(user)) throw std::invalid_argument("there are no anonymous calls");
        users_.insert(user);
    }
    for (const auto& [written, digits] : signed_as) {
        if (numbers_.find(written) == numbers_.end() || digits.size() < kFewestDigits ||
            !all(digits, is_digit)) {
            throw std::invalid_argument("only a listed number is signed for, as its digits");
        }
        signed_as_.emplace(written, digits);
    }
    for (const std::string& before : dialled) {
        const bool plus = !before.empty() && before.back() == '+';
        if (!all(std::string_view(before).substr(0, before.size() - (plus ? 1 : 0)), is_digit)) {
            throw std::invalid_argument("what is dialled before a number are digits, and a plus");
        }
        dialled_.insert(before);
    }
}

Identities::Shown Identities::user(std::string_view user) const {
    if (numbers_.find(user) != numbers_.end()) return Shown::Number;
    return users_.find(user) != users_.end() ? Shown::User : Shown::Nobody;
}

Identities::Shown Identities::uri(std::string_view text, std::string_view& shown) const {
    const std::size_t colon = text.find(':');
    if (colon == std::string_view::npos) return Shown::Nobody;
    const std::string scheme = lower(text.substr(0, colon));
    std::string_view rest = text.substr(colon + 1);
    if (scheme == "tel") {
        // Without a plus it would need a context, and mean what the context says (RFC 3966 5.1.5).
        shown = rest;
        return !rest.empty() && rest.front() == '+' ? user(rest) : Shown::Nobody;
    }
    if (scheme != "sip" && scheme != "sips") return Shown::Nobody;
    const std::size_t at = rest.find('@');
    if (at == std::string_view::npos) return Shown::Nobody;
    const std::string_view host = rest.substr(at + 1);
    const std::size_t semicolon = std::min(host.find(';'), host.size());
    if (!is_host(host.substr(0, semicolon)) || !are_uri_parameters(host.substr(semicolon))) {
        return Shown::Nobody;
    }
    shown = rest.substr(0, at);
    return user(shown);
}

// Exchanges take a star, a hash or a code before the number for an order to hide or change the one
// that is shown. So a long row of digits is a number as the trunk writes it; and besides, there are
// only short ones and names.
bool Identities::dials(std::string_view request_line) const {
    if (dialled_.empty()) return true;
    const std::size_t colon = request_line.find(':');
    if (colon == std::string_view::npos) return false;
    const std::string_view rest = request_line.substr(colon + 1);
    const std::string_view user = rest.substr(0, rest.find_first_of("@ "));
    if (user.empty()) return false;
    if (std::any_of(user.begin(), user.end(), is_letter)) {
        return all(user, [](char c) {
            constexpr std::string_view kOthers = "-_.~";
            return is_digit(c) || is_letter(c) || kOthers.find(c) != std::string_view::npos;
        });
    }
    if (user.size() <= kLongestExtension && all(user, is_digit)) return true;
    return std::any_of(dialled_.begin(), dialled_.end(), [&](const std::string& before) {
        return user.size() >= before.size() + kFewestDigits &&
               user.substr(0, before.size()) == before && all(user.substr(before.size()), is_digit);
    });
}

// `"<" uri ">" parameters`, one or more with commas between. A name before the bracket is shown to
// the callee as much as a number is, and nothing proves it: it is refused, as is a URI without
// brackets, whose parameters might be its own or the header's (RFC 3261 20).
bool Identities::addresses(std::string_view value, Found& found, Cause where) const {
    Cursor at{value};
    do {
        at.skip_spaces();
        if (!at.take('<')) return false;
        std::string_view number;
        const Shown shown = uri(at.take_while([](char c) { return c != '>'; }), number);
        if (shown == Shown::Nobody || !at.take('>') || !take_parameters(at)) return false;
        if (shown == Shown::Number &&
            (where == Cause::From || where == Cause::PAssertedIdentity ||
             where == Cause::PPreferredIdentity)) {
            found.numbers.push_back(number);
        }
    } while (at.take(','));
    return at.rest.empty();
}

Cause Identities::header(std::string_view line, Found& found) const {
    const std::size_t colon = line.find(':');
    // A line that begins with a space goes on with the one before it; PJSIP writes none.
    if (colon == std::string_view::npos || line.empty() || is_space(line.front()) ||
        !is_plain(line)) {
        return Cause::Malformed;
    }
    const std::string_view name = trim(line.substr(0, colon));
    const std::string_view value = trim(line.substr(colon + 1));
    const Known* known = find(lower(name));
    if (known == nullptr) return Cause::Header;
    switch (known->kind) {
        case Kind::Harmless:
            return Cause::None;
        case Kind::Claim:
            if (known->cause == Cause::From) ++found.froms;
            return addresses(value, found, known->cause) ? Cause::None : known->cause;
        case Kind::To:
            found.callees.push_back(value);
            return Cause::None;
        case Kind::Identity:
            found.passports.push_back(value);
            return Cause::None;
        case Kind::Privacy:
            return lower(value) == "none" ? Cause::None : Cause::Privacy;
        case Kind::ReferTo:
            return refers_plainly(value) ? Cause::None : Cause::ReferTo;
        case Kind::ContentType:
            ++found.types;
            found.sdp = lower(value) == "application/sdp";
            return Cause::None;
        case Kind::ContentLength: {
            ++found.lengths;
            const auto [end, error] =
                std::from_chars(value.data(), value.data() + value.size(), found.length);
            const bool whole = error == std::errc() && end == value.data() + value.size();
            return whole ? Cause::None : Cause::Malformed;
        }
    }
    return Cause::Malformed;
}

// A PASSporT is our word, under our key, that the number shown is ours: in an INVITE, once, for
// the very number that is shown and the very callee. Any other is a lie, or somebody else's.
bool Identities::vouches(std::string_view method, const Found& found) const {
    if (found.passports.empty()) return true;
    const auto said = attested(found.passports.front());
    if (method != "INVITE" || found.passports.size() != 1 || !said) return false;
    for (const std::string_view number : found.numbers) {
        const auto known = signed_as_.find(number);
        if (known == signed_as_.end() || known->second != said->caller) return false;
    }
    return found.callees.size() == 1 && calls(found.callees.front(), said->callee);
}

Cause Identities::judge(std::string_view message) const {
    const std::string_view method = method_of(message);
    if (!is_examined(method)) return Cause::None;
    const std::size_t end = message.find("\r\n\r\n");
    if (end == std::string_view::npos) return Cause::Malformed;
    std::string_view head = message.substr(0, end + 2);
    const std::string_view body = message.substr(end + 4);
    const std::string_view request_line = take_line(head);
    if (!is_plain(request_line)) return Cause::Malformed;
    Found found;
    while (!head.empty()) {
        const Cause cause = header(take_line(head), found);
        if (cause != Cause::None) return cause;
    }
    // On a stream, what is longer than it says is read as the next message.
    if (found.froms != 1 || found.lengths != 1 || found.length != body.size()) {
        return Cause::Malformed;
    }
    if (found.types > 1 || (!body.empty() && !found.sdp)) return Cause::Body;
    if (method == "INVITE" && found.numbers.empty()) return Cause::NoNumber;
    const bool opens = std::any_of(found.callees.begin(), found.callees.end(), opens_a_dialog);
    if (method == "INVITE" && (opens || found.callees.empty()) && !dials(request_line)) {
        return Cause::RequestUri;
    }
    if (!vouches(method, found)) return Cause::Identity;
    return Cause::None;
}

}  // namespace veridial
