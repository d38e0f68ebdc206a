/**
 * A deployment as data: what has to be done and what each thing waits for. Made by plan.ts, printed by
 * `twinhull plan` and `up`, done by carry-out.ts.
 */

import { formatDuration } from '../duration.ts';
import type { Container, ContainerSpec, NetworkAttachment, NetworkSpec, VolumeSpec } from '../ports/engine.ts';
import type { GatewayConfig, GatewayFile } from '../ports/gateway.ts';
import type { BuildPlan } from '../redundancy/fleet.ts';

export type Step = Work & {
  /** says what it is about, "recreate:shop-web-primary-1"; unique in a plan */
  readonly id: string;
  /** ids of the steps that must be done before */
  readonly after: readonly string[];
  /** the service it belongs to; null: the whole project */
  readonly service: string | null;
};

export type Work =
  | { readonly kind: 'create_network'; readonly spec: NetworkSpec }
  | { readonly kind: 'create_volume'; readonly spec: VolumeSpec }
  | {
      readonly kind: 'pull_image';
      readonly reference: string;
      readonly platform: string | null;
      /** it is what gateways are made of, and another image can be named for them */
      readonly forGateways: boolean;
    }
  | { readonly kind: 'build_image'; readonly reference: string; readonly build: BuildPlan }
  | { readonly kind: 'write_file'; readonly path: string; readonly content: string; readonly mode: number }
  | {
      readonly kind: 'write_gateway_files';
      readonly folder: string;
      readonly files: GatewayFiles;
      readonly overwrite: boolean;
    }
  /** another configuration for a gateway that runs, with no connection cut; its container stays */
  | {
      readonly kind: 'reload_gateway';
      readonly name: string;
      readonly gateway: GatewayConfig;
      /** members that are stopped after it: what the process before has in them is waited for */
      readonly leaving: readonly string[];
      readonly drainTimeoutMs: number;
    }
  | { readonly kind: 'create_container'; readonly container: WantedContainer }
  | {
      readonly kind: 'start_container';
      readonly name: string;
      readonly paused: boolean;
      /** to be given back first: a quarantine had taken it away; null: it is as it should be */
      readonly restartPolicy: Container['restartPolicy'] | null;
    }
  | {
      readonly kind: 'recreate_container';
      readonly container: WantedContainer;
      readonly oldId: string;
      readonly start: boolean;
      readonly why: string;
      /** nothing of its service serves until it does */
      readonly gap: boolean;
    }
  | {
      readonly kind: 'restart_container';
      readonly containerId: string;
      readonly name: string;
      readonly member: string;
      /** how long it may take to end, milliseconds; null: what the container itself says */
      readonly stopTimeoutMs: number | null;
      readonly why: string;
      readonly gap: boolean;
    }
  /** ended, and proven to be, before another one that would write the same data is started */
  | {
      readonly kind: 'stop_container';
      readonly containerId: string;
      readonly name: string;
      readonly stopTimeoutMs: number | null;
      /** by SIGKILL: one that must not even write what it holds */
      readonly force: boolean;
      readonly why: string;
    }
  | { readonly kind: 'remove_container'; readonly containerId: string; readonly name: string; readonly why: string }
  | { readonly kind: 'connect_network'; readonly name: string; readonly attachment: NetworkAttachment }
  /** another member leads, then this one gets no new requests and finishes those it has */
  | {
      readonly kind: 'move_traffic_away';
      readonly member: string;
      readonly drainTimeoutMs: number;
      readonly waitMs: number;
    }
  /** a member that goes with a change of its gateway finishes what it has; a courtesy, its failure stops nothing */
  | {
      readonly kind: 'drain_member';
      readonly member: string;
      readonly gateway: GatewayConfig;
      readonly drainTimeoutMs: number;
    }
  /** waits until the member serves; gateway: its check passes there and it is put in; engine: it runs and is healthy */
  | {
      readonly kind: 'admit_member';
      readonly member: string;
      readonly by: 'gateway' | 'engine';
      readonly waitMs: number;
    }
  /** `waitMs` null: as long as it takes (a job somebody waits for) */
  | {
      readonly kind: 'wait_for';
      readonly condition: Condition;
      readonly waitMs: number | null;
      readonly optional: boolean;
    };

