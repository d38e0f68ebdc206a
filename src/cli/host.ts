import { join } from 'node:path';
import { CONTROL_SOCKET, serveControl, type SupervisorInfo } from '../api/control.ts';
import { isAnythingThere } from '../deploy/existing.ts';
import { clearLeftovers } from '../drill/leftovers.ts';
import type { Hands } from '../drill/undo.ts';
import { TwinhullError } from '../errors.ts';
import type { LeaseHolder } from '../ports/store.ts';
import type { Context } from './command.ts';
import type { Place } from './place.ts';
import { OwnEnds } from '../supervisor/own-ends.ts';
import { PatientStore } from '../supervisor/patient-store.ts';
import { type Ending, SupervisedProject } from '../api/supervised-project.ts';
import { VERSION } from './version.ts';

/** A project that this process acts for. */
export interface Host {
  readonly project: SupervisedProject;
  /** Ends supervising if it goes on, gives the lease back; how it ended. */
  close(): Promise<void>;
  readonly ended: Promise<Ending>;
}

export interface HostOptions {
  /** "supervisor", or the command that acts for a moment */
  readonly purpose: string;
  readonly kind: SupervisorInfo['kind'];
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** others may talk to it */
  readonly reachable: boolean;
  /** what a person must know at once */
  readonly log: (line: string) => void;
  /** what the supervisor does, line by line; it is in the record too */
  readonly trace: (line: string) => void;
}

/** Takes the project's lease and everything that supervising needs. Throws TH_LEASE_HELD, naming the holder, and TH_USAGE. */
export async function host(place: Place, options: HostOptions): Promise<Host> {
  const { clock, deployer, makeSupervisor, openStore, readFailpoint } = await import('../wire.ts');
  const failpoint = readFailpoint(options.environment);
  const disk = openStore(place.folder);
  const store = new PatientStore(disk, clock);
  try {
    for (const notice of disk.notices) options.log(notice);
    const lease = store.acquireLease(options.purpose, clock.now());
    if (!lease.held) throw leaseHeld(place.project, lease.holder);
    for (const line of await clearLeftovers(handsOfHost(place), place.folder, clock.now())) options.log(line);
    const ownEnds = new OwnEnds();
    const home = { ...place, engine: ownEnds.watch(place.engine) };
    const project = new SupervisedProject({
      project: place.project,
      store,
      clock,
      deployer: deployer(home, options.environment),
      makeSupervisor: (fleet) =>
        makeSupervisor({
          home,
          ownEnds,
          fleet,
          store,
          environment: options.environment,
          failpoint,
          log: options.trace,
        }),
      isThere: () => isAnythingThere(place.engine, place.project),
      info: { pid: process.pid, startedAt: clock.now(), version: VERSION, kind: options.kind },
    });
    const control = options.reachable ? await serveControl(project, join(place.folder, CONTROL_SOCKET)) : null;
    const close = async (): Promise<void> => {
      await project.stop();
      await control?.close();
      store.close();
    };
    return { project, ended: project.ended, close };
  } catch (error) {
    store.close();
    throw error;
  }
}

/** What a drill left behind is taken back by who holds the lease: a supervisor is there, and so is the engine. */
function handsOfHost({ engine }: Place): Hands {
  return { engine, startSupervisor: async () => false, startUnit: async () => false };
}

/** Does one thing to a project that nobody supervises. `purpose`: the command, for whoever finds the lease taken. */
export async function hostForAMoment<Result>(
  { environment, terminal }: Context,
  place: Place,
  purpose: string,
  work: (project: SupervisedProject) => Promise<Result>,
): Promise<Result> {
  const log = (line: string): void => terminal.warn(line);
  const trace = (): void => undefined;
  const here = await host(place, { purpose, kind: 'foreground', environment, reachable: false, log, trace });
  try {
    return await work(here.project);
  } finally {
    await here.close();
  }
}

export function leaseHeld(project: string, { pid, host: machine, purpose }: LeaseHolder): TwinhullError {
  const who = purpose === 'supervisor' ? 'its supervisor' : `"twinhull ${purpose}"`;
  return new TwinhullError(
    'TH_LEASE_HELD',
    `the project ${project} is in the hands of ${who}, process ${pid} on ${machine}`,
  );
}
