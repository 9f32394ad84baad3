#!/bin/sh
# Makes an authority and two certificates for trying TLS between FreeSWITCH and the dialer.
#
#   certificates.sh PBX_NAME DIALER_NAME FOLDER
#
# FOLDER then holds, for FreeSWITCH, agent.pem and tls.pem (the same: releases differ in the name)
# and cafile.pem; for the dialer, dialer.pem, dialer.key and freeswitch-ca.pem. The names are those
# that the other side calls: a host name, or an IP address.
set -eu

if [ $# -ne 3 ]; then
    echo 'usage: certificates.sh PBX_NAME DIALER_NAME FOLDER' >&2
    exit 2
fi
pbx=$1 dialer=$2 folder=$3
umask 077
mkdir -p "$folder"
cd "$folder"
for made in authority.key cafile.pem agent.pem tls.pem dialer.pem dialer.key; do
    if [ -e "$made" ]; then
        echo "certificates.sh: $folder/$made is there already: name an empty folder" >&2
        exit 1
    fi
done

named() {
    case $1 in
    *:* | *[0-9].[0-9]*.[0-9]*.[0-9]*) printf 'IP:%s' "$1" ;;
    *) printf 'DNS:%s' "$1" ;;
    esac
}

trap 'cat openssl.log >&2 2>/dev/null' EXIT
openssl req -x509 -newkey rsa:2048 -nodes -days 825 -subj '/CN=Authority of a SIP lab' \
    -addext 'basicConstraints=critical,CA:TRUE' -keyout authority.key -out cafile.pem 2>openssl.log
for side in pbx dialer; do
    name=$pbx
    [ "$side" = pbx ] || name=$dialer
    openssl req -x509 -CA cafile.pem -CAkey authority.key -newkey rsa:2048 -nodes -days 397 \
        -subj "/CN=$name" -addext "subjectAltName=$(named "$name")" \
        -addext 'basicConstraints=critical,CA:FALSE' \
        -addext 'extendedKeyUsage=serverAuth,clientAuth' \
        -keyout "$side.key" -out "$side.pem" 2>>openssl.log
done
cat pbx.pem pbx.key >agent.pem
cp agent.pem tls.pem
cp cafile.pem freeswitch-ca.pem
rm pbx.pem pbx.key openssl.log
trap - EXIT
echo "FreeSWITCH: agent.pem, tls.pem, cafile.pem. The dialer: dialer.pem, dialer.key, freeswitch-ca.pem."
