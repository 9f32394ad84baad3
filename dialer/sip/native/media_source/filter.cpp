#include "filter.hpp"

#include <algorithm>

namespace veridial::media_source {

namespace {

using Networks = std::vector<Network>;

// RFC 1918, 6598, 3927, 4193, 4291 2.5.6: addresses that a peer behind a NAT may take for its own.
const Networks kPrivate{Network("10.0.0.0/8"),     Network("172.16.0.0/12"),
                        Network("192.168.0.0/16"), Network("100.64.0.0/10"),
                        Network("169.254.0.0/16"), Network("fc00::/7"),
                        Network("fe80::/10")};
// What is no single peer's: this network, multicast (RFC 1112, 4291 2.7), what is reserved with the
// broadcast at its end (RFC 919), and IPv4 in the dress of IPv6, which no other rule would know.
const Networks kNobodys{Network("0.0.0.0/8"), Network("224.0.0.0/3"), Network("ff00::/8"),
                        Network("::ffff:0:0/96")};
const Networks kLoopback{Network("127.0.0.0/8"), Network("::1/128")};

bool any_holds(const Networks& networks, const IpAddress& address) {
    return std::any_of(networks.begin(), networks.end(),
                       [&](const Network& each) { return each.holds(address); });
}

bool is_unspecified(const IpAddress& address) {
    return std::all_of(address.bytes.begin(), address.bytes.end(),
                       [](unsigned char byte) { return byte == 0; });
}

bool is_among(const std::vector<IpAddress>& addresses, const IpAddress& address) {
    return std::find(addresses.begin(), addresses.end(), address) != addresses.end();
}

}  // namespace

bool Rule::is_ours(const IpAddress& address) const {
    return any_holds(kLoopback, address) || is_among(ours, address);
}

bool Rule::leads_to(const IpAddress& address) const {
    if (any_holds(kNobodys, address) || is_among(broadcasts, address)) return false;
    const bool beside_us = std::any_of(peers.begin(), peers.end(),
                                       [this](const IpAddress& peer) { return is_ours(peer); });
    if (is_ours(address) && !beside_us) return false;
    return held_to.empty() || any_holds(held_to, address);
}

bool Filter::Header::follows(const Header& other, std::uint16_t most) const {
    const auto ahead = static_cast<std::uint16_t>(sequence - other.sequence);
    return ssrc == other.ssrc && ahead >= 1 && ahead <= most;
}

// Nothing where it is no RTP (RFC 3550 5.1), or RTCP at RTP's port (RFC 5761 4).
std::optional<Filter::Header> Filter::header_of(const unsigned char* packet, std::size_t size) {
    constexpr std::size_t kHeader = 12;
    if (size < kHeader || packet[0] >> 6 != 2) return std::nullopt;
    const int type = packet[1] & 0x7F;
    if (type >= 64 && type <= 95) return std::nullopt;
    Header header;
    header.sequence = static_cast<std::uint16_t>(packet[2] << 8 | packet[3]);
    for (std::size_t at = 8; at < kHeader; ++at) header.ssrc = header.ssrc << 8 | packet[at];
    return header;
}

bool Filter::may_go_to(const IpAddress& address) const {
    // No address is how RFC 2543 held a call: nothing is sent there.
    return is_unspecified(address) || rule_.leads_to(address);
}

bool Filter::attach(const Place& rtp, const Place& rtcp) {
    detach();
    if (!may_go_to(rtp.address) || !may_go_to(rtcp.address)) return false;
    attached_ = true;
    signalled_ = rtp;
    signalled_rtcp_ = rtcp;
    return true;
}

void Filter::detach() {
    attached_ = false;
    heard_.reset();
    heard_rtcp_.reset();
    last_.reset();
    rows_ = {};
}

bool Filter::may_stand_in(const IpAddress& address) const {
    if (!rule_.leads_to(address)) return false;
    if (address == signalled_.address || any_holds(rule_.media_from, address)) return true;
    // A peer that shows an address from behind its NAT is where its signalling is.
    return any_holds(kPrivate, signalled_.address) && is_among(rule_.peers, address);
}

Filter::Row* Filter::row_of(const Place& from, Instant now, unsigned& ended) {
    Row* spare = nullptr;
    for (Row& each : rows_) {
        if (each.length != 0 && each.from == from) return &each;
        if (spare == nullptr && (each.length == 0 || now - each.until >= kLasts)) spare = &each;
    }
    if (spare != nullptr) {
        ended = spare->length;
        *spare = {};
    }
    return spare;
}

unsigned Filter::end_rows() {
    unsigned ended = 0;
    for (Row& each : rows_) {
        ended += each.length;
        each.length = 0;
    }
    return ended;
}

Filter::Verdict Filter::rtp(const Place& from, const unsigned char* packet, std::size_t size,
                            Instant now) {
    if (!attached_) return {false, 1};
    const std::optional<Header> header = header_of(packet, size);
    if (from == (heard_ ? *heard_ : signalled_)) {
        // Who goes on at one port has not moved to another.
        const unsigned ended = header || !heard_ ? end_rows() : 0;
        heard_ = from;
        if (header) last_ = header;
        return {true, ended};
    }
    if (!header) return {false, 1};
    if (heard_ ? from.address != heard_->address : !may_stand_in(from.address)) return {false, 1};
    unsigned ended = 0;
    Row* row = row_of(from, now, ended);
    if (row == nullptr) return {false, 1};
    const bool begins = row->length == 0;
    if (heard_) {
        // The same stream has to go on from where it was left.
        const Header* before = begins ? (last_ ? &*last_ : nullptr) : &row->last;
        if (before == nullptr || !header->follows(*before, begins ? kAhead : kGap)) {
            return {false, ended + 1};
        }
    } else if (!begins && row->last.ssrc != header->ssrc) {
        ended += row->length;
        row->length = 0;
    }
    if (row->length == 0) *row = {from, *header, now, now, 0};
    row->last = *header;
    row->until = now;
    if (++row->length < kRow || now - row->since < kLasts) return {false, ended};
    row->length = 0;
    ended += end_rows();
    heard_ = from;
    heard_rtcp_.reset();
    last_ = header;
    return {true, ended};
}

bool Filter::rtcp(const Place& from) {
    if (!attached_) return false;
    if (!moved() && from == signalled_rtcp_) {
        heard_rtcp_ = from;
        return true;
    }
    if (from.address != (heard_ ? heard_->address : signalled_.address)) return false;
    if (!heard_rtcp_) heard_rtcp_ = from;
    return true;
}

Place Filter::rtcp_to() const {
    if (!attached_) return {};
    if (heard_rtcp_) return *heard_rtcp_;
    if (!moved()) return signalled_rtcp_;
    const bool together = signalled_rtcp_ == signalled_;
    return {heard_->address, static_cast<std::uint16_t>(heard_->port + (together ? 0 : 1))};
}

}  // namespace veridial::media_source
