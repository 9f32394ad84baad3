// What an Identity header attests, read by what our own side writes and nothing else.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace veridial {

struct Attested {
    std::string caller;  // digits, as RFC 8224 8.3 has them
    std::string callee;
};

// `value` of an Identity header, in full form (RFC 8224 4): a `shaken` PASSporT of attestation A,
// for one callee, in the canonical text of RFC 8225 9, signed by ES256. Nothing for any other
// text. The signature is not verified: whoever has the key can sign any claim, so the claim is
// what is looked at.
std::optional<Attested> attested(std::string_view value);

}  // namespace veridial
