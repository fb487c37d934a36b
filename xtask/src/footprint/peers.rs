//! Other clients doing the same work on a Cortex-M4: the figures that the chart and the table stand beside.
//!
//! Measured on 2026-11-23 with the same request and answer: arm-none-eabi-gcc 12.2 at -Os with newlib-nano, `NDEBUG`; Rust
//! peers at opt-level z with fat LTO. Glue that adapts a C peer is not counted. Flash has all of libc that the peer pulls in.

/// One client.
pub(super) struct Peer {
    pub(super) name: &'static str,
    pub(super) flash: u32,
    pub(super) ram: u32,
    /// Of a whole publish.
    pub(super) stack: u32,
    pub(super) instr_build: u32,
    /// Where a client cannot parse alone: whole less build.
    pub(super) instr_parse: u32,
}

const fn peer(name: &'static str, [flash, ram, stack, instr_build, instr_parse]: [u32; 5]) -> Peer {
    Peer {
        name,
        flash,
        ram,
        stack,
        instr_build,
        instr_parse,
    }
}

pub(super) const PEERS: [Peer; 7] = [
    peer("C by hand, trusting", [1_161, 0, 72, 1_692, 1_719]),
    peer(
        "C with snprintf, no checks",
        [6_508, 112, 448, 5_068, 3_899],
    ),
    peer("Zephyr http_client", [11_809, 100, 528, 4_445, 5_490]),
    peer("edge-http", [13_975, 0, 1_248, 8_021, 33_071]),
    peer("reqwless", [17_042, 0, 1_736, 4_817, 6_670]),
    peer("esp_http_client", [20_587, 112, 696, 21_478, 7_723]),
    peer("coreHTTP", [21_135, 112, 904, 2_358, 3_927]),
];
