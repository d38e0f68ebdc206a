/**
 * The fleet: what would exist for a project. Pure data, made from a Project and what the user asked for in
 * `x-twinhull`; printable by `plan`, carried out by `src/deploy`, watched by `src/supervisor`, stored as JSON.
 */

import type { GatewayConfig } from '../ports/gateway.ts';
import type { ContainerSpec, NetworkSpec, VolumeSpec } from '../ports/engine.ts';
import type { HostPolicy, Mode, Role, ServicePolicy } from '../core/model.ts';
import type { Question } from '../ports/prober.ts';

export interface Fleet {
  readonly project: string;
  readonly workingDir: string;
  readonly files: readonly string[];
  /** in dependency order: a service comes after what it depends on */
  readonly services: readonly ServicePlan[];
  /** in the file, but their profile is not active: their containers are left alone, they are no orphans */
  readonly inactiveServices?: readonly string[];
  /** to be created if missing, keyed by the Compose name; `external` ones must exist already */
  readonly networks: readonly { readonly key: string; readonly external: boolean; readonly spec: NetworkSpec }[];
  readonly volumes: readonly { readonly key: string; readonly external: boolean; readonly spec: VolumeSpec }[];
  /** files to write before containers start (configs and secrets given by content or environment), 0600 or as asked */
  readonly contentFiles: readonly { readonly path: string; readonly content: string; readonly mode: number }[];
  /** things a person should know about the whole project */
  readonly notes: readonly Note[];
  readonly policy: ProjectPolicy;
}

export interface ProjectPolicy {
  readonly monitoringIntervalMs: number;
  readonly historyEntries: number;
  readonly historyRetentionMs: number;
  /** actions allowed on the whole host in `budgetWindowMs` */
  readonly hostActions: number;
  /** absent in plans of an older version */
  readonly host?: HostPolicy;
}

/** One sign of a service: what is asked. How the answers are judged is in the service's policy, by the same name. */
export type SignPlan =
  | { readonly name: string; readonly kind: 'queue'; readonly windowMs: number; readonly from: SourcePlan }
  | {
      readonly name: string;
      readonly kind: 'errors';
      readonly windowMs: number;
      readonly failed: SourcePlan;
      readonly all: SourcePlan;
    }
  | {
      readonly name: string;
      readonly kind: 'progress';
      readonly number: SourcePlan;
      /** the queue of its work; null: it must grow at all times */
      readonly work: SourcePlan | null;
    }
  | { readonly name: string; readonly kind: 'zombies'; readonly windowMs: number }
  /** by a file in its container, or by an answer of it */
  | {
      readonly name: string;
      readonly kind: 'heartbeat';
      readonly file: string | null;
      readonly question: Question | null;
    };

/** Where a number comes from. */
export interface SourcePlan {
  /** null: the member itself */
  readonly service: string | null;
  readonly question: Question;
}

export interface Note {
  /** what it is about: a key path, a service, a label */
  readonly what: string;
  readonly why: string;
}

export interface ServicePlan {
  readonly name: string;
  readonly mode: Mode;
  /** why this mode, in a few words for a person */
  readonly reason: string;
  readonly members: readonly MemberPlan[];
  readonly gateway: GatewayPlan | null;
  /** asked for or usual, and not done */
  readonly refused: readonly Note[];
  readonly notes: readonly Note[];
  readonly dependsOn: readonly {
    readonly service: string;
    readonly condition: 'service_started' | 'service_healthy' | 'service_completed_successfully';
    readonly required: boolean;
    /** restarted after it, when a person restarts it or `up` makes it anew */
    readonly restart: boolean;
    /** keys that put its containers into the other one's: it follows when that one is started or made anew; absent: none */
    readonly joins?: readonly ('network_mode' | 'pid' | 'ipc' | 'volumes_from')[];
  }[];
  /** true: exit 0 is `completed` (restart: no / on-failure, or awaited as service_completed_successfully) */
  readonly completes: boolean;
  readonly policy: ServicePolicy;
  /** absent in plans of an older version */
  readonly signs?: readonly SignPlan[];
  /** image to have before the first start, and how to come by it */
  readonly image: {
    readonly reference: string;
    readonly build: BuildPlan | null;
    readonly pull: 'missing' | 'always' | 'never';
  };
}

export interface BuildPlan {
  readonly context: string;
  /** arguments of `docker build` after the flags that every build gets; never passed through a shell */
  readonly arguments: readonly string[];
  /** values of build arguments, for the environment of `docker build` */
  readonly environment: Readonly<Record<string, string>>;
  readonly dockerfileInline: string | null;
}

export interface MemberPlan {
  /** unique in the project: "web-primary", "web-2", "web" (single) */
  readonly name: string;
  /** role at the first start; the role of the moment is in the gateway and the store */
  readonly role: Role;
  /** the value of com.docker.compose.service, and the container's number */
  readonly composeService: string;
  readonly number: number;
  readonly containerName: string;
  readonly spec: ContainerSpec;
  /** on the service's own network; null without a gateway */
  readonly address: string | null;
  /** cold standbys are created and not started; warm ones are paused later, when they have passed their check */
  readonly startsAtUp: boolean;
  /** changes when the container must be made anew; also the label twinhull.config-hash */
  readonly hash: string;
}

export interface GatewayPlan {
  readonly containerName: string;
  readonly config: GatewayConfig;
  /** without what the driver adds (image, command, mount): labels, ports, networks */
  readonly spec: Omit<ContainerSpec, 'Image'>;
  /** the service's own network: internal, subnet of ours */
  readonly network: NetworkSpec;
  readonly published: readonly { readonly hostIp: string; readonly published: string; readonly target: number }[];
  /** of the container alone: the gateway's configuration can change while it runs */
  readonly hash: string;
}
