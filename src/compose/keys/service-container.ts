/** What runs in the container: image, command, environment, user. */

import { build } from './build.ts';
import { envFiles, paths } from './files.ts';
import { key, undecided, type ServiceKeyTable } from './key.ts';
import { boolean, command, labels, pairs, text, textMatching } from './shapes.ts';

export const containerKeys = {
  image: key({ shape: text, engine: undecided, doc: 'The image to run.' }),
  build: key({ shape: build, engine: undecided, doc: 'How the image is built.' }),
  command: key({ shape: command, engine: undecided, doc: 'The command; a string is split as by a shell.' }),
  entrypoint: key({ shape: command, engine: undecided, doc: 'What the command is given to.' }),
  container_name: key({
    shape: textMatching(/^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/, 'letters, digits and _.- , at least two'),
    engine: undecided,
    doc: 'The container\'s name.',
  }),
  environment: key({ shape: pairs, engine: undecided, doc: 'Environment variables; those of env_file are taken in.' }),
  env_file: key({ shape: envFiles, engine: undecided, doc: 'Files with environment variables.' }),
  labels: key({ shape: labels, engine: undecided, doc: 'Labels of the container.' }),
  label_file: key({ shape: paths, engine: undecided, doc: 'Files with labels.' }),
  annotations: key({ shape: labels, engine: undecided, doc: 'Annotations for the container runtime.' }),
  working_dir: key({ shape: text, engine: undecided, doc: 'The folder the command runs in.' }),
  user: key({ shape: text, engine: undecided, doc: 'The user (and group) the command runs as.' }),
  tty: key({ shape: boolean, engine: undecided, doc: 'A terminal for the command.' }),
  stdin_open: key({ shape: boolean, engine: undecided, doc: 'Keep standard input open.' }),
  platform: key({ shape: text, engine: undecided, doc: 'The platform of the image, such as linux/amd64.' }),
  pull_policy: key({
    shape: textMatching(/^(always|never|build|if_not_present|missing|refresh|daily|weekly|every_([0-9]+[wdhms])+)$/, 'always, never, missing, if_not_present, build, daily, weekly or every_DURATION'),
    engine: undecided,
    doc: 'When the image is pulled.',
  }),
  pull_refresh_after: key({ shape: text, engine: undecided, doc: 'Age after which the image is pulled again.' }),
} as const satisfies ServiceKeyTable;
