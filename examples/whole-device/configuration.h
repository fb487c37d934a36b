// Every choice that costs or saves. The comment after a choice is what its alternative changes, in bytes of flash and of RAM,
// stack included; `cargo xtask whole-device --write` builds each and measures. A build may set one with -DNAME=VALUE.
#ifndef CONFIGURATION_H
#define CONFIGURATION_H

// The certificate chains that are verified. AWS shows an RSA chain to a client that offers an RSA suite, and an ECDSA chain to
// one that offers ECDSA; to a client that offers both, either. Trust a root for each kind that you offer.
#define CHAINS_PINNED_KEY 0 // no chain at all: the server's own public key, which AWS changes without notice
#define CHAINS_RSA 1
#define CHAINS_ECDSA 2
#define CHAINS_BOTH 3
#ifndef CHAINS
#define CHAINS CHAINS_BOTH // CHAINS_RSA: flash -888, RAM -512; CHAINS_ECDSA: flash -1064, RAM +0; CHAINS_PINNED_KEY: flash -7824, RAM -3280
#endif

// 1 is the fast code for P-256 (m31), which needs a multiplication in constant time: a Cortex-M4 has one, a Cortex-M3 has not.
// 0 is the small and slow code (i15), with which a handshake takes some four times as long.
#ifndef FAST_CURVE
#define FAST_CURVE 0 // 1: flash +3888, RAM -192
#endif

// 1 is AES without tables. 0 looks up 256 bytes, which takes the same time everywhere only where no data cache is between the
// processor and its flash.
#ifndef CONSTANT_TIME_AES
#define CONSTANT_TIME_AES 0 // 1: flash +816, RAM +0
#endif

// 1 lets the compiler look at everything at once (-flto); CMakeLists.txt reads it here. The linker's map no longer tells the parts
// apart then, which is all that speaks against it.
#ifndef LINK_TIME_OPTIMISATION
#define LINK_TIME_OPTIMISATION 0 // 1: flash -3064, RAM +136
#endif

// The one buffer for TLS's records, in both directions. A record in the clear, such as the server's certificates, may be larger:
// BearSSL reads it in pieces. A response must fit, with 29 bytes around it. 837 is the least that BearSSL takes; with it the
// device asks for a max fragment length of 512, which a server may ignore.
#ifndef RECORD_BUFFER
#define RECORD_BUFFER 1349 // 837: flash +0, RAM -512; 5125: flash +0, RAM +3776
#endif

// The largest RSA key in a chain, in bits: Amazon Root CA 1 and what it signs have 2,048. Larger is refused, smaller as well.
#ifndef RSA_BITS
#define RSA_BITS 2048 // 4096: flash +12, RAM +768
#endif

// The request, and the response's body afterwards.
#ifndef REQUEST_BUFFER
#define REQUEST_BUFFER 448 // 1024: flash +0, RAM +576
#endif

// One TCP segment's payload, and how many of them the peer may send before it has to wait. Ethernet only.
#ifndef SEGMENT
#define SEGMENT 536 // 1460: flash +20, RAM +3696
#endif
#ifndef SEGMENTS
#define SEGMENTS 2 // 4: flash +4, RAM +1216
#endif

// How long the network and one publish may take, in milliseconds. The connection's time is the device's: see device.h.
#define NETWORK_TIMEOUT 30000
#define PUBLISH_TIMEOUT 10000

#endif
