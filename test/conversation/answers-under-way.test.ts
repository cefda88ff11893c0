import { expect, test } from 'vitest';
import { BotError } from '#src/base/errors.ts';
import type { ConsentPolicy } from '#src/people/consent.ts';
import {
  adam,
  eva,
  lounge,
  openSessionFixture,
  pass,
  type SessionFixture,
  words,
} from '#test/conversation/setup/session-fixture.ts';

const late = new BotError('link.timeout', true, 'Late.');
const openMs = 2_000;

/** Opening a link takes 2 s from now on. */
function slowDown({ clock, linkOpener }: SessionFixture): void {
  const open = linkOpener.open.bind(linkOpener);
  linkOpener.open = async (where, mayHear, signal) => {
    await clock.sleep(openMs, signal);
    return await open(where, mayHear, signal);
  };
}

/** The ways a bot can be on its way into a channel; each resolves in the middle of it. */
const ways = {
  'while it joins': async (fixture: SessionFixture) => {
    slowDown(fixture);
    void fixture.sessions.join(lounge, 'adam');
    await fixture.clock.advance(500);
  },
  'while it waits for its next try': async (fixture: SessionFixture) => {
    fixture.linkOpener.failures.push(late, late);
    await fixture.sessions.join(lounge, 'adam');
  },
  'while it is moved': async (fixture: SessionFixture) => {
    await fixture.sessions.join(lounge, 'adam');
    await pass(fixture, 100);
    slowDown(fixture);
    fixture.sessions.news('g', { kind: 'moved', channelId: 'den' });
    await fixture.clock.advance(500);
  },
  'in the moment it is moved': async (fixture: SessionFixture) => {
    await fixture.sessions.join(lounge, 'adam');
    await pass(fixture, 100);
    slowDown(fixture);
    fixture.sessions.news('g', { kind: 'moved', channelId: 'den' });
  },
} as const;

type Way = keyof typeof ways;
type Case = {
  readonly policy: ConsentPolicy;
  /** Eva has agreed for good, long ago. */
  readonly agreed: boolean;
  readonly say: (fixture: SessionFixture) => unknown;
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
    say: ({ privacy }) => privacy.allow('g', 'eva'),
  },
};

const all = Object.keys(ways).flatMap((way) =>
  Object.keys(saying).map((what) => [what, way as Way] as const),
);

test.each(all)('%s that is said %s holds once the bot is there', async (what, way) => {
  const one = saying[what];
  if (!one) throw new Error('no such case');
  const fixture = openSessionFixture({ consent: { policy: one.policy } }, [adam, eva]);
  if (one.agreed) await fixture.consents.write('g', 'eva', { kind: 'always' });
  await ways[way](fixture);
  await one.say(fixture);
  await fixture.clock.advance(5_000);
  expect(fixture.sessions.session('g')?.isLinked).toBe(true);
  expect(fixture.sessions.session('g')?.context.gate.mayHear('eva')).toBe(one.heard);
  await pass(fixture, 4_000, await words('human-goforward', eva, fixture.clock.nowMs()));
  expect(fixture.of('recognised').length > 0).toBe(one.heard);
});

test('a no of the caller while the call waits for its turn is not undone by the call', async () => {
  const fixture = openSessionFixture({}, []);
  await fixture.sessions.join(lounge, 'eva');
  await pass(fixture, 100);
  slowDown(fixture);
  const joining = fixture.sessions.join({ ...lounge, channelId: 'den' }, 'adam');
  await fixture.privacy.deny('g', 'adam');
  await fixture.clock.advance(5_000);
  expect(await joining).toMatchObject({ kind: 'joined' });
  expect(fixture.sessions.session('g')?.context.gate.standing('adam')).toBe('no');
});

test('what the store tells while somebody is being forgotten is not believed of them', async () => {
  const fixture = openSessionFixture({}, [adam, eva]);
  await fixture.consents.write('g', 'eva', { kind: 'always' });
  const read = fixture.consents.read.bind(fixture.consents);
  fixture.consents.read = async (guildId) => {
    const standings = await read(guildId);
    await fixture.clock.sleep(1_000, new AbortController().signal);
    return standings;
  };
  const joining = fixture.sessions.join(lounge, 'adam');
  await fixture.clock.advance(500);
  const forgetting = fixture.privacy.forget('g', 'eva');
  await fixture.clock.advance(3_000);
  await Promise.all([joining, forgetting]);
  expect(fixture.sessions.session('g')?.context.gate.standing('eva')).toBe('no');
});
