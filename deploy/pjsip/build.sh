#!/bin/sh
# Builds PJSIP and the first half of its Python binding.
#
#   build.sh ARCHIVE WORK DEST PYTHON
#
# ARCHIVE is a source archive of pjproject 2.17, WORK an empty folder to build in, DEST the folder
# the result is put into, PYTHON the interpreter the binding is for. DEST may be moved afterwards:
# the libraries find each other by $ORIGIN, and the extension is linked later, by link-binding.sh,
# into the environment that uses it. Lines that begin with `::phase` tell set-up where we are.
set -eu

archive=$1 work=$2 dest=$3 python=$4
here=$(cd "$(dirname "$0")" && pwd)
jobs=${JOBS:-$(nproc)}
src=$work/src

phase() { printf '::phase %s\n' "$1"; }

phase unpack
mkdir -p "$src" "$dest/lib" "$dest/include" "$dest/python"
tar -xf "$archive" -C "$src" --strip-components=1 --no-same-owner
cp "$here/config_site.h" "$src/pjlib/include/pj/config_site.h"
# Debian's component lacks a sound driver for an old phone system, but the makefile still names it.
driver=$src/pjmedia/src/pjmedia-audiodev/bdimad_dev.c
[ -e "$driver" ] || : >"$driver"

# Our own mends, each with its reason on top.
for mend in "$here"/patches/*.patch; do
    patch -d "$src" -p1 --fuzz=0 <"$mend"
done

phase configure
cd "$src"
# No sound device and no video: calls are files and buffers here. The codecs left out are those
# whose bundled source Debian removes; G.711, G.722, L16 and Opus remain. -g1 is what stack traces
# and profiles need. C gets -O3: only then does the compiler vectorise the loops over samples, and
# the conference's work for one port falls by a third. C++ here only wraps.
./configure --prefix="$dest" \
    --enable-shared --enable-epoll --disable-sound --disable-video \
    --with-external-srtp --enable-libsamplerate \
    --disable-speex-codec --disable-speex-aec --disable-gsm-codec --disable-ilbc-codec \
    --disable-g7221-codec --disable-libyuv --disable-libwebrtc \
    CFLAGS='-O3 -g1 -fPIC' CXXFLAGS='-O2 -g1 -fPIC'

# The wrapper is one file of six megabytes, minutes for one compiler process. It needs only the
# headers, so it is compiled beside the library. Unoptimised: that takes half as long, and a call
# through it costs 1 to 3 us more, where placing a phone call costs 4 ms.
phase 'library and python binding'
(
    cd pjsip-apps/src/swig/python
    includes='-I../../../../pjlib/include -I../../../../pjlib-util/include
        -I../../../../pjmedia/include -I../../../../pjsip/include -I../../../../pjnath/include'
    # shellcheck disable=SC2086
    swig $includes -c++ -w312 -threads -python -o pjsua2_wrap.cpp ../pjsua2.i
    endian=$("$python" -c 'import sys; print(int(sys.byteorder == "big"))')
    headers=$("$python" -c 'import sysconfig; print(sysconfig.get_path("include"))')
    # shellcheck disable=SC2086
    ${CXX:-g++} -std=c++17 -O0 -fPIC -w -DPJ_AUTOCONF=1 -DPJ_IS_BIG_ENDIAN="$endian" \
        -DPJ_IS_LITTLE_ENDIAN=$((1 - endian)) $includes -I"$headers" \
        -c pjsua2_wrap.cpp -o "$dest/python/pjsua2_wrap.o"
    cp pjsua2.py "$dest/python/"
) >"$work/binding.log" 2>&1 &
binding=$!
# The linker writes $ORIGIN into every library; through the environment, because on its way
# through makefiles and shells it would be expanded.
if ! LD_RUN_PATH='$ORIGIN' make -j"$jobs" lib; then
    kill "$binding" 2>/dev/null || :
    wait "$binding" || :
    echo 'the library did not compile' >&2
    exit 1
fi

phase 'python binding'
if ! wait "$binding"; then
    cat "$work/binding.log"
    echo 'the python binding did not compile' >&2
    exit 1
fi

phase install
make install
# Static twins and the pkg-config file with its fixed path: nobody here uses them.
rm -rf "$dest"/lib/*.a "$dest/lib/pkgconfig"

phase 'check'
mkdir "$work/check"
"$here/link-binding.sh" "$dest" "$python" "$work/check"
PYTHONPATH=$work/check "$python" -c '
import pjsua2
version = pjsua2.Endpoint().libVersion().full
print("the binding says", version)
raise SystemExit(not version.startswith("2.17"))'
