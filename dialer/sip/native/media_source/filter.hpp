// Which of those who send to a call's RTP and RTCP ports is heard. Knows no PJSIP, allocates nothing
// once it is made, and has no lock: its owner's.
#pragma once

#include <array>
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
    std::vector<IpAddress> peers;     // where the trunk's signalling is
    // This machine's addresses. What names one of them as the peer's would have us talk to ourselves,
    // unless the trunk's signalling is on this machine.
    std::vector<IpAddress> ours;
    std::vector<IpAddress> broadcasts;  // of the networks that this machine is in

    // Whether sound may go there.
    bool leads_to(const IpAddress& address) const;
    bool is_ours(const IpAddress& address) const;
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
    // So many who may stand in are watched at once.
    static constexpr std::size_t kSources = 4;
    // How far a source that has changed its port may have gone on meanwhile: what is silent for
    // longer is lost anyway (20 s of frames).
    static constexpr std::uint16_t kAhead = 1000;
    // And how many packets of it may be lost in a row while it is watched.
    static constexpr std::uint16_t kGap = 50;

    struct Verdict {
        bool passes;
        unsigned strays;  // packets that turn out to be strays: this one, or the row it ended
    };

    explicit Filter(Rule rule) : rule_(std::move(rule)) {}

    // Whom the signalling names; from now on this one, or one who may stand for it, is heard alone.
    // False where media must not go there: then nobody is heard.
    bool attach(const Place& rtp, const Place& rtcp);
    void detach();

    // A packet at the RTP port.
    Verdict rtp(const Place& from, const unsigned char* packet, std::size_t size, Instant now);
    // Whether a packet at the RTCP port is heard: of the address that is, or may yet be, heard.
    bool rtcp(const Place& from);
    // Where RTCP of ours goes; no address while there is nobody.
    Place rtcp_to() const;

private:
    struct Header {
        std::uint32_t ssrc = 0;
        std::uint16_t sequence = 0;

        // Whether this one comes no more than `most` packets after `other`, of the same stream.
        bool follows(const Header& other, std::uint16_t most) const;
    };
    struct Row {
        Place from;
        Header last;
        Instant since{};
        Instant until{};
        unsigned length = 0;
    };

    static std::optional<Header> header_of(const unsigned char* packet, std::size_t size);
    bool may_go_to(const IpAddress& address) const;
    bool may_stand_in(const IpAddress& address) const;
    Row* row_of(const Place& from, Instant now, unsigned& ended);
    unsigned end_rows();
    bool moved() const { return heard_ && *heard_ != signalled_; }

    Rule rule_;
    bool attached_ = false;
    Place signalled_;
    Place signalled_rtcp_;
    std::optional<Place> heard_;
    std::optional<Place> heard_rtcp_;
    std::optional<Header> last_;  // of the one that is heard
    std::array<Row, kSources> rows_{};
};

}  // namespace veridial::media_source
