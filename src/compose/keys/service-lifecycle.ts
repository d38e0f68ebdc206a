/** Starting, stopping, scaling, watching. */

import { configField, hostField } from '../create/fields.ts';
import { putHealthcheck, putLogging, putRestart, putStopGracePeriod } from '../create/process.ts';
import { putDeploy } from '../create/resources.ts';
import { dependsOn } from './dependencies.ts';
import { deploy } from './deploy.ts';
import { healthcheck } from './healthcheck.ts';
import { key, type ServiceKeyTable } from './key.ts';
import { develop, extendsShape, hooks, logging, modelUses, provider } from './lifecycle-parts.ts';
import { boolean, containerCount, duration, text, textMatching } from './scalars.ts';
import { distinctTexts } from './shapes.ts';

export const lifecycleKeys = {
  attach: key({
    shape: boolean,
    engine: { ignored: 'only what is shown of the output' },
    doc: 'Show its output with `up` in the foreground.',
  }),
  depends_on: key({
    shape: dependsOn,
    engine: { elsewhere: 'the order in which services start' },
    doc: 'What must run, be healthy or be done before.',
  }),
  deploy: key({ shape: deploy, engine: { put: putDeploy }, doc: 'Replicas, resources and how updates proceed.' }),
  develop: key({
    shape: develop,
    engine: { ignored: 'only `docker compose watch` reads it' },
    doc: 'What `docker compose watch` does; no effect on what runs.',
  }),
  extends: key({
    shape: extendsShape,
    engine: { elsewhere: 'resolved when the project is loaded' },
    doc: 'Begin with another service, of this file or another.',
  }),
  healthcheck: key({
    shape: healthcheck,
    engine: { put: putHealthcheck },
    doc: 'How the engine finds out whether the container works.',
  }),
  init: key({ shape: boolean, engine: hostField('Init'), doc: 'A small init process as PID 1.' }),
  logging: key({ shape: logging, engine: { put: putLogging }, doc: 'Where the output goes.' }),
  models: key({
    shape: modelUses,
    engine: { unsupported: 'models are not run yet' },
    doc: 'AI models of the top-level models.',
  }),
  post_start: key({
    shape: hooks,
    engine: { unsupported: 'commands after the start are not run yet' },
    doc: 'Commands after the start.',
  }),
  pre_stop: key({
    shape: hooks,
    engine: { unsupported: 'commands before the stop are not run yet' },
    doc: 'Commands before the stop.',
  }),
  profiles: key({
    shape: distinctTexts,
    engine: { elsewhere: 'resolved when the project is loaded' },
    doc: 'Only with one of these profiles.',
  }),
  provider: key({
    shape: provider,
    engine: { unsupported: 'services run by other programs are not supported yet' },
    doc: 'A service that is run by another program.',
  }),
  restart: key({
    shape: textMatching(
      /^(no|always|unless-stopped|on-failure(:\d+)?)?$/,
      'no, always, unless-stopped, on-failure or on-failure:TIMES (no in quotes)',
    ),
    engine: { put: putRestart },
    doc: 'Who is started again by the engine.',
  }),
  scale: key({
    shape: containerCount,
    engine: { elsewhere: 'the number of members' },
    doc: 'Number of containers.',
  }),
  stop_grace_period: key({
    shape: duration,
    engine: { put: putStopGracePeriod },
    doc: 'Time to stop before it is killed; 10s by default.',
  }),
  stop_signal: key({ shape: text, engine: configField('StopSignal'), doc: 'The signal to stop with.' }),
} as const satisfies ServiceKeyTable;
