/** What runs in the container: image, command, environment, user. */

import { configField } from '../create/fields.ts';
import {
  putAnnotations,
  putCommand,
  putEntrypoint,
  putEnvironment,
  putLabels,
  putStdinOpen,
  putTty,
} from '../create/process.ts';
import { build } from './build.ts';
import { envFiles, paths } from './files.ts';
import { key, type ServiceKeyTable } from './key.ts';
import { boolean, text, textMatching } from './scalars.ts';
import { command, labels, pairs } from './shapes.ts';

export const containerKeys = {
  image: key({
    shape: textMatching(/^[a-zA-Z0-9[][\w.\-/:@[\]]*$/, 'the name of an image, such as nginx:1.27'),
    engine: { elsewhere: 'the image of every container of the service' },
    doc: 'The image to run.',
  }),
  build: key({
    shape: build,
    engine: { elsewhere: 'images are built before containers are made' },
    doc: 'How the image is built.',
  }),
  command: key({ shape: command, engine: { put: putCommand }, doc: 'The command; a string is split as by a shell.' }),
  entrypoint: key({ shape: command, engine: { put: putEntrypoint }, doc: 'What the command is given to.' }),
  container_name: key({
    shape: textMatching(/^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/, 'letters, digits and _.- , at least two'),
    engine: { elsewhere: 'the names of members and gateways' },
    doc: "The container's name.",
  }),
  environment: key({
    shape: pairs,
    engine: { put: putEnvironment },
    doc: 'Environment variables; those of env_file are taken in.',
  }),
  env_file: key({
    shape: envFiles,
    engine: { elsewhere: 'read when the project is loaded, into environment' },
    doc: 'Files with environment variables.',
  }),
  labels: key({ shape: labels, engine: { put: putLabels }, doc: 'Labels of the container.' }),
  label_file: key({
    shape: paths,
    engine: { elsewhere: 'read when the project is loaded, into labels' },
    doc: 'Files with labels.',
  }),
  annotations: key({ shape: labels, engine: { put: putAnnotations }, doc: 'Annotations for the container runtime.' }),
  working_dir: key({ shape: text, engine: configField('WorkingDir'), doc: 'The folder the command runs in.' }),
  user: key({ shape: text, engine: configField('User'), doc: 'The user (and group) the command runs as.' }),
  tty: key({ shape: boolean, engine: { put: putTty }, doc: 'A terminal for the command.' }),
  stdin_open: key({ shape: boolean, engine: { put: putStdinOpen }, doc: 'Keep standard input open.' }),
  platform: key({
    shape: text,
    engine: configField('Platform'),
    doc: 'The platform of the image, such as linux/amd64.',
  }),
  pull_policy: key({
    shape: textMatching(
      /^(always|never|build|if_not_present|missing|refresh|daily|weekly|every_([0-9]+[wdhms])+)$/,
      'always, never, missing, if_not_present, build, daily, weekly or every_DURATION',
    ),
    engine: { elsewhere: 'images are pulled before containers are made' },
    doc: 'When the image is pulled.',
  }),
  pull_refresh_after: key({
    shape: text,
    engine: { unsupported: 'images are pulled when missing, or always; not by age' },
    doc: 'Age after which the image is pulled again.',
  }),
} as const satisfies ServiceKeyTable;
