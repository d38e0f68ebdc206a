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
  told=1
  [ -z "$child" ] || kill "-$1" "$child" 2>/dev/null
}
trap 'forward TERM' TERM INT
trap 'forward USR1' USR1

seconds() {
  read -r up _ </proc/uptime
  echo "\${up%%.*}"
}

short=0
while [ -z "$told" ]; do
  began=$(seconds)
  haproxy -db -f haproxy.cfg &
  child=$!
  wait "$child"
  status=$?
  while kill -0 "$child" 2>/dev/null; do
    wait "$child"
    status=$?
  done
  [ -z "$told" ] || break
  echo "haproxy ended with status $status, starting it again" >&2
  if [ $(($(seconds) - began)) -lt 1 ]; then
    short=$((short + 1))
  else
    short=0
  fi
  [ "$short" -lt 10 ] || exit 1
done
exit 0
`;
