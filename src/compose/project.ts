/**
 * A Compose project, resolved: interpolated, merged, extended, filtered by profile, every short form long,
 * every path absolute. The canonical shapes are those that `docker compose config` prints; names are the
 * Compose Specification's, so that a Project can be printed as it stands.
 */

export interface Project {
  readonly name: string;
  readonly workingDir: string;
  /** absolute, in merge order */
  readonly files: readonly string[];
  /** the variables that interpolation used, after .env and --env-file */
  readonly environment: Readonly<Record<string, string>>;
  readonly activeProfiles: readonly string[];
  /** services whose profile is active, or that an active one needs; in file order */
  readonly services: Readonly<Record<string, Service>>;
  /** names of services left out because their profile is not active */
  readonly inactiveServices: readonly string[];
  readonly networks: Readonly<Record<string, NetworkDefinition>>;
  readonly volumes: Readonly<Record<string, VolumeDefinition>>;
  readonly configs: Readonly<Record<string, FileDefinition>>;
  readonly secrets: Readonly<Record<string, FileDefinition>>;
  /** top-level x- fields, by full name */
  readonly extensions: Readonly<Record<string, unknown>>;
  /** what a person should know, with its place: variables that are not set */
  readonly warnings?: readonly string[];
  /** false: loaded with `${VAR}` as it is written */
  readonly interpolated?: boolean;
  /** where a value stands: position of a key path such as ['services','web','x-twinhull','mode'] */
  readonly locate: (path: readonly (string | number)[]) => Position | null;
}

export interface Position {
  readonly file: string;
  /** from 1 */
  readonly line: number;
  readonly column: number;
}

/** null as a value of `environment` means: take it from the environment twinhull runs in, if it is there. */
export interface Service {
  readonly image?: string;
  readonly build?: Build;
  readonly command?: readonly string[] | null;
  readonly entrypoint?: readonly string[] | null;
  readonly container_name?: string;
  readonly environment?: Readonly<Record<string, string | null>>;
  readonly env_file?: readonly { readonly path: string; readonly required: boolean; readonly format?: string }[];
  readonly labels?: Readonly<Record<string, string>>;
  readonly ports?: readonly PortMapping[];
  readonly expose?: readonly string[];
  readonly volumes?: readonly Mount[];
  readonly networks?: Readonly<Record<string, NetworkUse | null>>;
  readonly network_mode?: string;
  readonly depends_on?: Readonly<Record<string, Dependency>>;
  readonly healthcheck?: Healthcheck;
  readonly deploy?: Deploy;
  readonly configs?: readonly FileUse[];
  readonly secrets?: readonly FileUse[];
  readonly restart?: string;
  readonly scale?: number;
  readonly profiles?: readonly string[];
  readonly stop_grace_period?: string;
  readonly stop_signal?: string;
  readonly hostname?: string;
  readonly pid?: string;
  readonly ipc?: string;
  readonly volumes_from?: readonly string[];
  readonly links?: readonly string[];
  readonly platform?: string;
  readonly pull_policy?: string;
  /** all other keys of the specification, canonical, under their own names; and x- fields */
  readonly [key: string]: unknown;
}

export interface Build {
  readonly context: string;
  readonly dockerfile?: string;
  readonly dockerfile_inline?: string;
  readonly args?: Readonly<Record<string, string | null>>;
  readonly target?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly [key: string]: unknown;
}

export interface PortMapping {
  readonly mode?: string;
  readonly host_ip?: string;
  readonly target: number;
  /** a port or a range "8000-8010"; absent: the engine chooses */
  readonly published?: string;
  readonly protocol: string;
  readonly name?: string;
  readonly app_protocol?: string;
}

export interface Mount {
  readonly type: 'bind' | 'volume' | 'tmpfs' | 'npipe' | 'cluster' | 'image';
  readonly source?: string;
  readonly target: string;
  readonly read_only?: boolean;
  readonly [key: string]: unknown;
}

export interface NetworkUse {
  readonly aliases?: readonly string[];
  readonly ipv4_address?: string;
  readonly ipv6_address?: string;
  readonly link_local_ips?: readonly string[];
  readonly mac_address?: string;
  readonly priority?: number;
  readonly [key: string]: unknown;
}

export interface Dependency {
  readonly condition: 'service_started' | 'service_healthy' | 'service_completed_successfully';
  readonly restart?: boolean;
  readonly required: boolean;
}

export interface Healthcheck {
  readonly test?: readonly string[];
  readonly interval?: string;
  readonly timeout?: string;
  readonly retries?: number;
  readonly start_period?: string;
  readonly start_interval?: string;
  readonly disable?: boolean;
}

export interface Deploy {
  readonly mode?: string;
  readonly replicas?: number;
  readonly [key: string]: unknown;
}

export interface FileUse {
  readonly source: string;
  readonly target?: string;
  readonly uid?: string;
  readonly gid?: string;
  readonly mode?: string;
}

export interface NetworkDefinition {
  readonly name: string;
  readonly driver?: string;
  readonly driver_opts?: Readonly<Record<string, string>>;
  readonly external?: boolean;
  readonly internal?: boolean;
  readonly attachable?: boolean;
  readonly enable_ipv6?: boolean;
  readonly ipam?: {
    readonly driver?: string;
    readonly options?: Readonly<Record<string, string>>;
    readonly config?: readonly {
      readonly subnet?: string;
      readonly gateway?: string;
      readonly ip_range?: string;
      readonly aux_addresses?: Readonly<Record<string, string>>;
    }[];
  };
  readonly labels?: Readonly<Record<string, string>>;
}

export interface VolumeDefinition {
  readonly name: string;
  readonly driver?: string;
  readonly driver_opts?: Readonly<Record<string, string>>;
  readonly external?: boolean;
  readonly labels?: Readonly<Record<string, string>>;
}

export interface FileDefinition {
  readonly name: string;
  /** absolute */
  readonly file?: string;
  readonly environment?: string;
  readonly content?: string;
  readonly external?: boolean;
  readonly labels?: Readonly<Record<string, string>>;
}
