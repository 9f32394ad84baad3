#include "passport.hpp"

#include <algorithm>
#include <cstdint>

#include "text.hpp"

namespace veridial {

namespace {

constexpr std::size_t kSignatureLength = 86;  // 64 bytes in base64url
constexpr std::size_t kMostDigits = 15;       // ITU-T E.164
constexpr std::size_t kUuidLength = 36;

bool is_base64url(char c) { return is_digit(c) || is_letter(c) || c == '-' || c == '_'; }

bool is_uuid_part(char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || c == '-'; }

// Within a URL in quotes and in brackets: nothing that ends either.
bool is_url_part(char c) { return c > ' ' && c < 0x7f && c != '"' && c != '\\' && c != '<' && c != '>'; }

std::uint32_t sextet(char c) {
    if (c >= 'A' && c <= 'Z') return static_cast<std::uint32_t>(c - 'A');
    if (c >= 'a' && c <= 'z') return static_cast<std::uint32_t>(c - 'a' + 26);
    if (is_digit(c)) return static_cast<std::uint32_t>(c - '0' + 52);
    return c == '-' ? 62 : 63;
}

// RFC 7515 2: base64url without padding. Left-over bits must be 0, or two texts would mean one.
std::optional<std::string> decoded(std::string_view text) {
    if (text.size() % 4 == 1) return std::nullopt;
    std::string out;
    std::uint32_t bits = 0;
    int held = 0;
    for (const char c : text) {
        bits = bits << 6 | sextet(c);
        held += 6;
        if (held >= 8) {
            held -= 8;
            out.push_back(static_cast<char>(bits >> held & 0xff));
        }
        bits &= (1U << held) - 1;
    }
    return bits == 0 ? std::optional(out) : std::nullopt;
}

bool take(Cursor& at, std::string_view text) {
    if (at.rest.substr(0, text.size()) != text) return false;
    at.rest.remove_prefix(text.size());
    return true;
}

bool take_number(Cursor& at, std::string& number) {
    number = at.take_while(is_digit);
    return !number.empty() && number.size() <= kMostDigits;
}

}  // namespace

std::optional<Attested> attested(std::string_view value) {
    Cursor at{value};
    const auto header = decoded(at.take_while(is_base64url));
    if (!at.take('.')) return std::nullopt;
    const auto claims = decoded(at.take_while(is_base64url));
    if (!at.take('.') || at.take_while(is_base64url).size() != kSignatureLength) return std::nullopt;
    if (!take(at, ";info=<")) return std::nullopt;
    const std::string url(at.take_while(is_url_part));
    if (!take(at, ">;alg=ES256;ppt=shaken") || !at.rest.empty() || !header || !claims) {
        return std::nullopt;
    }
    if (*header !=
        R"({"alg":"ES256","ppt":"shaken","typ":"passport","x5u":")" + url + R"("})") {
        return std::nullopt;
    }
    Attested found;
    Cursor said{*claims};
    if (!take(said, R"({"attest":"A","dest":{"tn":[")") || !take_number(said, found.callee) ||
        !take(said, R"("]},"iat":)") || said.take_while(is_digit).empty() ||
        !take(said, R"(,"orig":{"tn":")") || !take_number(said, found.caller) ||
        !take(said, R"("},"origid":")") ||
        said.take_while(is_uuid_part).size() != kUuidLength || !take(said, R"("})") ||
        !said.rest.empty()) {
        return std::nullopt;
    }
    return found;
}

}  // namespace veridial
