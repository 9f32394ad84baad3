// A far side that answers with replies of which nothing can be relied on. It talks to PJSUA over
// loopback, in one process and one thread:
//   replies register|options|invite|bye|reinvite COUNT SEED
// It prints how many mutated replies were sent, and how many PJSIP saw that could not be read. What
// kills it is in the last packet, which is written to stderr where a sanitizer stops it.
#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <random>
#include <string>
#include <vector>

#include <pjsua-lib/pjsua.h>

#include "unread.hpp"

namespace {

std::mt19937 lot;
int peer = -1;
int peer_port = 0;
sockaddr_in ours{};
pjsua_acc_id account = PJSUA_INVALID_ID;
std::string last_sent;
std::size_t unread_seen = 0;

std::size_t below(std::size_t most) { return most == 0 ? 0 : lot() % most; }
bool one_in(std::size_t n) { return below(n) == 0; }

void check(pj_status_t status, const char* what) {
    if (status == PJ_SUCCESS) return;
    std::fprintf(stderr, "%s: status %d\n", what, status);
    std::exit(2);
}

extern "C" void __asan_set_death_callback(void (*callback)()) __attribute__((weak));

void last_words() {
    std::fprintf(stderr, "---- the last packet ----\n");
    std::fwrite(last_sent.data(), 1, last_sent.size(), stderr);
    std::fprintf(stderr, "\n---- its end ----\n");
}

// ---- what comes and goes ----

std::string header(const std::string& message, const std::string& name) {
    const std::size_t at = message.find("\r\n" + name + ": ");
    if (at == std::string::npos) return {};
    const std::size_t from = at + 4 + name.size();
    return message.substr(from, message.find("\r\n", from) - from);
}

std::string method(const std::string& message) { return message.substr(0, message.find(' ')); }

std::string sdp() {
    return "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
           "m=audio 4000 RTP/AVP 8 0 101\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:0 PCMU/8000\r\n"
           "a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\na=ptime:20\r\na=rtcp:4001\r\n"
           "a=sendrecv\r\n";
}

std::string reply(const std::string& request, int code) {
    const std::string what = method(request);
    const std::string here = "sip:callee@127.0.0.1:" + std::to_string(peer_port);
    std::string to = header(request, "To");
    if (to.find("tag=") == std::string::npos) to += ";tag=far";
    std::string out = "SIP/2.0 " + std::to_string(code) + " Said\r\nVia: " + header(request, "Via") +
                      "\r\nFrom: " + header(request, "From") + "\r\nTo: " + to +
                      "\r\nCall-ID: " + header(request, "Call-ID") +
                      "\r\nCSeq: " + header(request, "CSeq") + "\r\n";
    std::string body;
    if (what == "REGISTER") {
        out += "Contact: " + header(request, "Contact") + ";expires=60\r\nExpires: 60\r\n"
               "Service-Route: <sip:a@b;lr>\r\nPath: <sip:a@b>\r\nMin-Expires: 60\r\n"
               "Flow-Timer: 30\r\nRequire: outbound\r\nSupported: path, outbound, gruu\r\n";
    } else {
        out += "Contact: <" + here + ">;q=0.5\r\n";
    }
    out += "Allow: INVITE, ACK, BYE, CANCEL, UPDATE, INFO, PRACK\r\nSupported: timer, 100rel\r\n"
           "Server: x/1.0\r\nReason: Q.850;cause=17;text=\"busy\"\r\nRetry-After: 5\r\n"
           "Warning: 399 x \"y\"\r\nSession-Expires: 1800;refresher=uas\r\nMin-SE: 90\r\n"
           "Record-Route: <" + here + ";lr>\r\n";
    if (code == 401 || code == 407) {
        out += std::string(code == 401 ? "WWW" : "Proxy") +
               "-Authenticate: Digest realm=\"r\", nonce=\"n\", qop=\"auth,auth-int\", "
               "algorithm=MD5, opaque=\"o\", stale=FALSE\r\n";
    }
    if (code > 100 && code < 200) out += "RSeq: 7\r\nRequire: 100rel\r\n";
    if (what == "INVITE" && code > 100 && code < 300) {
        body = sdp();
        if (one_in(6)) {
            body = "--b\r\nContent-Type: application/sdp\r\n\r\n" + body + "\r\n--b\r\nContent-ID: <a>\r\n"
                   "Content-Type: text/plain\r\n\r\nx\r\n--b--\r\n";
            out += "Content-Type: multipart/mixed;boundary=b\r\n";
        } else {
            out += "Content-Type: application/sdp\r\n";
        }
    }
    return out + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

void send(const std::string& packet) {
    last_sent = packet;
    sendto(peer, packet.data(), packet.size(), 0, reinterpret_cast<sockaddr*>(&ours), sizeof ours);
}

void turn() {
    for (int n = 0; n < 3; ++n) pjsua_handle_events(0);
    unread_seen += veridial::unread::notes().size();
}

// Every request that waits is read; BYE, CANCEL, PRACK and UPDATE get 200 unless they are `wanted`.
std::string requests(const std::string& wanted) {
    std::string found;
    char room[65536];
    for (;;) {
        const ssize_t got = recv(peer, room, sizeof room, MSG_DONTWAIT);
        if (got <= 0) return found;
        const std::string message(room, static_cast<std::size_t>(got));
        const std::string what = method(message);
        if (what == wanted) {
            found = message;
        } else if (what != "ACK" && what != "SIP/2.0") {
            send(reply(message, what == "INVITE" ? 488 : 200));
            turn();
        }
    }
}

// ---- mutations ----

const std::vector<std::string>& nasty() {
    static const std::vector<std::string> words = {
        "*", "", "None", "<>", "<sip:>", "sip:", "<sip:@>", "tel:", "\"", "\"\\", ";;;", ",,,", "<<", "[::", "%",
        "%00", "4294967296", "-1", "99999999999999999999", "0", "never", "\r\n ", "\r\n\r\n", "\t", "=", ";=", ";tag",
        ";expires=*", ";q=", ";lr;lr", "IN IP6 ::1", "IN IP4 0", "IN IP4 a.b", "RTP/SAVP", "m=audio 0 RTP/AVP",
        "m=audio 1/65535 RTP/AVP 8", "m=video 4 RTP/AVP 8", "a=rtpmap:8", "a=fmtp:", "a=crypto:1", "a=rtcp:0",
        "a=ice-ufrag:x", "a=candidate:1 1 UDP 1 a 1 typ host", "a=rtcp-mux", "Basic realm=\"x\"",
        "Digest", "Digest nonce", "multipart/mixed", "multipart/mixed;boundary=", "message/sipfrag",
        "SIP/2.0/UDP", "SIP/2.0", "0 INVITE", "1 1", std::string(1, '\0'), std::string(300, 'a'),
        std::string(3000, ';'), "<sip:a@b?Replaces=x>", "<sips:a@b:0;transport=tls>", "<sip:a@[::1]:99999>"};
    return words;
}

std::string mutated(std::string text) {
    for (std::size_t n = 1 + below(3); n > 0; --n) {
        std::vector<std::size_t> lines{0};
        for (std::size_t at = 0; (at = text.find("\r\n", at)) != std::string::npos; at += 2) {
            lines.push_back(at + 2);
        }
        // The first Via and CSeq say whose reply it is: most of the time they stay.
        std::size_t from = 0, end = 0;
        for (int tries = 0; tries < 4; ++tries) {
            const std::size_t line = below(lines.size());
            from = lines[line];
            end = line + 1 < lines.size() ? lines[line + 1] : text.size();
            const std::string name = text.substr(from, 4);
            if ((name != "Via:" && name != "CSeq" && from != 0) || one_in(10)) break;
        }
        const std::size_t at = from + below(end - from);
        const std::string& word = nasty()[below(nasty().size())];
        switch (below(9)) {
            case 0: if (at < text.size()) text[at] = static_cast<char>(lot()); break;
            case 1: text.insert(at, 1, static_cast<char>(lot())); break;
            case 2: text.erase(at, 1 + below(6)); break;
            case 3: text.insert(at, word); break;
            case 4: {
                const std::size_t colon = text.find_first_of(":=", from);
                if (colon < end) text.replace(colon + 1, end > colon + 3 ? end - colon - 3 : 0, word);
                break;
            }
            case 5: text.insert(from, text.substr(from, end - from)); break;
            case 6: text.erase(from, end - from); break;
            case 7: text.insert(from, text.substr(lines[below(lines.size())], 1 + below(80))); break;
            default: if (one_in(8)) text.resize(at); else text.insert(at, "\r\n");
        }
    }
    return text;
}

int any_code(const std::string& kind) {
    static const std::vector<int> of_all = {200, 200, 200, 401, 407, 403, 408, 481, 491, 500, 503, 603};
    static const std::vector<int> of_invite = {180, 183, 183, 200, 200, 200, 200, 302, 401, 407, 422, 486, 488, 491};
    static const std::vector<int> of_register = {200, 200, 200, 200, 401, 407, 423, 302, 503};
    const auto& codes = kind == "invite" || kind == "reinvite" ? of_invite
                        : kind == "register"                   ? of_register
                                                               : of_all;
    return codes[below(codes.size())];
}

// ---- what asks ----

pj_str_t str(std::string& text) { return pj_str(text.data()); }

pjsua_call_id call() {
    std::string uri = "<sip:+8613912345678@127.0.0.1:" + std::to_string(peer_port) + ">";
    const pj_str_t callee = str(uri);
    pjsua_call_id id = PJSUA_INVALID_ID;
    return pjsua_call_make_call(account, &callee, nullptr, nullptr, nullptr, &id) == PJ_SUCCESS
               ? id : PJSUA_INVALID_ID;
}

void options() {
    std::string uri = "sip:127.0.0.1:" + std::to_string(peer_port);
    const pj_str_t target = str(uri);
    std::string own = "sip:us@127.0.0.1";
    const pj_str_t from = str(own);
    pjsip_tx_data* data = nullptr;
    const pj_status_t made =
        pjsip_endpt_create_request(pjsua_get_pjsip_endpt(), pjsip_get_options_method(), &target,
                                   &from, &target, nullptr, nullptr, -1, nullptr, &data);
    if (made == PJ_SUCCESS) {
        pjsip_endpt_send_request(pjsua_get_pjsip_endpt(), data, -1, nullptr, nullptr);
    }
}

// A call that is answered, or -1.
pjsua_call_id answered() {
    const pjsua_call_id id = call();
    if (id == PJSUA_INVALID_ID) return id;
    turn();
    const std::string invite = requests("INVITE");
    if (invite.empty()) return PJSUA_INVALID_ID;
    std::string good = reply(invite, 200);
    while (good.find("multipart") != std::string::npos) good = reply(invite, 200);
    send(good);
    turn();
    requests("");
    return id;
}

void clear() {
    for (int n = 0; n < 40 && pjsua_call_get_count() != 0; ++n) {
        pjsua_call_hangup_all();
        turn();
        requests("");
        turn();
    }
}

// Begins what `kind` asks; the request, empty where none left.
std::string begin(const std::string& kind) {
    requests("");
    if (kind == "register") {
        pjsua_acc_set_registration(account, PJ_TRUE);
        turn();
        return requests("REGISTER");
    }
    if (kind == "options") {
        options();
        turn();
        return requests("OPTIONS");
    }
    if (pjsua_call_get_count() > 30) clear();
    if (kind == "invite") {
        call();
        turn();
        return requests("INVITE");
    }
    const pjsua_call_id id = answered();
    if (id == PJSUA_INVALID_ID) return {};
    if (kind == "bye") {
        pjsua_call_hangup(id, 0, nullptr, nullptr);
        turn();
        return requests("BYE");
    }
    pjsua_call_reinvite(id, PJSUA_CALL_UNHOLD, nullptr);
    turn();
    return requests("INVITE");
}

void set_up() {
    check(pjsua_create(), "create");
    pjsua_config config;
    pjsua_config_default(&config);
    config.thread_cnt = 0;
    config.max_calls = 200;
    pjsua_logging_config logging;
    pjsua_logging_config_default(&logging);
    logging.level = logging.console_level = 0;
    pjsua_media_config media;
    pjsua_media_config_default(&media);
    media.clock_rate = 8000;
    media.snd_clock_rate = 8000;
    media.no_vad = PJ_TRUE;
    media.ec_tail_len = 0;
    check(pjsua_init(&config, &logging, &media), "init");
    // What is over is forgotten at once, so that hundreds of thousands fit in.
    pjsip_cfg()->tsx.t2 = 200;
    pjsip_cfg()->tsx.t4 = 50;
    pjsip_cfg()->tsx.td = 50;
    pjsip_cfg()->tsx.t1 = 50;
    pjsua_transport_config transport;
    pjsua_transport_config_default(&transport);
    std::string loopback = "127.0.0.1";
    transport.bound_addr = str(loopback);
    pjsua_transport_id id;
    check(pjsua_transport_create(PJSIP_TRANSPORT_UDP, &transport, &id), "transport");
    pjsua_transport_info info;
    check(pjsua_transport_get_info(id, &info), "transport info");
    ours.sin_family = AF_INET;
    ours.sin_port = htons(static_cast<std::uint16_t>(info.local_name.port));
    inet_pton(AF_INET, "127.0.0.1", &ours.sin_addr);
    check(pjsua_start(), "start");
    check(pjsua_set_null_snd_dev(), "null device");
    if (!veridial::unread::install(pjsua_get_pjsip_endpt())) std::exit(2);

    peer = socket(AF_INET, SOCK_DGRAM, 0);
    sockaddr_in here = ours;
    here.sin_port = 0;
    const int room = 4 << 20;
    setsockopt(peer, SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
    if (bind(peer, reinterpret_cast<sockaddr*>(&here), sizeof here) != 0) std::exit(2);
    socklen_t length = sizeof here;
    getsockname(peer, reinterpret_cast<sockaddr*>(&here), &length);
    peer_port = ntohs(here.sin_port);

    pjsua_acc_config acc;
    pjsua_acc_config_default(&acc);
    std::string own = "<sip:us@127.0.0.1>", registrar = "sip:127.0.0.1:" + std::to_string(peer_port);
    acc.id = str(own);
    acc.reg_uri = str(registrar);
    acc.register_on_acc_add = PJ_FALSE;
    acc.reg_retry_interval = 0;
    acc.allow_contact_rewrite = 0;
    acc.lock_codec = 0;
    acc.use_timer = PJSUA_SIP_TIMER_OPTIONAL;
    acc.cred_count = 1;
    std::string star = "*", digest = "digest", user = "us", secret = "x";
    acc.cred_info[0].realm = str(star);
    acc.cred_info[0].scheme = str(digest);
    acc.cred_info[0].username = str(user);
    acc.cred_info[0].data = str(secret);
    check(pjsua_acc_add(&acc, PJ_TRUE, &account), "account");
}

}  // namespace

int main(int count, char** words) {
    if (count != 4) return 2;
    const std::string kind = words[1];
    const std::size_t wanted = std::strtoull(words[2], nullptr, 10);
    lot.seed(static_cast<std::mt19937::result_type>(std::strtoul(words[3], nullptr, 10)));
    if (__asan_set_death_callback != nullptr) __asan_set_death_callback(&last_words);
    set_up();
    std::size_t sent = 0, idle = 0;
    while (sent < wanted && idle < 200) {
        const std::string request = begin(kind);
        if (request.empty()) {
            ++idle;
            clear();
            usleep(20'000);
            turn();
            continue;
        }
        idle = 0;
        for (std::size_t n = 1 + below(12); n > 0 && sent < wanted; --n, ++sent) {
            send(mutated(reply(request, any_code(kind))));
            turn();
        }
        const std::string what = method(request);
        send(reply(request, what == "INVITE" ? 486 : 200));
        turn();
        requests("");
    }
    std::printf("{\"sent\": %zu, \"unread\": %zu}\n", sent, unread_seen);
    std::fflush(stdout);
    _exit(sent == wanted ? 0 : 3);
}
