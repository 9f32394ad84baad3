// What trunks ask of an INVITE that opens a call: digest authentication (RFC 3261 22, RFC 8760).
#pragma once

#include <array>
#include <string>
#include <utility>
#include <vector>

#include <pjsip.h>

#include "digest.hpp"
#include "nonces.hpp"
#include "sources.hpp"

namespace veridial::admission {

enum class Authenticated {
    Yes,
    NotYet,    // nothing was said
    Stale,     // what was said is right, and its nonce too old or not of this process
    Replayed,  // what was said is right, and was said before
    No,
};

class Demands {
public:
    // Nobody asks for anything. Raises std::runtime_error.
    void begin(std::string realm);
    // `algorithms` by preference. Raises std::invalid_argument.
    void add(std::size_t trunk, std::string username, const std::string& password,
             const std::vector<std::string>& algorithms);

    // Takes from `near` the trunks that ask for what the request does not prove. Where one of them
    // asks, whoever calls from there is asked: nobody says of themselves without being asked.
    Authenticated judge(const pjsip_rx_data& data, Trunks& near, Clock::time_point now);
    // WWW-Authenticate of a 401, the preferred one first.
    std::vector<std::string> challenges(const Trunks& near, Authenticated said,
                                        Clock::time_point now);

private:
    struct Demand {
        std::size_t trunk;
        std::string username;
        std::vector<Algorithm> algorithms;
        std::array<std::string, static_cast<std::size_t>(Algorithm::Count)> password_hash;
    };

    Trunks matching(const Credentials& said, std::string_view method, const Trunks& near) const;

    std::string realm_;
    Trunks asking_;
    std::vector<Demand> demands_;
    Nonces nonces_;
};

}  // namespace veridial::admission
