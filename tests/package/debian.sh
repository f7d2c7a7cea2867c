#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Installs the Debian packages with apt in a fresh chroot of the release that this machine runs, so that
# nothing but what they depend on is there, and uses them. Needs root.
#
#   debian.sh PACKAGES CHROOTS    the directory of the .deb files; one for chroots, kept as a cache
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
packages=$(realpath "$1")
mkdir -p "$2"
chroots=$(realpath "$2")
suite=$(. /etc/os-release && echo "$VERSION_CODENAME")

fail() {
    echo "debian.sh: $*" >&2
    exit 1
}

dev=("$packages"/libquipu-dev_*.deb)
program=("$packages"/integr8s_*.deb)
((${#dev[@]} == 1 && ${#program[@]} == 1)) || fail "not one package of each name in $packages"
depends=$(dpkg-deb -f "${program[0]}" Depends)
for library in libc6 libsqlite3-0 librdkafka1 libmongoc-1.0 bubblewrap; do
    [[ $depends == *"$library"* ]] || fail "integr8s does not depend on $library: $depends"
done
[[ $(dpkg-deb -f "${dev[0]}" Section) == libdevel ]] || fail "the section of libquipu-dev"
! dpkg-deb -c "${dev[0]}" | grep -E ' \./usr/(local|bin)/' || fail "libquipu-dev has files out of place"
lintian --fail-on error --suppress-tags bogus-mail-host,mail-address-loops-or-bounces \
    "${dev[0]}" "${program[0]}"

"$here/chroot.sh" make "$suite" "$chroots/$suite"
fresh=$chroots/packages
rm -rf "$fresh"
cp -a "$chroots/$suite" "$fresh"
trap 'rm -rf "$fresh"' EXIT
mkdir "$fresh/packages"
cp "${dev[0]}" "${program[0]}" "$fresh/packages/"
cp -r "$here/../install" "$fresh/install"
cp "$here/../../samples/pod.sh" "$fresh/packages/"
"$here/chroot.sh" run "$fresh" bash -euc '
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
        /packages/*.deb cmake g++ make pkg-config >/dev/null
    cmake -S /install/whole_project -B /tmp/whole
    cmake --build /tmp/whole
    /install/use.sh /tmp/whole/greeter
    for check in codec component pkg-config; do
        CXX=g++ /install/check.sh "$check" /usr /tmp/checks
    done
    integr8s --version
    cd /tmp
    integr8s run --http 127.0.0.1:8199 >server.log 2>&1 &
    server=$!
    integr8s ready --http 127.0.0.1:8199 --wait 30 || { cat server.log; exit 1; }
    integr8s submit /packages/pod.sh --http 127.0.0.1:8199 --follow || { cat server.log; exit 1; }
    kill -TERM "$server"
    wait "$server"
    integr8s groups
    dpkg --remove libquipu-dev integr8s
    [[ ! -e /usr/include/quipu ]]
'
echo "debian: passed"
