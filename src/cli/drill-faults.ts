import { readFileSync } from 'node:fs';
import { faultDescriptions, type Fault } from '../drill/fault.ts';
import { type Daemon, findDaemon } from '../drill/daemon.ts';
import { type Extent, prepare, type Prepared } from '../drill/prepare.ts';
import { TwinhullError } from '../errors.ts';
import type { DrillTarget } from './drill-target.ts';
import type { Place } from './place.ts';
import { supervisorContainerName } from './start-supervisor.ts';

/**
 * The fault ready to be made.
 * @param insists where a person has to say that the cost is known
 * @throws TH_DRILL_REFUSED
 */
export async function prepareFault(
  place: Place,
  fault: Fault,
  target: DrillTarget,
  extent: Extent,
  insists: boolean,
): Promise<Prepared> {
  if (fault === 'supervisor') return supervisorDeath(place, target);
  if (fault === 'daemon') return daemonDeath(place, insists);
  if (target.subject === null) throw new TwinhullError('TH_INTERNAL', `${fault} needs a container`);
  return prepare(place.engine, fault, target.subject, extent);
}

/** To be asked for before the fault: for what is no member, whether it is there again. null: the verdicts of the members tell. */
export function isBackAfter(
  place: Place,
  fault: Fault,
  { supervisor, subject }: DrillTarget,
): (() => Promise<boolean>) | null {
  switch (faultDescriptions[fault].breaks) {
    case 'member':
      return null;
    case 'gateway':
      return async () => (await haproxyRuns(place, subject?.containerName ?? '')) === true;
    case 'supervisor':
      return async () => {
        const now = (await place.control.status())?.supervisor;
        return now !== undefined && now.startedAt > supervisor.startedAt;
      };
    case 'daemon': {
      const before = daemonOf(place)?.pid;
      return async () => daemonOf(place)?.pid !== before && (await place.engine.info()).id !== '';
    }
  }
}

/** Needs no program but the shell. */
const FIND_HAPROXY = `
for process in /proc/[0-9]*; do
  read -r name <"$process/comm" || continue
  [ "$name" = haproxy ] && exit 0
done 2>/dev/null
exit 1
`;

async function haproxyRuns({ engine }: Place, containerName: string): Promise<boolean> {
  const container = await engine.inspectContainer(containerName);
  if (container?.state !== 'running') return false;
  return (await engine.exec(container.id, ['sh', '-c', FIND_HAPROXY], {})).exitCode === 0;
}

/** Killed where it runs, not by the engine: a `docker kill` is a stop by hand, after which nothing is started again. */
async function supervisorDeath({ engine, project }: Place, { supervisor }: DrillTarget): Promise<Prepared> {
  if (supervisor.kind === 'foreground')
    throw refused('the supervisor runs in a terminal (twinhull up): nobody would start it again', 'twinhull up -d');
  const container =
    supervisor.kind === 'container' ? await engine.inspectContainer(supervisorContainerName(project)) : null;
  const pid = supervisor.kind === 'container' ? (container?.pid ?? 0) : supervisor.pid;
  if (pid <= 1 || !looksLikeSupervisor(pid)) throw refused('the process of the supervisor is not seen from here');
  return { undo: { kind: 'start_supervisor' }, begin: async () => void process.kill(pid, 'SIGKILL') };
}

/** A process number may mean another process here. */
function looksLikeSupervisor(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').includes('supervise');
  } catch {
    return false;
  }
}

function daemonOf({ engine: { endpoint } }: Place): Daemon | null {
  return endpoint.kind === 'unix' ? findDaemon(endpoint.socketPath) : null;
}

async function daemonDeath(place: Place, insists: boolean): Promise<Prepared> {
  if (process.getuid?.() !== 0) throw refused('only root may kill the Docker daemon');
  const daemon = daemonOf(place);
  if (daemon === null) throw refused('no process called dockerd is seen to listen on the socket of the engine');
  const { pid, unit } = daemon;
  if (unit === null) throw refused('the Docker daemon is not a service of systemd: nobody would start it again');
  if (!(await place.engine.info()).liveRestore && !insists)
    throw refused(
      'live-restore is off: every container on this machine, of other projects too, ends and is started again with the daemon',
      'Set "live-restore": true in daemon.json, or insist with --force.',
    );
  return { undo: { kind: 'start_unit', unit }, begin: async () => void process.kill(pid, 'SIGKILL') };
}

function refused(why: string, next?: string): TwinhullError {
  return new TwinhullError('TH_DRILL_REFUSED', why, next === undefined ? {} : { next });
}
