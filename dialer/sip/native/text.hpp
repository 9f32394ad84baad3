// SIP's text, as RFC 3261 25.1 spells it.
#pragma once

#include <cctype>
#include <cstddef>
#include <string>
#include <string_view>

namespace veridial {

inline bool is_digit(char c) { return c >= '0' && c <= '9'; }
inline bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
inline bool is_space(char c) { return c == ' ' || c == '\t'; }
inline bool is_token(char c) {
    constexpr std::string_view kOthers = "-.!%*_+`'~";
    return is_digit(c) || is_letter(c) || kOthers.find(c) != std::string_view::npos;
}

template <typename Is>
bool all(std::string_view text, Is is) {
    for (const char c : text) {
        if (!is(c)) return false;
    }
    return true;
}

inline std::string lower(std::string_view text) {
    std::string out(text);
    for (char& c : out) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    return out;
}

inline std::string_view trim(std::string_view text) {
    while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
    while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
    return text;
}

// A place in a text, moved on by what is taken from there.
struct Cursor {
    std::string_view rest;

    bool take(char c) {
        if (rest.empty() || rest.front() != c) return false;
        rest.remove_prefix(1);
        return true;
    }
    void skip_spaces() {
        while (!rest.empty() && is_space(rest.front())) rest.remove_prefix(1);
    }
    template <typename Is>
    std::string_view take_while(Is is) {
        std::size_t length = 0;
        while (length < rest.size() && is(rest[length])) ++length;
        const std::string_view taken = rest.substr(0, length);
        rest.remove_prefix(length);
        return taken;
    }
};

}  // namespace veridial
