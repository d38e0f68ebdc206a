import { messageOf } from '../errors.ts';
import { refuseSecondWriter } from '../fencing/proof.ts';
import type { Fleet, GatewayPlan, MemberPlan, ServicePlan } from '../redundancy/fleet.ts';
import { gatewayBlueprint, wantedMember } from './blueprint.ts';
import { isOptional, type StepEvent } from './carry-out.ts';
import { deadlines, within } from './deadlines.ts';
import { stopAll, takeDown } from './down.ts';
import { writeGatewayFiles } from './files.ts';
import { recreateContainer, type Recreation, recoverReplaced } from './recreate.ts';
import { finishReloads } from './reload.ts';
import { changes, describeStep, type PlanOptions, type WantedContainer } from './steps.ts';
import { bringUp, type UpHooks, type UpResult } from './up.ts';
import type { World } from './world.ts';

/** A line for a person about what is being done. */
interface Progress {
  /** milliseconds since 1970 */
  readonly at: number;
  readonly service: string | null;
  readonly text: string;
}
type Report = (progress: Progress) => void;

/** A project's deployments, for whoever holds its lease. */
export class Deployer {
  readonly #world: World;

  constructor(world: World) {
    this.#world = world;
  }

  async up(
    fleet: Fleet,
    options: PlanOptions,
    { report, aside }: { readonly report: Report; readonly aside: UpHooks['aside'] },
    signal: AbortSignal,
  ): Promise<UpResult> {
    const say = this.#teller(report);
    const onEvent = (event: StepEvent): void => {
      const line = lineOf(event);
      if (line !== null) say(line, event.step.service);
    };
    const hooks: UpHooks = { onEvent, say: (line) => say(line, null), aside };
    const result = await bringUp(this.#world, fleet, options, hooks, signal);
    const orphans = result.orphans.join(', ');
    if (orphans !== '')
      say(`left alone, because its service is no longer in the file (--remove-orphans removes it): ${orphans}`, null);
    return result;
  }

  down(
    project: string,
    fleet: Fleet | null,
    options: { readonly volumes: boolean; readonly timeoutSeconds: number | null },
    report: Report,
  ): Promise<void> {
    const timeoutMs = options.timeoutSeconds === null ? null : options.timeoutSeconds * 1000;
    return takeDown(project, fleet, this.#world.engine, {
      volumes: options.volumes,
      timeoutMs,
      say: this.#teller(report),
    });
  }

  async finishBegun(fleet: Fleet, report: Report): Promise<void> {
    const say = this.#teller(report);
    for (const line of await recoverReplaced(this.#world.engine, fleet.project)) say(line, null);
    for (const line of await finishReloads(fleet, this.#world)) say(line, null);
  }

  stop(project: string, fleet: Fleet | null, report: Report): Promise<void> {
    return stopAll(project, fleet, this.#world.engine, { timeoutMs: null, say: this.#teller(report) });
  }

  #teller(report: Report): (text: string, service: string | null) => void {
    return (text, service) => report({ at: this.#world.clock.now(), service, text });
  }
}

/** Waits that come to a good end are not worth a line; why a step failed is told at the end, once. */
function lineOf(event: StepEvent): string | null {
  const what = describeStep(event.step);
  switch (event.kind) {
    case 'begun':
      return changes(event.step) ? what : null;
    case 'progress':
      return event.line;
    case 'done':
      return null;
    case 'failed':
      return isOptional(event.step) ? `could not ${what}: ${firstLineOf(event.error)}` : `could not ${what}`;
    case 'skipped':
      return changes(event.step) ? `did not ${what}, because it could not ${describeStep(event.because)}` : null;
  }
}

type RebuildingWorld = Pick<World, 'engine' | 'driver' | 'clock' | 'files' | 'stateFolder'>;

function firstLineOf(error: unknown): string {
  return messageOf(error).split('\n')[0] ?? '';
}

/** The supervisor's last rung: containers made anew from the plan. A second call finishes what the first began. */
export class Rebuilding {
  readonly #world: RebuildingWorld;
  readonly #project: string;

  constructor(world: RebuildingWorld, project: string) {
    this.#world = world;
    this.#project = project;
  }

  async member(service: ServicePlan, member: MemberPlan, start: boolean, signal: AbortSignal): Promise<void> {
    const { engine } = this.#world;
    const mayStart = (id: string): Promise<void> =>
      refuseSecondWriter(engine, { project: this.#project, service }, id, within(deadlines.read, signal));
    await this.#make(wantedMember(service, member), start, signal, service.policy.oneWriter ? { mayStart } : {});
  }

  /** Its files are written only where they are missing: the leader and the states on disk are true. */
  async gateway(service: ServicePlan, gateway: GatewayPlan, signal: AbortSignal): Promise<void> {
    const { driver, files: disk, stateFolder } = this.#world;
    const { folder, files, container } = gatewayBlueprint(service.name, gateway, driver, stateFolder);
    await writeGatewayFiles(disk, folder, files(null), false);
    await this.#make(container, true, signal, {});
  }

  /** What a `down` of another tool left behind, taken away as ours would; volumes stay. */
  clearAway(signal: AbortSignal): Promise<void> {
    return takeDown(this.#project, null, this.#world.engine, {
      volumes: false,
      timeoutMs: null,
      say: () => undefined,
      signal,
    });
  }

  async #make(
    { name, spec, stopTimeoutMs }: WantedContainer,
    start: boolean,
    signal: AbortSignal,
    check: Pick<Recreation, 'mayStart'>,
  ): Promise<void> {
    const { engine } = this.#world;
    await recoverReplaced(engine, this.#project, signal, name);
    const Image = await this.#imageOf(name, spec.Image, signal);
    const wanted = { name, spec: { ...spec, Image }, stopTimeoutMs, start, ...check, signal };
    await recreateContainer(this.#world, name, wanted);
  }

  /** A repair deploys nothing: the image stays the one that ran, also when its name means another one by now. */
  async #imageOf(name: string, reference: string, signal: AbortSignal): Promise<string> {
    const { engine } = this.#world;
    const call = within(deadlines.read, signal);
    const [old, named] = await Promise.all([engine.inspectContainer(name, call), engine.inspectImage(reference, call)]);
    if (!old || old.partial || old.imageId === '' || old.imageId === named?.id) return reference;
    return (await engine.inspectImage(old.imageId, call)) ? old.imageId : reference;
  }
}
