/**
 * What twinhull asks of a container engine. Field names inside {@link ContainerSpec} are the Docker Engine
 * API's own, because its documentation is what a reader will have open; everything else is ours.
 *
 * Every call takes an optional `signal`; every call may throw `TH_ENGINE_UNREACHABLE` (no answer: the engine's
 * state is unknown, never "gone") or `TH_ENGINE_REFUSED` (it answered no; `status` has the HTTP status).
 * "No such container" is an answer, not an error: reads give `null`, and start/stop/kill/remove of what is
 * already in the wanted state succeed.
 */

export interface ContainerSpec {
  readonly Image: string;
  readonly Cmd?: readonly string[] | null;
  readonly Entrypoint?: readonly string[] | null;
  readonly Env?: readonly string[];
  readonly Labels: Readonly<Record<string, string>>;
  readonly Hostname?: string;
  readonly Domainname?: string;
  readonly User?: string;
  readonly WorkingDir?: string;
  readonly Tty?: boolean;
  readonly OpenStdin?: boolean;
  readonly StopSignal?: string;
  readonly StopTimeout?: number;
  readonly MacAddress?: string;
  readonly ExposedPorts?: Readonly<Record<string, Record<string, never>>>;
  readonly Volumes?: Readonly<Record<string, Record<string, never>>>;
  readonly Healthcheck?: {
    readonly Test?: readonly string[];
    /** nanoseconds, as the API has it */
    readonly Interval?: number;
    readonly Timeout?: number;
    readonly Retries?: number;
    readonly StartPeriod?: number;
    readonly StartInterval?: number;
  };
  /** The API's HostConfig, minus NetworkMode when `Networks` is given. */
  readonly HostConfig: Readonly<Record<string, unknown>>;
  /** Networks to be on before the first start, by engine name; the first is the one given at create. */
  readonly Networks: readonly NetworkAttachment[];
  readonly Platform?: string;
}

export interface NetworkAttachment {
  readonly network: string;
  readonly aliases: readonly string[];
  readonly ipv4Address?: string;
  readonly ipv6Address?: string;
  readonly linkLocalIps?: readonly string[];
  readonly macAddress?: string;
  readonly driverOptions?: Readonly<Record<string, string>>;
  /** the network with the highest is the default route; engines before API 1.48 do not know it */
  readonly gatewayPriority?: number;
}

export type ContainerState = 'created' | 'running' | 'paused' | 'restarting' | 'exited' | 'dead' | 'removing';
export type EngineHealth = 'none' | 'starting' | 'healthy' | 'unhealthy';

export interface Container {
  readonly id: string;
  /** without the leading slash */
  readonly name: string;
  readonly image: string;
  /** the image's content id, sha256:... */
  readonly imageId: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly state: ContainerState;
  readonly health: EngineHealth;
  readonly healthFailingStreak: number;
  /** output of the last health probe, at most 4 KiB */
  readonly healthOutput: string;
  readonly exitCode: number;
  readonly oomKilled: boolean;
  readonly error: string;
  readonly pid: number;
  /** milliseconds since 1970; 0 = never */
  readonly createdAt: number;
  readonly startedAt: number;
  readonly finishedAt: number;
  readonly restartCount: number;
  readonly restartPolicy: 'no' | 'always' | 'unless-stopped' | 'on-failure';
  /** attached networks: engine name -> address ('' while not running) */
  readonly networks: Readonly<Record<string, { readonly ipv4: string; readonly aliases: readonly string[] }>>;
  readonly mounts: readonly {
    readonly type: string;
    readonly name: string;
    readonly source: string;
    readonly destination: string;
    readonly writable: boolean;
  }[];
  /** published: "80/tcp" -> host address and port */
  readonly ports: Readonly<Record<string, readonly { readonly hostIp: string; readonly hostPort: number }[]>>;
  /** only what the list says: the engine did not answer for this container; times, counts and ports are unknown */
  readonly partial?: boolean;
}

/** A container event. It means "look again now", never more; see supervisor/observe.ts. */
export interface EngineEvent {
  readonly type: 'container' | 'network';
  /** create start die kill stop restart pause unpause oom destroy rename health_status connect disconnect ... */
  readonly action: string;
  /** the container; for network events the container that was (dis)connected */
  readonly containerId: string;
  readonly attributes: Readonly<Record<string, string>>;
  /** milliseconds since 1970, by the engine's clock */
  readonly at: number;
}

export interface EngineInfo {
  /** stable over restarts of the engine */
  readonly id: string;
  readonly version: string;
  readonly apiVersion: string;
  readonly os: string;
  readonly architecture: string;
  readonly cpus: number;
  readonly memoryBytes: number;
  /** where images, containers and volumes are, on its own host */
  readonly dataRoot: string;
  readonly cgroupVersion: '1' | '2';
  readonly liveRestore: boolean;
  readonly swarmActive: boolean;
  /** 'name=rootless' and the like */
  readonly securityOptions: readonly string[];
}

export interface NetworkSpec {
  readonly name: string;
  readonly driver?: string;
  readonly driverOptions?: Readonly<Record<string, string>>;
  readonly internal?: boolean;
  readonly attachable?: boolean;
  readonly enableIpv6?: boolean;
  readonly labels: Readonly<Record<string, string>>;
  readonly ipam?: {
    readonly driver?: string;
    readonly options?: Readonly<Record<string, string>>;
    readonly config: readonly {
      readonly subnet?: string;
      readonly gateway?: string;
      readonly ipRange?: string;
      readonly auxAddresses?: Readonly<Record<string, string>>;
    }[];
  };
}
export interface Network extends NetworkSpec {
  readonly id: string;
  readonly subnets: readonly string[];
  /** container ids attached now */
  readonly containers: readonly string[];
}

