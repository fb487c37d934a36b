#!/bin/sh
# One minute with an AWS endpoint of yours: which chain it shows for which suite, how large its records are, whether it grants a
# max fragment length, session tickets, and which versions of TLS it speaks. It sends no credentials and publishes nothing.
#
#     ./probe-endpoint.sh a1b2c3d4e5f6g7-ats.iot.eu-central-1.amazonaws.com [PORT [ADDRESS]]
#
# What it prints names no account but for the endpoint, which the first line leaves out: send it to us as it is.
set -eu

[ $# -ge 1 ] || { sed -n '2,7s/^# \{0,1\}//p' "$0" >&2; exit 2; }
name=$1
port=${2:-443}
address=${3:-$name}
log=$(mktemp)
trap 'rm -f "$log"' EXIT

# Connects once, and keeps what openssl says of it; fails when there is no connection.
connect() {
    openssl s_client -connect "$address:$port" -servername "$name" -verify_hostname "$name" -showcerts -tlsextdebug -msg \
        "$@" </dev/null >"$log" 2>&1 && grep -q '^    Cipher *: *[A-Z]\|^New, .*Cipher is [A-Z]' "$log"
}

# The type of each record is 0x16 until encryption begins; bytes 4 and 5 of its header are its length.
largest_record() {
    awk '/<<< .*RecordHeader/ { getline; if ($1 == "16") { len = hex($4) * 256 + hex($5); if (len > most) most = len } }
        function hex(text) { return (index("0123456789abcdef", substr(text, 1, 1)) - 1) * 16 + index("0123456789abcdef", substr(text, 2, 1)) - 1 }
        END { print most + 0 }' "$log"
}

chain() {
    echo "== TLS 1.2, $1"
    if ! connect -tls1_2 -cipher "$1"; then
        echo 'refused'
        return
    fi
    sed -n 's/^ *\([0-9]\) s:.*CN *= *\([^,/]*\).*/\1 \2/p; s/^ *i:.*CN *= *\([^,/]*\).*/    signed by \1/p; s/^ *i:.*OU *= *\([^,/]*\)$/    signed by \1/p; s/^ *a:PKEY: \([^;]*\); sigalg: \(.*\)/    \1, \2/p' "$log" |
        sed "s/^0 .*/0 the endpoint's/"
    sed -n 's/.*Handshake \[length \([0-9a-f]*\)\], Certificate$/certificates: 0x\1 bytes in one message/p' "$log"
    echo "largest record of the handshake: $(largest_record) bytes"
    sed -n 's/^ *Verify return code: /verified here: /p' "$log" | head -n 1
}

echo "== $(date -u +%Y-%m-%d), $(openssl version)"
chain ECDHE-RSA-AES128-GCM-SHA256
chain ECDHE-ECDSA-AES128-GCM-SHA256
echo '== TLS 1.2, both offered'
connect -tls1_2 -cipher ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256 &&
    sed -n 's/^New, .*Cipher is /chosen: /p' "$log" || echo 'refused'
for len in 512 1024 2048 4096; do
    if connect -tls1_2 -maxfraglen "$len" && grep -q 'TLS server extension "max fragment length"' "$log"; then
        echo "max fragment length $len: granted, largest record $(largest_record)"
    else
        echo "max fragment length $len: not granted"
    fi
done
connect -tls1_2 && grep -q '^    TLS session ticket:' "$log" && echo 'session ticket: yes' || echo 'session ticket: no'
for version in tls1_1 tls1_2 tls1_3; do
    # OpenSSL itself speaks 1.1 at its lowest level of security alone.
    if connect "-$version" -cipher 'DEFAULT:@SECLEVEL=0'; then echo "$version: yes"; else echo "$version: no"; fi
done
