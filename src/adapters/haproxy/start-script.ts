/** Processes of before a reload that may still have connections; with one more, the oldest ends at once. */
const MOST_OLDER = 4;

/**
 * PID 1 of the gateway's container: starts HAProxy and, when it ends without having been told to, starts it
 * again within milliseconds, with the roles and states that lie in the folder at that moment. (HAProxy's own
 * master process is no help: it leaves when its worker is killed.) A HAProxy that never lives for a second is
 * given up after ten tries; the engine's restart policy then brings the container back with growing waits.
 *
 * SIGHUP is a reload: a new HAProxy takes the listening sockets over from the one that serves, which finishes what
 * it has and ends. One that cannot start says so and ends with 1 before it has taken anything: the old one stays.
 * `start.sh check FILE` says whether a configuration would do, `start.sh reload` sends the signal; both are run
 * beside it. (Not by the engine's `kill`: Docker takes any signal for a stop by hand, and a container that is to run
 * `unless-stopped` would not come back after a reboot.)
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

case $1 in
  check) exec haproxy -c -f "$2" ;;
  reload)
    kill -HUP "\${TWINHULL_PID:-1}"
    exit
    ;;
esac

child=    # the one that serves
before=   # the one it took over from
older=    # others that finish what they have
told=
forward() {
  told=$1
  for each in $child $before $older; do kill "-$1" "$each" 2>/dev/null; done
}

# Sets now to the seconds since the machine started, without a process of its own.
look() {
  read -r now rest </proc/uptime
  now=\${now%%.*}
}

# The one before becomes one of the others. At most ${MOST_OLDER} are left to it, so that connections which never end do
# not keep a process for every reload there ever was.
let_go() {
  set --
  for each in $older $before; do
    kill -0 "$each" 2>/dev/null && set -- "$@" "$each"
  done
  while [ $# -gt ${MOST_OLDER} ]; do
    kill -TERM "$1" 2>/dev/null
    shift
  done
  older=$*
  before=
}

reload() {
  [ -z "$told" ] && [ -n "$child" ] || return 0
  let_go
  before=$child
  look
  began=$now
  haproxy -db -f haproxy.cfg -x admin.sock -sf $before $older &
  child=$!
}

# Until the one that serves has ended; a signal ends only one wait, and a reload puts another one in its place.
attend() {
  wait "$child"
  status=$?
  while kill -0 "$child" 2>/dev/null; do
    wait "$child"
    status=$?
  done
}

trap 'forward TERM' TERM INT
trap 'forward USR1' USR1
trap reload HUP
short=0
status=
while [ -z "$told" ]; do
  look
  began=$now
  haproxy -db -f haproxy.cfg \${older:+-sf $older} &
  child=$!
  [ -z "$told" ] || forward "$told"
  [ -z "$status" ] || echo "haproxy ended with status $status and was started again" >&2
  attend
  while [ "$status" -eq 1 ] && [ -n "$before" ] && kill -0 "$before" 2>/dev/null; do
    echo "the new haproxy did not start; the old one goes on" >&2
    child=$before
    before=
    attend
  done
  let_go
  look
  if [ $((now - began)) -lt 1 ]; then
    short=$((short + 1))
  else
    short=0
  fi
  [ "$short" -lt 10 ] || exit 1
done
for each in $older; do wait "$each"; done
exit 0
`;
