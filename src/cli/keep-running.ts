/**
 * The parent of a supervisor that is a process: a shell of a megabyte that starts it again when it crashes, as Docker
 * does for one in a container. One that ends in order (exit code 0: a signal, `down`; 130: a second signal) is left
 * ended. One that fails by itself as soon as it is started the first time has a cause that trying again does not mend,
 * and one that does not live for a minute five times in a row neither. There are never two: the lease is held by one
 * process. A failpoint (supervisor/failpoint.ts) is for the first one alone: what is tested is what the next one does.
 *
 * Arguments: seconds to wait, the program, its own arguments. No value is ever part of the script.
 */
const KEEP_RUNNING = `
pause=$1 tries=0 first=1
shift
while :; do
  began=$(date +%s)
  "$@"
  code=$?
  [ $code -eq 0 ] || [ $code -eq 130 ] && exit $code
  lasted=$(($(date +%s) - began))
  [ $first -eq 1 ] && [ $code -le 3 ] && [ $lasted -lt 10 ] && exit $code
  first=0
  unset TWINHULL_FAILPOINT
  [ $lasted -ge 60 ] && tries=0
  tries=$((tries + 1))
  [ $tries -gt 5 ] && { echo "the supervisor ended with code $code again and is not started any more"; exit $code; }
  echo "the supervisor ended with code $code and is started again"
  sleep "$pause"
done
`;

/** @returns arguments for /bin/sh */
export function keptRunning(pauseSeconds: number, command: readonly string[]): string[] {
  return ['-c', KEEP_RUNNING, 'twinhull-keeper', String(pauseSeconds), ...command];
}
