/** What containers, networks and volumes say of themselves: Compose's labels, and ours beside them. */
export const LABEL = {
  project: 'com.docker.compose.project',
  service: 'com.docker.compose.service',
  number: 'com.docker.compose.container-number',
  oneOff: 'com.docker.compose.oneoff',
  version: 'com.docker.compose.version',
  workingDir: 'com.docker.compose.project.working_dir',
  configFiles: 'com.docker.compose.project.config_files',
  network: 'com.docker.compose.network',
  volume: 'com.docker.compose.volume',
  /** the protected service that a member or a gateway belongs to: who has it is ours */
  ours: 'twinhull.service',
  role: 'twinhull.role',
  hash: 'twinhull.config-hash',
  /** a member whose data its twin writes too: one of the two may run */
  oneWriter: 'twinhull.one-writer',
  /** the project that a supervisor's container supervises */
  supervises: 'twinhull.project',
} as const;