export interface PlanOptions {
  /** containers of services that the file no longer has are removed, not only reported */
  readonly removeOrphans: boolean;
  /** every container is made anew */
  readonly forceRecreate: boolean;
  /** milliseconds to wait for a service; null: by its own health check */
  readonly waitTimeoutMs: number | null;
}

export type Condition = 'started' | 'healthy' | 'completed' | 'serving';
export type StepKind = Work['kind'];
export type GatewayFiles = Readonly<Record<string, Pick<GatewayFile, 'text' | 'mode'>>>;

export interface WantedContainer {
  /** the container's name in the engine */
  readonly name: string;
  /** the member's name; for a gateway the service's */
  readonly member: string;
  readonly role: 'gateway' | 'member';
  readonly spec: ContainerSpec;
  /** how long it may take to end, milliseconds; null: what the container itself says */
  readonly stopTimeoutMs: number | null;
}

/** One line for a person, in the imperative: "create network shop_default". */
export function describeStep(step: Step): string {
  switch (step.kind) {
    case 'create_network':
      return `create network ${step.spec.name}`;
    case 'create_volume':
      return `create volume ${step.spec.name}`;
    case 'pull_image':
      return `pull image ${step.reference}`;
    case 'build_image':
      return `build image ${step.reference}`;
    case 'write_file':
      return `write ${step.path}`;
    case 'write_gateway_files':
      return `write the gateway's files in ${step.folder}`;
    case 'reload_gateway':
      return `reload ${step.name} (its configuration changed); no connection through it is cut${step.leaving.length === 0 ? '' : `, and what is in flight in ${step.leaving.join(', ')} is waited for (at most ${formatDuration(step.drainTimeoutMs)})`}`;
    case 'create_container':
      return `create ${step.container.name}`;
    case 'start_container':
      return `${step.paused ? 'unpause' : 'start'} ${step.name}`;
    case 'recreate_container':
      return `recreate ${step.container.name} (${step.why})${step.container.role === 'gateway' ? '; connections through it are cut for a moment' : gapWords(step)}`;
    case 'restart_container':
      return `restart ${step.name} (${step.why})${gapWords(step)}`;
    case 'stop_container':
      return `${step.force ? 'kill' : 'stop'} ${step.name} (${step.why})`;
    case 'remove_container':
      return `remove ${step.name} (${step.why})`;
    case 'connect_network':
      return `connect ${step.name} to network ${step.attachment.network}`;
    case 'move_traffic_away':
      return `move traffic away from ${step.member} (at most ${formatDuration(step.drainTimeoutMs)} for what is in flight)`;
    case 'drain_member':
      return `let ${step.member} finish what it has (at most ${formatDuration(step.drainTimeoutMs)})`;
    case 'admit_member':
      return `wait until ${step.member} serves`;
    case 'wait_for':
      return `wait until ${step.service ?? 'the project'} ${phrase[step.condition]}`;
  }
}

function gapWords({ gap, service }: { readonly gap: boolean; readonly service: string | null }): string {
  return gap ? `; nothing of ${service ?? 'it'} serves until it has started` : '';
}

const phrase: Readonly<Record<Condition, string>> = {
  started: 'is started',
  healthy: 'is healthy',
  completed: 'has completed',
  serving: 'serves',
};

/** Waiting changes nothing; a plan of nothing else says that everything is as it should be. */
export function changes(step: Step): boolean {
  return step.kind !== 'wait_for' && step.kind !== 'admit_member';
}

/** Services that a plan changes: those a supervisor leaves alone meanwhile. */
export function servicesChanged(steps: readonly Step[]): string[] {
  return [...new Set(steps.filter(changes).flatMap(({ service }) => service ?? []))];
}
