/*
 * PJSIP's build-time limits for a node that holds many calls. Only what differs from PJSIP's own
 * defaults stands here, each with its reason. A change of this file makes set-up build PJSIP anew.
 */

/* Without it every pj_assert() of the library aborts the process, also for harmless misuse. */
#define NDEBUG 1

/* ---- calls ------------------------------------------------------------------------------- */

/* Default 4. One node fills about two cores with 600 to 1200 calls of media; 2048 leaves room for
 * calls that only ring. EpConfig.uaConfig.maxCalls must be raised as well, up to this figure. */
#define PJSUA_MAX_CALLS 2048

/* Default 8. One account a trunk, not one a number. */
#define PJSUA_MAX_ACC 256

/* Default 254. Every call takes two ports of the conference bridge: its stream, and our own port
 * that plays and listens. Twice that, so that ports of calls that are just ending, whose removal
 * waits for the next clock tick, never keep a new call out. */
#define PJSUA_MAX_CONF_PORTS 8192

/* ---- sockets ----------------------------------------------------------------------------- */

/* Default 64. A call has an RTP and an RTCP socket, and a third while its port range is searched;
 * then 2048 calls need some 6000, and the rest is for TCP and TLS connections of trunks. */
#define PJ_IOQUEUE_MAX_HANDLES 16384

/* Default 0, that is, what the kernel gives (about 160 SIP messages). At 200 calls a second one
 * stall of 100 ms lets in more than that. The kernel grants up to net.core.rmem_max; asking for
 * more does no harm. */
#define PJSIP_UDP_SO_RCVBUF_SIZE (4 * 1024 * 1024)
#define PJSIP_UDP_SO_SNDBUF_SIZE (4 * 1024 * 1024)

/* Default 5: between two polls of the SIP thread more strangers than that may connect, and a trunk
 * whose SYN finds no room tries again a second later. Both of TCP and of TLS. */
#define PJSIP_TCP_TRANSPORT_BACKLOG 128
#define PJ_SOMAXCONN 128

/* Default 0: a request over 1300 bytes leaves by TCP although the trunk was configured for UDP,
 * and a carrier that listens on UDP only never answers. The trunk's transport is the trunk's. */
#define PJSIP_DONT_SWITCH_TO_TCP 1

/* Default 4000: a reply with the headers of IMS and STIR is larger, and vanished. RFC 3261 18.1.1 has
 * 65,535 bytes taken, which is also what UDP can carry; the last is for the end of the text. */
#define PJSIP_MAX_PKT_LEN 65536

/* ---- hash tables (must be 2^n - 1) ------------------------------------------------------- */

/* Default 1023. A finished transaction lives 32 s more over UDP: at 200 calls a second with
 * INVITE, CANCEL or BYE, and OPTIONS, about 20,000 at once. */
#define PJSIP_MAX_TSX_COUNT 65535

/* Default 511. More than PJSUA_MAX_CALLS, for a dialog outlives its call. */
#define PJSIP_MAX_DIALOG_COUNT 16383

/* ---- media ------------------------------------------------------------------------------- */

/* The serial bridge: its frames are mixed on one clock thread, in order. The parallel one spreads
 * them over threads, and waking these costs more than the mixing of two-party calls. */
#define PJMEDIA_CONF_BACKEND PJMEDIA_CONF_SERIAL_BRIDGE_BACKEND

/* Default 120. 101 is what nearly every gateway offers telephone events as (RFC 4733); some send
 * 101 whatever was offered. audio/rtp.py and the SIPp scenarios count on it. */
#define PJMEDIA_RTP_PT_TELEPHONE_EVENTS 101
