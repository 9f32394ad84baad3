// What a message of a trunk may ask of us, once it is parsed.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <pjsip.h>

namespace veridial::admission {

inline std::string_view view(const pj_str_t& text) {
    return {text.ptr, text.slen > 0 ? static_cast<std::size_t>(text.slen) : 0};
}

// The methods that are served; those of the second list within a dialog only.
constexpr std::string_view kServed[] = {"INVITE", "ACK",    "CANCEL", "BYE",
                                        "OPTIONS", "UPDATE", "PRACK",  "INFO"};
constexpr std::string_view kServedWithin[] = {"REFER", "NOTIFY"};

bool is_served(const pjsip_rx_data& data);
bool opens_a_call(const pjsip_rx_data& data);
// Whether it repeats one that PJSIP has at hand (RFC 3261 17.2.3), and answers by itself.
bool is_repeated(const pjsip_rx_data& data);
// Whether Via, Contact, Record-Route, Route or the Request-URI lead elsewhere by maddr (RFC 3261
// 18.2.2, 19.1.1). It is taken out of all of them: nobody goes there, not even with our no.
bool strip_maddr(const pjsip_rx_data& data);

// Replies without a transaction (RFC 3261 8.2.7), to where the request came from; never to ACK.
// `challenges` are values of WWW-Authenticate.
void reply(pjsip_rx_data* data, int code, const std::vector<std::string>& challenges = {});

// Has Allow, Accept and Allow-Events, wherever we write them, name what is served and no more.
void say_what_is_served(pjsip_endpoint* endpoint);

}  // namespace veridial::admission
