// Why a request was kept off the wire. The names are metric labels and words of log lines.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

namespace veridial {

enum class Cause {
    None,
    From,
    PAssertedIdentity,
    PPreferredIdentity,
    RemotePartyId,
    Diversion,
    Contact,
    ReferredBy,
    ReferTo,
    Privacy,
    Identity,     // not our own word that this number is ours (RFC 8224)
    Header,       // one that the guard does not know, so it may claim anything
    Body,         // not SDP: ISUP, for one, has a calling number of its own
    Malformed,    // not a message that all receivers would read alike
    NoNumber,     // an INVITE that says nothing of who calls: an anonymous call
    Destination,  // nobody may be shown there
    Lab,          // a lab's trunk, led out of the lab
    RequestUri,   // dials what is no number as the trunk writes it
};

constexpr std::array<std::string_view, 18> kCauseNames{
    "",           "from",        "p_asserted_identity", "p_preferred_identity",
    "remote_party_id", "diversion", "contact",        "referred_by",
    "refer_to",   "privacy",     "identity",            "header",
    "body",       "malformed",   "no_number",           "destination",
    "lab",        "request_uri"};
static_assert(kCauseNames.size() == static_cast<std::size_t>(Cause::RequestUri) + 1);

constexpr std::string_view name_of(Cause cause) {
    return kCauseNames[static_cast<std::size_t>(cause)];
}

}  // namespace veridial
