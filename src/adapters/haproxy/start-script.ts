/**
 * PID 1 of the gateway's container: starts HAProxy and, when it ends without having been told to, starts it
 * again within milliseconds, with the roles and states that lie in the folder at that moment. (HAProxy's own
 * master process is no help: it leaves when its worker is killed.) A HAProxy that never lives for a second is
 * given up after ten tries; the engine's restart policy then brings the container back with growing waits.
 *
 * Needs `haproxy` and a POSIX shell, nothing else: no sleep, no date. Runs in dash and in busybox.
 */
export const startScript = `#!/bin/sh
# Written by twinhull. Keeps HAProxy running with the files of this folder.
cd "\${0%/*}" || exit 1
if [ -z "$TWINHULL_BIND" ] && [ -e /proc/net/if_inet6 ]; then
  export TWINHULL_IPV6=1
fi
files=$(ulimit -Hn)
if [ "$files" != unlimited ] && [ "$files" -lt 16400 ]; then
  export TWINHULL_MAXCONN=$(((files - 200) / 2))
fi

child=
told=
forward() {
  told=$1
  [ -z "$child" ] || kill "-$1" "$child" 2>/dev/null
}
trap 'forward TERM' TERM INT
trap 'forward USR1' USR1

# Sets now to the seconds since the machine started, without a process of its own.
look() {
  read -r now rest </proc/uptime
  now=\${now%%.*}
}

short=0
status=
while [ -z "$told" ]; do
  look
  began=$now
  haproxy -db -f haproxy.cfg &
  child=$!
  [ -z "$told" ] || forward "$told"
  [ -z "$status" ] || echo "haproxy ended with status $status and was started again" >&2
  wait "$child"
  status=$?
  while kill -0 "$child" 2>/dev/null; do
    wait "$child"
    status=$?
  done
  look
  if [ $((now - began)) -lt 1 ]; then
    short=$((short + 1))
  else
    short=0
  fi
  [ "$short" -lt 10 ] || exit 1
done
exit 0
`;
