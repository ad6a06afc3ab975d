#!/bin/sh
# Makes a Debian root with the tools of its release: make-root.sh FOLDER MIRROR RELEASE PACKAGE...
#
# Run it in a mount namespace of its own (unshare --mount): the mounts made here then end with it,
# even when it is killed. DRAGOMAN_APT_SETTINGS holds the host's apt settings for the network.
set -eu
root=$1 mirror=$2 release=$3
shift 3

export DEBIAN_FRONTEND=noninteractive LC_ALL=C
echo "  Debian $release and $1 for the WebAssembly build: about a minute, 1.6 GB of disk" >&2
log=$root.log
trap 'status=$?; [ $status = 0 ] || tail -n 20 "$log" >&2; rm -f "$log"' EXIT

debootstrap --variant=minbase "$release" "$root" "$mirror" >"$log" 2>&1
echo "deb $mirror $release main" >"$root/etc/apt/sources.list"
printf '%s\n' "${DRAGOMAN_APT_SETTINGS:-}" >"$root/etc/apt/apt.conf.d/99host"
# A root that is lost half-way is made anew, so nothing need reach the disk file by file; and
# Emscripten's libraries for dynamic linking, half of its 1.6 GB, are never used.
cat >"$root/etc/dpkg/dpkg.cfg.d/dragoman" <<'END'
force-unsafe-io
path-exclude=/usr/share/emscripten/cache/sysroot/lib/wasm32-emscripten/pic/*
path-exclude=/usr/share/emscripten/cache/sysroot/lib/wasm32-emscripten/lto-pic/*
path-exclude=/usr/share/doc/*
path-exclude=/usr/share/man/*
path-exclude=/usr/share/locale/*
END
mount --bind /proc "$root/proc"
mount --bind /dev "$root/dev"
chroot "$root" apt-get -qq update >>"$log" 2>&1
chroot "$root" apt-get -qq install --yes --no-install-recommends "$@" >>"$log" 2>&1
chroot "$root" apt-get clean
rm -rf "$root"/var/lib/apt/lists/*
umount "$root/proc" "$root/dev"
