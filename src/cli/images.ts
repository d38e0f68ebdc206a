import { isCode, TwinhullError } from '../errors.ts';
import type { Fleet, ServicePlan } from '../redundancy/fleet.ts';
import type { Context } from './command.ts';
import type { Place } from './place.ts';
import { reporter } from './terminal/reporter.ts';

export interface ImageOptions {
  /** true: build even what is there; false: build nothing; null: build what is missing */
  readonly build: boolean | null;
  /** null: as each service's pull_policy says */
  readonly pull: 'always' | 'missing' | 'never' | null;
  /** a plan by what the engine knows at this moment */
  readonly plan: () => Promise<Fleet>;
}

/**
 * Builds and pulls what the plan needs, then plans again: what an image declares (ports, volumes, a health
 * check) decides how its service is protected. The plan that comes back needs no image any more: a supervisor
 * in a container has no builder.
 */
export async function prepareImages(context: Context, place: Place, options: ImageOptions): Promise<Fleet> {
  const before = await options.plan();
  const needs = await imagesToMake(place, before, options);
  if (needs.length === 0) return withoutImages(before);
  for (const need of needs) await make(context, place, need);
  return withoutImages(await options.plan());
}

type Need = { readonly service: string; readonly image: ServicePlan['image']; readonly how: 'build' | 'pull' };

async function imagesToMake({ engine }: Place, fleet: Fleet, options: ImageOptions): Promise<Need[]> {
  const first = new Map(fleet.services.toReversed().map((service) => [service.image.reference, service]));
  const needs = await Promise.all(
    [...first.values()].toReversed().map(async ({ name, image }): Promise<Need | null> => {
      const how = howToMake(image, (await engine.inspectImage(image.reference)) !== null, options);
      return how === null ? null : { service: name, image, how };
    }),
  );
  return needs.filter((need) => need !== null);
}

function howToMake(image: ServicePlan['image'], there: boolean, options: ImageOptions): 'build' | 'pull' | null {
  if (image.build) {
    if (options.build === true || (!there && options.build === null)) return 'build';
    if (there) return null;
  }
  const policy = options.pull ?? image.pull;
  if (!image.build && (policy === 'always' || (!there && policy === 'missing'))) return 'pull';
  if (there) return null;
  throw new TwinhullError(
    'TH_IMAGE_UNAVAILABLE',
    `the image ${image.reference} is not there, and ${image.build ? '--no-build forbids to build it' : 'pulling it is forbidden (never)'}`,
  );
}

async function make(context: Context, { engine }: Place, { service, image, how }: Need): Promise<void> {
  const report = reporter(context);
  const say = (text: string): void => {
    if (text.trim() !== '') report({ at: Date.now(), service, text });
  };
  say(`${how === 'build' ? 'building' : 'pulling'} ${image.reference}`);
  try {
    if (how === 'build' && image.build) {
      const { imageBuilder } = await import('../wire.ts');
      await imageBuilder(engine, context.environment).build(image.build, image.reference, say);
    } else {
      await engine.pullImage(image.reference, { onProgress: say });
    }
  } catch (error) {
    throw isCode(error, 'TH_ENGINE_REFUSED') ? unavailable(service, image.reference, how, error) : error;
  }
}

function unavailable(service: string, reference: string, how: Need['how'], cause: TwinhullError): TwinhullError {
  const message = `${service} needs the image ${reference}, which could not be ${how === 'build' ? 'built' : 'pulled'}: ${cause.message}`;
  return new TwinhullError('TH_IMAGE_UNAVAILABLE', message, { cause, state: 'nothing was started or changed' });
}

function withoutImages(fleet: Fleet): Fleet {
  const services = fleet.services.map((service) => ({
    ...service,
    image: { ...service.image, build: null, pull: 'missing' as const },
  }));
  return { ...fleet, services };
}
