import { TwinhullError } from '../errors.ts';
import type { Call, Engine, Image } from '../ports/engine.ts';
import type { BuildPlan, Fleet } from '../redundancy/fleet.ts';
import type { GatewayBlueprint } from './blueprint.ts';
import type { Step } from './steps.ts';

interface ImageWish {
  readonly reference: string;
  readonly build: BuildPlan | null;
  readonly pull: 'missing' | 'always' | 'never';
  readonly platform: string | null;
  readonly forGateways: boolean;
}

/** What script/images and script/gateway-image build where no registry answers. */
export const LOCAL_GATEWAY_IMAGE = 'twinhull-local/haproxy:latest';

/**
 * Steps that bring the images of a fleet here: built where the service says how, else pulled.
 * @throws TH_IMAGE_UNAVAILABLE naming every image that is missing and may not be pulled
 */
export function planImages(
  fleet: Fleet,
  blueprints: ReadonlyMap<string, GatewayBlueprint>,
  images: ReadonlyMap<string, Image | null>,
): Step[] {
  const wishes = wishesOf(fleet, blueprints);
  const forbidden = wishes.filter(({ reference, build, pull }) => pull === 'never' && !build && !images.get(reference));
  if (forbidden.length > 0) {
    const names = forbidden.map(({ reference }) => reference).join(', ');
    throw new TwinhullError('TH_IMAGE_UNAVAILABLE', `not on this host, and never to be pulled: ${names}`, {
      state: 'nothing was changed',
    });
  }
  return wishes.flatMap((wish) => imageStep(wish, Boolean(images.get(wish.reference))) ?? []);
}

/**
 * The gateway's image could not be pulled. A local one is named, never taken in silence: the supervisor, and every
 * later command, must be of one mind about what gateways are made of.
 */
export async function gatewayImageUnavailable(
  engine: Pick<Engine, 'inspectImage'>,
  reference: string,
  cause: TwinhullError,
  call: Call,
): Promise<TwinhullError> {
  const local = await engine.inspectImage(LOCAL_GATEWAY_IMAGE, call).catch(() => null);
  const next = local
    ? `This engine has ${LOCAL_GATEWAY_IMAGE}. Use it: export TWINHULL_GATEWAY_IMAGE=${LOCAL_GATEWAY_IMAGE} and run the command again.`
    : `Load it (docker load), or name an image that has haproxy and a shell: export TWINHULL_GATEWAY_IMAGE=IMAGE and run the command again.`;
  const message = `gateways need the image ${reference}, which could not be pulled: ${cause.message}`;
  return new TwinhullError('TH_IMAGE_UNAVAILABLE', message, { cause, state: 'nothing was started or changed', next });
}

function imageStep({ reference, build, pull, platform, forGateways }: ImageWish, present: boolean): Step | null {
  const common = { id: `image:${reference}`, after: [], service: null };
  if (build) return present ? null : { ...common, kind: 'build_image', reference, build };
  return present && pull !== 'always' ? null : { ...common, kind: 'pull_image', reference, platform, forGateways };
}

/** One wish an image: the first service that says how to build it decides. */
function wishesOf(fleet: Fleet, blueprints: ReadonlyMap<string, GatewayBlueprint>): ImageWish[] {
  const wishes = new Map<string, ImageWish>();
  for (const { image, members } of fleet.services) {
    const known = wishes.get(image.reference);
    const platform = members[0]?.spec.Platform ?? null;
    if (!known || (!known.build && image.build))
      wishes.set(image.reference, { ...image, platform, forGateways: false });
  }
  for (const { container } of blueprints.values()) {
    const reference = container.spec.Image;
    const wish = wishes.get(reference) ?? { reference, build: null, pull: 'missing', platform: null };
    wishes.set(reference, { ...wish, forGateways: true });
  }
  return [...wishes.values()];
}
