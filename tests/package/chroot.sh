#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Another Debian in a directory, for tests of packages and of other releases. Needs root.
#
#   chroot.sh make SUITE DIR       makes DIR with debootstrap, unless it is there already
#   chroot.sh sources DIR          copies the working tree to DIR/src
#   chroot.sh run DIR COMMAND...   runs a command in it, in /src
#
# Packages come from the mirror that this machine's apt uses. What `run` mounts is gone when it ends.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
what=$1
shift

if ((EUID != 0)); then
    echo "chroot.sh: only root can do this" >&2
    exit 1
fi

case $what in
    make)
        suite=$1
        directory=$2
        [[ ! -e $directory/complete ]] || exit 0
        command -v debootstrap >/dev/null ||
            { echo "chroot.sh: debootstrap is missing; tools/install-packages package installs it" >&2; exit 1; }
        mirror=$(apt-get indextargets --format "\$(LABEL) \$(REPO_URI)" 'Created-By: Packages' |
            sed -n 's/^Debian //p' | head -n 1)
        [[ -n $mirror ]] || { echo "chroot.sh: apt knows no mirror of Debian" >&2; exit 1; }
        rm -rf "$directory"
        mkdir -p "$directory"
        debootstrap --variant=minbase "$suite" "$directory" "$mirror"
        touch "$directory/complete"
        ;;
    sources)
        rm -rf "$1/src"
        mkdir "$1/src"
        git -C "$root" ls-files -z --cached --others --exclude-standard |
            tar -C "$root" --null --ignore-failed-read -T - -c 2>/dev/null | tar -C "$1/src" -x
        ;;
    run)
        # pivot_root, as in a container: in a plain chroot the kernel refuses the user namespaces and
        # mounts that bubblewrap needs.
        # shellcheck disable=SC2016  # the inner shell expands these
        exec unshare --mount bash -euc '
            directory=$1
            shift
            cp -L /etc/resolv.conf "$directory/etc/resolv.conf" 2>/dev/null || true
            mkdir -p "$directory/src" "$directory/host"
            mount --bind "$directory" "$directory"
            mount -t proc proc "$directory/proc"
            mount --rbind /dev "$directory/dev"
            mount --rbind /sys "$directory/sys"
            cd "$directory"
            pivot_root . host
            cd /
            umount --lazy /host
            cd /src
            exec /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 \
                JOBS="${JOBS:-$(nproc)}" "$@"' _ "$@"
        ;;
    *)
        echo "chroot.sh: unknown command '$what'" >&2
        exit 2
        ;;
esac
