/** What is believed of the world: lists, events and whose an end was. */

import { inFile } from '../mutation.ts';

export const picture = [
  ...inFile('src/supervisor/observe.ts', [
    {
      name: 'lists before it listens',
      find: 'const events = await engine.events({ labels, ...since }, { signal });\n    await this.refresh(signal);',
      replace: 'await this.refresh(signal);\n    const events = await engine.events({ labels, ...since }, { signal });',
      whatItBreaks: 'what happens between the list and the events is not seen for ten seconds',
    },
    {
      name: 'a list outweighs the events that came meanwhile',
      find: 'for (const touched of this.#lists) touched.add(event.containerId);',
      replace: '',
      whatItBreaks: 'a container that died while the list was made is alive again',
    },
    {
      name: 'who is not in the list is gone',
      find: 'await this.#lookFor(picture.missingFrom(listed), signal);',
      replace: 'await this.#lookFor([], signal);',
      whatItBreaks: 'a short list of a busy Docker is a dead fleet',
      mendedIn: '8ff52e5',
    },
    {
      name: 'who cannot be asked about is gone',
      find: '        unknown.add(idOrName);\n',
      replace: '',
      whatItBreaks: 'a Docker that is too busy to answer for a container has lost it',
      mendedIn: '8ff52e5',
    },
    {
      name: 'an old inspection counts',
      find: 'if (this.#inspecting.get(id) === true) return;',
      replace: '',
      whatItBreaks: 'what was asked before an event overwrites what the event says',
    },
    {
      name: 'events of the time without us are lost',
      find: 'this.lastEventAt === 0 ? {} : { sinceMs: this.lastEventAt }',
      replace: '{}',
      whatItBreaks: 'a docker kill while the supervisor was away looks like a stop',
    },
    {
      name: 'the engine that is gone still answers',
      find: '        picture.engineLost();\n',
      replace: '',
      whatItBreaks: 'decisions go by a picture that nobody vouches for',
    },
    {
      name: 'a gateway that does not answer is as it was',
      find: 'if (!signal.aborted) picture.setReading(service, null, askedAt);',
      replace: '',
      whatItBreaks: 'nobody is told of a gateway that hangs',
    },
    {
      name: 'a reading is as new as its answer',
      find: 'deadline.signal])), askedAt);',
      replace: 'deadline.signal])), clock.now());',
      whatItBreaks: 'a slow answer outweighs what the gateway said after it was asked',
    },
  ]),
  ...inFile('src/supervisor/picture.ts', [
    {
      name: 'our own stops are requests',
      find: 'if (owner && !this.#ownEnds.has(event.containerId)) this.#follow',
      replace: 'if (owner) this.#follow',
      whatItBreaks: 'a member that we restart and whose start fails stays down until up',
      mendedIn: '487dca9',
    },
    {
      name: 'who could not be asked about is dropped',
      find: '!touched.has(id) && !unknown.has(id)) this',
      replace: '!touched.has(id)) this',
      whatItBreaks: 'a Docker that is too busy to answer for a container has lost it',
      mendedIn: '8ff52e5',
    },
    {
      name: 'a planned container that cannot be asked about is gone',
      find: "this.#unanswered.has(member.containerName) ? 'unknown' : 'absent'",
      replace: "this.#unanswered.has(member.containerName) ? 'absent' : 'absent'",
      whatItBreaks: 'a supervisor that starts beside a busy Docker makes members anew that are there',
      mendedIn: '9c8d7e0',
    },
    {
      name: 'a half answer is the whole truth',
      find: 'container.partial && before ?',
      replace: 'container.partial && before && before.startedAt < 0 ?',
      whatItBreaks: 'what a list does not tell, such as health and networks, is forgotten',
    },
    {
      name: 'what was seen before an outage still counts',
      find: 'this.engineAnswers = false;\n    this.#trails.clear();',
      replace: 'this.engineAnswers = false;',
      whatItBreaks: 'what a Docker that shuts down has stopped was asked for',
    },
    {
      name: 'late events of the last supervisor are requests',
      find: 'if (event.at <= (this.#ownUntil.get(key) ?? 0)) return;',
      replace: '',
      whatItBreaks: 'a member whose restart was cut by kill -9 stays down until up',
    },
    {
      name: 'a killed gateway was stopped',
      find: '...(wasKilled(container, trail) ? KILLED : howItEnded(trail, now)),',
      replace: '...howItEnded(trail, now),',
      whatItBreaks: 'a gateway that was killed while the supervisor was away stays down until up',
    },
    {
      name: 'an end of ours is ours for ever',
      find: "if (event.action === 'start') this.#ownEnds.forget(event.containerId);",
      replace: '',
      whatItBreaks: 'a docker stop after a restart of ours is undone',
      mendedIn: '487dca9',
    },
    {
      name: 'a run whose start nobody told is the old one',
      find: 'known.startedAt > (before?.startedAt ?? 0)) this',
      replace: 'known.startedAt < 0) this',
      whatItBreaks: 'with the start event lost, a docker stop after a restart of ours is undone',
    },
    {
      name: 'what is set aside does not run',
      find: 'asideRuns: this.#containers.asideOf(service, member, container).some(isUp),',
      replace: 'asideRuns: false,',
      whatItBreaks: 'the container that is being replaced writes beside the new one',
    },
    {
      name: 'a stranger that does not run holds the name',
      find: '(isHeld ? null : (foreign[0] ?? null));',
      replace: '(foreign[0] ?? null);',
      whatItBreaks: 'a leftover of plain compose stops all repairs of a service',
    },
  ]),
  ...inFile('src/supervisor/after-event.ts', [
    {
      name: 'what is being removed can be started',
      find: "become(container.state === 'removing' ? 'removing' : 'exited',",
      replace: "become('exited',",
      whatItBreaks: 'docker rm -f costs repairs that cannot work',
      mendedIn: '90d0cb7',
    },
    {
      name: 'events of an earlier run count',
      find: 'return event.at < container.startedAt;',
      replace: 'return event.at < 0;',
      whatItBreaks: 'a die that is told twice kills the next run in our eyes',
    },
  ]),
  ...inFile('src/supervisor/readings.ts', [
    {
      name: 'of several ports any one counts',
      find: 'BADNESS[server.check] > BADNESS[worst.check]',
      replace: 'BADNESS[server.check] < BADNESS[worst.check]',
      whatItBreaks: 'a member whose second port is dead gets its requests',
    },
  ]),
  ...inFile('src/supervisor/own-ends.ts', [
    {
      name: 'a refused second end takes the first one back',
      find: 'error.status === 409 && !isNoted) this',
      replace: 'error.status === 409) this',
      whatItBreaks: 'late events of our own restart pass for a stop by hand',
      mendedIn: '14f7e9b',
    },
    {
      name: 'an end that failed half-way was none',
      find: "isCode(error, 'TH_ENGINE_REFUSED') && error.status === 409 && !isNoted",
      replace: "isCode(error, 'TH_ENGINE_REFUSED') && !isNoted",
      whatItBreaks: 'a restart of ours whose start fails leaves the member stopped as if by hand',
      mendedIn: '14f7e9b',
    },
  ]),
  ...inFile('src/supervisor/owners.ts', [
    {
      name: 'labels make a member',
      find: 'isOf(plan, labels) && isItself(plan, container)',
      replace: 'isOf(plan, labels)',
      whatItBreaks: "a container run from a member's committed image gets its traffic",
      mendedIn: '59e0f2b',
    },
    {
      name: 'the newest of several is the member',
      find: 'if (named) return named;',
      replace: 'if (named && containers.length === 1) return named;',
      whatItBreaks: 'while a member is replaced the wrong container is repaired',
    },
  ]),
  ...inFile('src/supervisor/left-behind.ts', [
    {
      name: 'nobody follows a restart',
      find: 'host.startedAt > container.startedAt',
      replace: 'host.startedAt > container.startedAt + 3_600_000',
      whatItBreaks: 'what shares the network of a restarted container stays cut off',
    },
    {
      name: 'nobody follows new volumes',
      find: "joins.includes('volumes_from') && hasOtherMounts(host, container, spec)",
      replace: "joins.includes('volumes_from') && !hasOtherMounts(host, container, spec)",
      whatItBreaks: 'what takes the volumes of a container that was made anew has the old ones',
    },
  ]),
  ...inFile('src/supervisor/restart-policy.ts', [
    {
      name: 'a restart policy is never given back',
      find: "container.restartPolicy === 'no' && wanted !== 'no'",
      replace: "container.restartPolicy !== 'no' && wanted !== 'no'",
      whatItBreaks: 'after a quarantine Docker never restarts that member again',
    },
  ]),
  ...inFile('src/supervisor/samples.ts', [
    {
      name: 'a part of a window is a window',
      find: 'last.at - first.at >= this.windowMs * COVERED',
      replace: 'last.at - first.at >= 0',
      whatItBreaks: 'a peak of a few seconds is taken for a leak',
    },
    {
      name: 'a hole in the samples is bridged',
      find: 'if (last && sample.at - last.at > HOLE_MS) this',
      replace: 'if (last && sample.at < last.at) this',
      whatItBreaks: 'two peaks with an hour between them are one hour near the limit',
    },
    {
      name: 'one sample is enough',
      find: 'Math.min(...values.filter((value) => value !== null))',
      replace: 'Math.max(...values.filter((value) => value !== null))',
      whatItBreaks: 'one peak in a window is taken for the whole of it',
    },
  ]),
  ...inFile('src/supervisor/alarm.ts', [
    {
      name: 'never late',
      find: 'Math.max(0, this.#clock.monotonic() - dueAt - USUAL_LATENESS_MS)',
      replace: 'Math.min(0, this.#clock.monotonic() - dueAt - USUAL_LATENESS_MS)',
      whatItBreaks: 'a supervisor that was held up does not know it',
    },
  ]),
];
