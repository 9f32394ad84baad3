// The voices of many callees, as a process of its own: RTP to every call, RTP from every call.
//
//     rtp_load PORT SOCKETS FILE KINDS
//
// Binds UDP ports PORT, PORT + 2... Whoever sends a packet to one of them is a call, and gets PCMU
// back every 20 ms, spread evenly over the 20 ms, until standard input is closed; then prints one
// JSON line about itself. FILE holds KINDS loops of equal length, one after the other, which the
// calls get in turn.
//
// It never sleeps on a socket. A peer that does is woken by each packet it gets, and the kernel
// charges that to the sender: as much as half of what sending costs.

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <unordered_set>
#include <vector>

namespace {

constexpr int kFrame = 160;
constexpr int kPacket = 12 + kFrame;
constexpr int kSlots = 20;
constexpr long kSlotNs = 1'000'000;
constexpr long kLateNs = 10'000'000;
constexpr int kBatch = 64;

struct Callee {
    int socket;
    sockaddr_in address;
    const char* loop;
    std::uint32_t turn;
    std::array<unsigned char, kPacket> packet;
};

struct Load {
    std::vector<int> sockets;
    std::vector<char> sound;
    std::size_t frames = 0;  // of one loop
    int kinds = 0;
    std::unordered_set<std::uint64_t> known;
    std::array<std::vector<Callee>, kSlots> slots;
    std::uint64_t sent = 0, late = 0, heard = 0;

    void speak(std::vector<Callee>& slot) {
        for (Callee& callee : slot) {
            const std::uint32_t turn = ++callee.turn;
            const std::uint16_t sequence = htons(static_cast<std::uint16_t>(turn));
            const std::uint32_t timestamp = htonl(turn * kFrame);
            std::memcpy(&callee.packet[2], &sequence, 2);
            std::memcpy(&callee.packet[4], &timestamp, 4);
            std::memcpy(&callee.packet[12], callee.loop + (turn % frames) * kFrame, kFrame);
            // An error means that the call is over; nobody is owed this packet any more.
            if (sendto(callee.socket, callee.packet.data(), kPacket, 0,
                       reinterpret_cast<const sockaddr*>(&callee.address),
                       sizeof callee.address) == kPacket) {
                ++sent;
            }
        }
    }

    void listen(int socket) {
        std::array<std::array<char, 256>, kBatch> data;
        std::array<sockaddr_in, kBatch> from;
        std::array<iovec, kBatch> vectors;
        std::array<mmsghdr, kBatch> messages;
        for (;;) {
            for (int i = 0; i < kBatch; ++i) {
                vectors[i] = {data[i].data(), data[i].size()};
                messages[i] = {};
                messages[i].msg_hdr.msg_name = &from[i];
                messages[i].msg_hdr.msg_namelen = sizeof from[i];
                messages[i].msg_hdr.msg_iov = &vectors[i];
                messages[i].msg_hdr.msg_iovlen = 1;
            }
            const int count = recvmmsg(socket, messages.data(), kBatch, MSG_DONTWAIT, nullptr);
            if (count <= 0) return;
            heard += static_cast<std::uint64_t>(count);
            for (int i = 0; i < count; ++i) meet(socket, from[i]);
            if (count < kBatch) return;
        }
    }

    void meet(int socket, const sockaddr_in& address) {
        const std::uint64_t key = std::uint64_t{address.sin_addr.s_addr} << 16 | address.sin_port;
        if (!known.insert(key).second) return;
        const std::size_t number = known.size() - 1;
        Callee callee{};
        callee.socket = socket;
        callee.address = address;
        callee.loop = sound.data() + (number % kinds) * frames * kFrame;
        // Not all at once: everyone starts elsewhere in the loop.
        callee.turn = static_cast<std::uint32_t>(37 * number);
        callee.packet[0] = 0x80;
        const std::uint32_t source = htonl(static_cast<std::uint32_t>(1000 + number));
        std::memcpy(&callee.packet[8], &source, 4);
        slots[number % kSlots].push_back(callee);
    }
};

long long now_ns() {
    timespec now{};
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1'000'000'000LL + now.tv_nsec;
}

bool told_to_end() {
    pollfd input{STDIN_FILENO, POLLIN | POLLHUP, 0};
    return poll(&input, 1, 0) > 0;
}

}  // namespace

int main(int count, char** arguments) {
    if (count != 5) {
        std::fprintf(stderr, "usage: rtp_load PORT SOCKETS FILE KINDS\n");
        return 2;
    }
    Load load;
    std::ifstream file(arguments[3], std::ios::binary);
    load.sound.assign(std::istreambuf_iterator<char>(file), {});
    load.kinds = std::atoi(arguments[4]);
    load.frames = load.sound.size() / kFrame / static_cast<std::size_t>(load.kinds);
    for (int number = 0; number < std::atoi(arguments[2]); ++number) {
        const int each = socket(AF_INET, SOCK_DGRAM, 0);
        const int room = 1 << 20;
        setsockopt(each, SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        address.sin_port = htons(static_cast<std::uint16_t>(std::atoi(arguments[1]) + 2 * number));
        if (bind(each, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
            std::perror("rtp_load: bind");
            return 1;
        }
        load.sockets.push_back(each);
    }
    // A generator that is not scheduled in time would be what is measured. No matter if refused.
    const sched_param priority{5};
    sched_setscheduler(0, SCHED_RR, &priority);
    std::printf("{\"ready\": true}\n");
    std::fflush(stdout);
    long long due = now_ns();
    for (unsigned number = 0; number % 100 != 0 || !told_to_end(); ++number) {
        due += kSlotNs;
        const timespec at{static_cast<time_t>(due / 1'000'000'000),
                          static_cast<long>(due % 1'000'000'000)};
        clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, nullptr);
        std::vector<Callee>& slot = load.slots[number % kSlots];
        if (now_ns() - due > kLateNs) load.late += slot.size();
        load.speak(slot);
        load.listen(load.sockets[number % load.sockets.size()]);
    }
    std::printf("{\"callees\": %zu, \"sent\": %llu, \"late\": %llu, \"heard\": %llu}\n",
                load.known.size(), static_cast<unsigned long long>(load.sent),
                static_cast<unsigned long long>(load.late),
                static_cast<unsigned long long>(load.heard));
    return 0;
}
