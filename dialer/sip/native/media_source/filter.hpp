// Which of those who send to a call's RTP and RTCP ports is heard. Knows no PJSIP, allocates nothing
// once it is made, and has no lock: its owner's.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "../network.hpp"

namespace veridial::media_source {

struct Place {
    IpAddress address;
    std::uint16_t port = 0;

    bool operator==(const Place& other) const {
        return port == other.port && address == other.address;
    }
    bool operator!=(const Place& other) const { return !(*this == other); }
};

// What a trunk allows.
struct Rule {
    std::vector<Network> media_from;  // where media may come from, whatever is signalled
    std::vector<Network> held_to;     // a lab's: nothing comes from elsewhere, or goes there

    bool leads_to(const IpAddress& address) const;
};

using Instant = std::chrono::milliseconds;  // since any fixed point

class Filter {
public:
    // So many packets in a row, of one source and one SSRC, has to send who was not signalled; as
    // many as PJSIP itself wants of a source that takes another's place.
    static constexpr unsigned kRow = 10;
    // And for as long as they take at 20 ms each: what was waiting in the socket when the call was
    // answered, and what comes in a flood, must not be faster than a phone's first packet.
    static constexpr Instant kLasts{180};

    struct Verdict {
        bool passes;
        unsigned strays;  // packets that turn out to be strays: this one, or the row it ended
    };

    explicit Filter(Rule rule) : rule_(std::move(rule)) {}

    // Whom the signalling names; from now on this one, or one who may stand for it, is heard alone.
    // False where media must not go there: then nobody is heard.
    bool attach(const Place& rtp, const Place& rtcp);
    void detach();

    // Whether somebody is heard: then the time of a packet is no matter.
    bool is_settled() const { return heard_.has_value(); }
    // A packet at the RTP port.
    Verdict rtp(const Place& from, const unsigned char* packet, std::size_t size, Instant now);
    // Whether a packet at the RTCP port is heard: of the address that is, or may yet be, heard.
    bool rtcp(const Place& from);
    // Where RTCP of ours goes; no address while there is nobody.
    Place rtcp_to() const;

private:
    struct Row {
        Place from;
        std::uint32_t ssrc = 0;
        Instant since{};
        unsigned length = 0;
    };

    bool may_stand_in(const IpAddress& address) const;
    bool moved() const { return heard_ && *heard_ != signalled_; }

    Rule rule_;
    bool attached_ = false;
    Place signalled_;
    Place signalled_rtcp_;
    std::optional<Place> heard_;
    std::optional<Place> heard_rtcp_;
    Row row_;
};

}  // namespace veridial::media_source
