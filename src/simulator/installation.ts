/**
 * twinhull on the virtual host: what it keeps on disk, and the process that supervises, made of the same parts as the
 * real one. It may be killed, paused and started again at any moment, and there may be two of them.
 */

import type { MemoryClock } from '../adapters/memory/clock.ts';
import type { MemoryFiles } from '../adapters/memory/files.ts';
import type { MemoryGatewayDriver } from '../adapters/memory/gateway.ts';
import { MemoryLease, MemoryRecords, MemoryStore } from '../adapters/memory/store.ts';
import { type Ending, SupervisedProject } from '../api/supervised-project.ts';
import { Deployer, Rebuilding } from '../deploy/deployer.ts';
import { isAnythingThere } from '../deploy/existing.ts';
import type { World as Doors } from '../deploy/world.ts';
import { messageOf, TwinhullError } from '../errors.ts';
import type { Engine } from '../ports/engine.ts';
import type { GatewayDriver } from '../ports/gateway.ts';
import type { Meter } from '../ports/meter.ts';
import type { Prober } from '../ports/prober.ts';
import type { Fleet } from '../redundancy/fleet.ts';
import { gatewayFolder } from '../state-folder.ts';
import { Supervisor } from '../supervisor/loop.ts';
import { OwnEnds } from '../supervisor/own-ends.ts';
import { PatientStore } from '../supervisor/patient-store.ts';
import { Life, type Witness } from './life.ts';
import type { Trace } from './trace.ts';

export const STATE_FOLDER = '/var/lib/twinhull/sim';
/** As the shell that keeps a supervisor running waits (cli/keep-running.ts). */
const RESTART_PAUSE_MS = 1000;

export interface InstallationParts {
  readonly engine: Engine;
  readonly driver: MemoryGatewayDriver;
  readonly clock: MemoryClock;
  readonly files: MemoryFiles;
  readonly meter: Meter;
  readonly prober: Prober;
  readonly fleet: Fleet;
  readonly trace: Trace;
  readonly witness: (process: Process) => Witness;
  /** supervising ended, and not because the process was killed */
  readonly onEnd: (ending: Ending) => void;
}

export interface Process {
  readonly name: string;
  readonly life: Life;
  readonly project: SupervisedProject;
}

export class Installation {
  readonly #parts: InstallationParts;
  lease = new MemoryLease();
  records = new MemoryRecords();
  #process: Process | null = null;
  #started = 0;
  /** what the project's files say by now */
  fleet: Fleet;
  /** somebody took the project down: it takes a person to bring it up again */
  isTakenDown = false;

  constructor(parts: InstallationParts) {
    this.#parts = parts;
    this.fleet = parts.fleet;
  }

  get process(): Process | null {
    return this.#process;
  }

  /** `twinhull up -d` for the first time. */
  async up(): Promise<void> {
    if (!this.#process && !this.#start()) throw new Error('the lease is taken');
    this.isTakenDown = false;
    await this.upAgain();
  }

  /** `twinhull up` while it is supervised. */
  async upAgain(fleet: Fleet = this.fleet): Promise<void> {
    const options = { removeOrphans: false, forceRecreate: false, waitTimeoutMs: 60_000 };
    const report = (): void => undefined;
    await this.#process?.project.up(fleet, options, report, new AbortController().signal);
  }

  /** The process is gone; whoever keeps it running starts another one, unless that is told not to. */
  kill(startsAgain = true): void {
    const { trace, clock } = this.#parts;
    const process = this.#process;
    if (!process) return;
    process.life.kill();
    this.#process = null;
    this.lease.holder = null;
    trace.say('twinhull', `${process.name} is killed`);
    if (startsAgain) clock.timer(RESTART_PAUSE_MS, () => this.supervise());
  }

  /**
   * What it remembers is gone, as after a disk that was full or a file that was damaged.
   * @param left documents that are not; by default the plan
   */
  loseMemory(left: readonly string[] = ['fleet', 'stopped']): void {
    const { documents } = this.records;
    this.kill();
    this.records = new MemoryRecords();
    for (const name of left) {
      const text = documents.get(name);
      if (text !== undefined) this.records.documents.set(name, text);
    }
  }

  /** Starts a process that goes on with what is on record, unless one is at it. */
  supervise(): void {
    const process = this.#start();
    if (!process) return;
    process.project
      .resume()
      .catch((error: unknown) => this.#parts.trace.say('twinhull', `could not go on: ${messageOf(error)}`));
  }

  /** null: another one has the lease */
  #start(): Process | null {
    const { clock, trace, engine, driver, files } = this.#parts;
    const name = `process ${this.#started + 1}`;
    const life: Life = new Life(clock, (...call) => witness(...call));
    const store = new MemoryStore(this.lease, this.records);
    if (!store.acquireLease('supervisor', clock.now()).held) return null;
    this.#started += 1;
    const ownEnds = new OwnEnds();
    const doors: Doors = {
      engine: ownEnds.watch(life.engine(engine)),
      driver: mortalDriver(driver, life),
      builder: { build: () => Promise.reject(new TwinhullError('TH_ENGINE_REFUSED', 'there is no builder')) },
      clock: life.clock(),
      files,
      stateFolder: STATE_FOLDER,
    };
    const mortalStore = new PatientStore(life.store(store), doors.clock);
    const project = new SupervisedProject({
      project: this.#parts.fleet.project,
      store: mortalStore,
      clock: doors.clock,
      deployer: new Deployer(doors),
      makeSupervisor: (fleet) =>
        new Supervisor({
          fleet,
          engine: doors.engine,
          ownEnds,
          store: mortalStore,
          clock: doors.clock,
          meter: this.#parts.meter,
          prober: this.#parts.prober,
          openGateway: ({ config }) => doors.driver.open(config, gatewayFolder(STATE_FOLDER, config.service)),
          rebuild: new Rebuilding(doors, fleet.project),
          log: (line) => trace.say('twinhull', line),
        }),
      isThere: () => isAnythingThere(doors.engine, this.#parts.fleet.project),
      info: { pid: this.#started, startedAt: clock.now(), version: 'sim', kind: 'process' },
    });
    const process: Process = { name, life, project };
    const witness = this.#parts.witness(process);
    this.#process = process;
    void project.ended.then((ending) => this.#ended(process, ending));
    return process;
  }

  #ended(process: Process, ending: Ending): void {
    if (process.life.isDead) return;
    this.#parts.trace.say(
      'twinhull',
      `${process.name} ends: ${ending.why === 'failed' ? messageOf(ending.error) : ending.why}`,
    );
    process.life.kill();
    if (this.#process === process) this.#process = null;
    this.lease.holder = null;
    this.isTakenDown = ending.why === 'gone';
    this.#parts.onEnd(ending);
    if (ending.why === 'failed') this.#parts.clock.timer(RESTART_PAUSE_MS, () => this.supervise());
  }
}

function mortalDriver(driver: MemoryGatewayDriver, life: Life): GatewayDriver {
  return {
    files: (config) => driver.files(config),
    configuration: (config) => driver.configuration(config),
    container: (config, folder) => driver.container(config, folder),
    open: (config, folder) => life.gateway(driver.open(config, folder)),
  };
}