export interface VolumeSpec {
  readonly name: string;
  readonly driver?: string;
  readonly driverOptions?: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
}
export interface Volume extends VolumeSpec {
  readonly mountpoint: string;
}

export interface Image {
  readonly id: string;
  readonly exposedPorts: readonly string[];
  readonly volumes: readonly string[];
  readonly healthcheckTest: readonly string[] | null;
  readonly entrypoint: readonly string[] | null;
  readonly cmd: readonly string[] | null;
  readonly env: readonly string[];
  readonly user: string;
  readonly labels: Readonly<Record<string, string>>;
}

export interface LogLine {
  readonly stream: 'stdout' | 'stderr';
  /** milliseconds since 1970 */
  readonly at: number;
  readonly text: string;
}

export interface FileStat {
  /** milliseconds since 1970, by the host's clock */
  readonly modifiedAt: number;
  readonly sizeBytes: number;
}

export interface ListFilter {
  /** label=value pairs, all must hold; an empty value asks for presence */
  readonly labels?: Readonly<Record<string, string>>;
}

export interface Call {
  readonly signal?: AbortSignal;
  /** milliseconds, instead of the usual 10 s for reads, 60 s for changes, the grace and 30 s for stops */
  readonly deadlineMs?: number;
}

export interface Engine {
  info(call?: Call): Promise<EngineInfo>;

  /** All containers, running or not, that match, fully inspected. */
  listContainers(filter: ListFilter, call?: Call): Promise<Container[]>;
  /** By id or name. */
  inspectContainer(idOrName: string, call?: Call): Promise<Container | null>;
  /** Creates, attaches to every network of the spec, does not start. Gives the id; leaves nothing behind on failure. */
  createContainer(name: string, spec: ContainerSpec, call?: Call): Promise<string>;
  startContainer(id: string, call?: Call): Promise<void>;
  /** SIGTERM (or the container's signal), then SIGKILL after `timeoutSeconds` (default: the container's own). */
  stopContainer(id: string, options: { readonly timeoutSeconds?: number }, call?: Call): Promise<void>;
  restartContainer(id: string, options: { readonly timeoutSeconds?: number }, call?: Call): Promise<void>;
  killContainer(id: string, signalName: string, call?: Call): Promise<void>;
  pauseContainer(id: string, call?: Call): Promise<void>;
  unpauseContainer(id: string, call?: Call): Promise<void>;
  renameContainer(id: string, name: string, call?: Call): Promise<void>;
  /** `volumes` also removes anonymous volumes. */
  removeContainer(
    id: string,
    options: { readonly force: boolean; readonly volumes: boolean },
    call?: Call,
  ): Promise<void>;
  setRestartPolicy(id: string, policy: Container['restartPolicy'], call?: Call): Promise<void>;
  /** How many processors' time it may use, from now on and over restarts; 0.5: half of one, null: no limit. */
  setCpuLimit(id: string, cpus: number | null, call?: Call): Promise<void>;

  /**
   * Container and network events with every label filter given, from now on (or `sinceMs`). Ends by throwing
   * TH_ENGINE_UNREACHABLE when the stream breaks, by returning when `signal` is aborted. The returned promise
   * resolves when the subscription stands: list after that and nothing is missed.
   */
  events(
    options: { readonly labels?: Readonly<Record<string, string>>; readonly sinceMs?: number },
    call: Call,
  ): Promise<AsyncIterable<EngineEvent>>;

  logs(
    id: string,
    options: { readonly follow: boolean; readonly tail?: number; readonly sinceMs?: number },
    call?: Call,
  ): AsyncIterable<LogLine>;
  /** Runs a command in a container and collects at most 1 MiB of output. */
  exec(
    id: string,
    command: readonly string[],
    options: { readonly user?: string; readonly env?: readonly string[]; readonly workingDir?: string },
    call?: Call,
  ): Promise<{ readonly exitCode: number; readonly stdout: string; readonly stderr: string }>;
  /**
   * A file in a container, running or not, without running anything in it; null: there is none. What lies on a tmpfs
   * mount is not seen.
   */
  statFile(id: string, path: string, call?: Call): Promise<FileStat | null>;

  listNetworks(filter: ListFilter, call?: Call): Promise<Network[]>;
  inspectNetwork(idOrName: string, call?: Call): Promise<Network | null>;
  createNetwork(spec: NetworkSpec, call?: Call): Promise<string>;
  removeNetwork(idOrName: string, call?: Call): Promise<void>;
  connectNetwork(attachment: NetworkAttachment, containerId: string, call?: Call): Promise<void>;
  disconnectNetwork(
    network: string,
    containerId: string,
    options: { readonly force: boolean },
    call?: Call,
  ): Promise<void>;

  listVolumes(filter: ListFilter, call?: Call): Promise<Volume[]>;
  inspectVolume(name: string, call?: Call): Promise<Volume | null>;
  createVolume(spec: VolumeSpec, call?: Call): Promise<void>;
  removeVolume(name: string, call?: Call): Promise<void>;

  inspectImage(reference: string, call?: Call): Promise<Image | null>;
  /** Pulls with the credentials of the Docker configuration; reports progress lines for a person. */
  pullImage(
    reference: string,
    options: { readonly platform?: string; readonly onProgress?: (line: string) => void },
    call?: Call,
  ): Promise<void>;
}
