/** Starting, stopping, scaling, watching. */

import { dependsOn } from './dependencies.ts';
import { deploy } from './deploy.ts';
import { healthcheck } from './healthcheck.ts';
import { key, undecided, type ServiceKeyTable } from './key.ts';
import { develop, extendsShape, hooks, logging, modelUses, provider } from './lifecycle-parts.ts';
import { boolean, distinctTexts, duration, integer, text, textMatching } from './shapes.ts';

export const lifecycleKeys = {
  attach: key({ shape: boolean, engine: undecided, doc: 'Show its output with `up` in the foreground.' }),
  depends_on: key({ shape: dependsOn, engine: undecided, doc: 'What must run, be healthy or be done before.' }),
  deploy: key({ shape: deploy, engine: undecided, doc: 'Replicas, resources and how updates proceed.' }),
  develop: key({ shape: develop, engine: undecided, doc: 'What `docker compose watch` does; no effect on what runs.' }),
  extends: key({ shape: extendsShape, engine: undecided, doc: 'Begin with another service, of this file or another.' }),
  healthcheck: key({ shape: healthcheck, engine: undecided, doc: 'How the engine finds out whether the container works.' }),
  init: key({ shape: boolean, engine: undecided, doc: 'A small init process as PID 1.' }),
  logging: key({ shape: logging, engine: undecided, doc: 'Where the output goes.' }),
  models: key({ shape: modelUses, engine: undecided, doc: 'AI models of the top-level models.' }),
  post_start: key({ shape: hooks, engine: undecided, doc: 'Commands after the start.' }),
  pre_stop: key({ shape: hooks, engine: undecided, doc: 'Commands before the stop.' }),
  profiles: key({ shape: distinctTexts, engine: undecided, doc: 'Only with one of these profiles.' }),
  provider: key({ shape: provider, engine: undecided, doc: 'A service that is run by another program.' }),
  restart: key({ shape: textMatching(/^(no|always|unless-stopped|on-failure(:\d+)?)$/, 'no, always, unless-stopped, on-failure or on-failure:TIMES (no in quotes)'), engine: undecided, doc: 'Who is started again by the engine.' }),
  scale: key({ shape: integer({ min: 0 }), engine: undecided, doc: 'Number of containers.' }),
  stop_grace_period: key({ shape: duration, engine: undecided, doc: 'Time to stop before it is killed; 10s by default.' }),
  stop_signal: key({ shape: text, engine: undecided, doc: 'The signal to stop with.' }),
} as const satisfies ServiceKeyTable;
