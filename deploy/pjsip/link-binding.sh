#!/bin/sh
# Links the Python extension _pjsua2 for one environment.
#
#   link-binding.sh PJSIP PYTHON SITE_PACKAGES
#
# PJSIP is what build.sh made. Linking takes a second and is done for each environment, so that
# the extension carries the present path of the libraries and the build itself can be moved.
set -eu

pjsip=$1 python=$2 site=$3
suffix=$("$python" -c 'import sysconfig; print(sysconfig.get_config_var("EXT_SUFFIX"))')

${CXX:-g++} -shared -o "$site/_pjsua2$suffix.new" "$pjsip/python/pjsua2_wrap.o" \
    -L"$pjsip/lib" -Wl,-rpath,"$pjsip/lib" \
    -lpjsua2 -lpjsua -lpjsip-ua -lpjsip-simple -lpjsip -lpjmedia-codec -lpjmedia-videodev \
    -lpjmedia-audiodev -lpjmedia -lpjnath -lpjlib-util -lpj
cp "$pjsip/python/pjsua2.py" "$site/pjsua2.py"
# Last, and at once: a process that imports it now sees the old one or the new one.
mv -f "$site/_pjsua2$suffix.new" "$site/_pjsua2$suffix"
