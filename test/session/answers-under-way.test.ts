import { expect, test } from 'vitest';
import { BotError } from '#src/base/errors.ts';
import type { ConsentPolicy } from '#src/people/consent.ts';
import {
  adam,
  eva,
  type House,
  lounge,
  openHouse,
  pass,
  words,
} from '#test/session/setup/session-fixture.ts';

const late = new BotError('link.timeout', true, 'Late.');
const openMs = 2_000;

/** Opening a link takes 2 s from now on. */
function slowDown({ clock, door }: House): void {
  const open = door.open.bind(door);
  door.open = async (where, mayHear, signal) => {
    await clock.sleep(openMs, signal);
    return await open(where, mayHear, signal);
  };
}

/** The ways a bot can be on its way into a channel; each resolves in the middle of it. */
const ways = {
  'while it joins': async (house: House) => {
    slowDown(house);
    void house.rooms.join(lounge, 'adam');
    await house.clock.advance(500);
  },
  'while it waits for its next try': async (house: House) => {
    house.door.failures.push(late, late);
    await house.rooms.join(lounge, 'adam');
  },
  'while it is moved': async (house: House) => {
    await house.rooms.join(lounge, 'adam');
    await pass(house, 100);
    slowDown(house);
    house.rooms.news('g', { kind: 'moved', channelId: 'den' });
    await house.clock.advance(500);
  },
  'in the moment it is moved': async (house: House) => {
    await house.rooms.join(lounge, 'adam');
    await pass(house, 100);
    slowDown(house);
    house.rooms.news('g', { kind: 'moved', channelId: 'den' });
  },
} as const;

type Way = keyof typeof ways;
type Case = {
  readonly policy: ConsentPolicy;
  /** Eva has agreed for good, long ago. */
  readonly agreed: boolean;
  readonly say: (house: House) => unknown;
  readonly heard: boolean;
};

const saying: Readonly<Record<string, Case>> = {
  'a no': {
    policy: 'ask',
    agreed: true,
    heard: false,
    say: ({ privacy }) => privacy.deny('g', 'eva'),
  },
  'a wish to be forgotten': {
    policy: 'ask',
    agreed: true,
    heard: false,
    say: ({ privacy }) => privacy.forget('g', 'eva'),
  },
  'a stricter policy': {
    policy: 'notice',
    agreed: false,
    heard: false,
    say: ({ settings }) => settings.set('g', 'consent', 'ask'),
  },
  'a pause': {
    policy: 'ask',
    agreed: true,
    heard: false,
    say: ({ hearing }) => hearing.pause('g'),
  },
  'a yes': {
    policy: 'ask',
    agreed: false,
    heard: true,
    say: ({ privacy }) => privacy.allow('g', 'eva', 'today'),
  },
};

const all = Object.keys(ways).flatMap((way) =>
  Object.keys(saying).map((what) => [what, way as Way] as const),
);

test.each(all)('%s that is said %s holds once the bot is there', async (what, way) => {
  const one = saying[what];
  if (!one) throw new Error('no such case');
  const house = openHouse({ consent: { policy: one.policy } }, [adam, eva]);
  if (one.agreed) await house.book.write('g', 'eva', { kind: 'always' });
  await ways[way](house);
  await one.say(house);
  await house.clock.advance(5_000);
  expect(house.rooms.session('g')?.isLinked).toBe(true);
  expect(house.rooms.session('g')?.context.gate.mayHear('eva')).toBe(one.heard);
  await pass(house, 4_000, await words('human-goforward', eva, house.clock.nowMs()));
  expect(house.of('recognised').length > 0).toBe(one.heard);
});

test('a no of the caller while the call waits for its turn is not undone by the call', async () => {
  const house = openHouse({}, []);
  await house.rooms.join(lounge, 'eva');
  await pass(house, 100);
  slowDown(house);
  const joining = house.rooms.join({ ...lounge, channelId: 'den' }, 'adam');
  await house.privacy.deny('g', 'adam');
  await house.clock.advance(5_000);
  expect(await joining).toMatchObject({ kind: 'joined' });
  expect(house.rooms.session('g')?.context.gate.standing('adam')).toBe('no');
});

test('what the book tells while somebody is being forgotten is not believed of them', async () => {
  const house = openHouse({}, [adam, eva]);
  await house.book.write('g', 'eva', { kind: 'always' });
  const read = house.book.read.bind(house.book);
  house.book.read = async (guildId) => {
    const standings = await read(guildId);
    await house.clock.sleep(1_000, new AbortController().signal);
    return standings;
  };
  const joining = house.rooms.join(lounge, 'adam');
  await house.clock.advance(500);
  await house.privacy.forget('g', 'eva');
  await house.clock.advance(1_000);
  await joining;
  expect(house.rooms.session('g')?.context.gate.standing('eva')).toBe('unasked');
});
