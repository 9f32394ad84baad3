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
// What no NAT shows either.
const Networks kNobodys{Network("0.0.0.0/8"),   Network("127.0.0.0/8"), Network("224.0.0.0/3"),
                        Network("::/127"),      Network("ff00::/8"),    Network("::ffff:0:0/96")};

bool any_holds(const Networks& networks, const IpAddress& address) {
    return std::any_of(networks.begin(), networks.end(),
                       [&](const Network& each) { return each.holds(address); });
}

bool is_unspecified(const IpAddress& address) {
    return std::all_of(address.bytes.begin(), address.bytes.end(),
                       [](unsigned char byte) { return byte == 0; });
}

// Nothing where it is no RTP (RFC 3550 5.1), or RTCP at RTP's port (RFC 5761 4).
std::optional<std::uint32_t> ssrc_of(const unsigned char* packet, std::size_t size) {
    constexpr std::size_t kHeader = 12;
    if (size < kHeader || packet[0] >> 6 != 2) return std::nullopt;
    const int type = packet[1] & 0x7F;
    if (type >= 64 && type <= 95) return std::nullopt;
    std::uint32_t ssrc = 0;
    for (std::size_t at = 8; at < kHeader; ++at) ssrc = ssrc << 8 | packet[at];
    return ssrc;
}

}  // namespace

bool Rule::leads_to(const IpAddress& address) const {
    return held_to.empty() || any_holds(held_to, address);
}

bool Filter::attach(const Place& rtp, const Place& rtcp) {
    detach();
    // No address is how RFC 2543 held a call: nothing is sent there.
    const auto allowed = [this](const Place& place) {
        return is_unspecified(place.address) || rule_.leads_to(place.address);
    };
    if (!allowed(rtp) || !allowed(rtcp)) return false;
    attached_ = true;
    signalled_ = rtp;
    signalled_rtcp_ = rtcp;
    return true;
}

void Filter::detach() {
    attached_ = false;
    heard_.reset();
    heard_rtcp_.reset();
    row_ = {};
}

bool Filter::may_stand_in(const IpAddress& address) const {
    if (!rule_.leads_to(address)) return false;
    if (address == signalled_.address || any_holds(rule_.media_from, address)) return true;
    return any_holds(kPrivate, signalled_.address) && !any_holds(kPrivate, address) &&
           !any_holds(kNobodys, address);
}

Filter::Verdict Filter::rtp(const Place& from, const unsigned char* packet, std::size_t size,
                            Instant now) {
    if (heard_) return from == *heard_ ? Verdict{true, 0} : Verdict{false, 1};
    if (!attached_) return {false, 1};
    if (from == signalled_) {
        heard_ = from;
        return {true, row_.length};
    }
    if (!may_stand_in(from.address)) return {false, 1};
    const std::optional<std::uint32_t> ssrc = ssrc_of(packet, size);
    if (!ssrc) return {false, 1};
    unsigned ended = 0;
    if (row_.from != from || row_.ssrc != *ssrc) {
        ended = row_.length;
        row_ = {from, *ssrc, now, 0};
    }
    if (++row_.length < kRow || now - row_.since < kLasts) return {false, ended};
    heard_ = from;
    heard_rtcp_.reset();
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
