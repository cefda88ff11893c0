import { expect, test } from 'vitest';
import { BotError } from '#src/base/errors.ts';
import { ReconnectingLink } from '#src/conversation/connection/reconnecting-link.ts';
import type { Pipeline } from '#src/pipeline/pipeline.ts';
import type { Synthesizer } from '#src/speech/ports.ts';
import {
  adam,
  eva,
  lounge,
  openSessionFixture,
  pass,
  type SessionFixture,
  words,
} from '#test/conversation/setup/session-fixture.ts';
import { VirtualClock } from '#test/fakes/clock.ts';
import { FakeLinkOpener } from '#test/fakes/link.ts';

const hang = () => new Promise<void>(() => {});
/** A Discord that takes no message and refuses none. */
const mute = { write: hang, notify: hang, offer: hang };
/** Synthesizer that always fails, so that answers have to be written. */
const voiceless: Synthesizer = {
  async *synthesize() {
    yield* [];
    throw new BotError('provider.refused', false, 'No voice.');
  },
};

/** A bot that has something to write, which Discord does not take. */
async function writing(): Promise<SessionFixture> {
  const fixture = openSessionFixture({ messages: mute, synthesizer: voiceless }, [adam]);
  await fixture.sessions.join(lounge, 'adam');
  await pass(fixture, 3000);
  await fixture.talk.say('g', 'Dinner is ready.', 'now');
  await pass(fixture, 2000);
  return fixture;
}

/** Whether it came about within so long. */
async function within(
  fixture: SessionFixture,
  ms: number,
  work: Promise<unknown>,
): Promise<boolean> {
  let isDone = false;
  void work.then(() => {
    isDone = true;
  });
  await fixture.clock.advance(ms);
  return isDone;
}

test('a message that Discord does not take keeps nobody from sending the bot away and calling it again', async () => {
  const fixture = await writing();
  expect(await within(fixture, 100, fixture.sessions.leave('g'))).toBe(true);
  expect(fixture.linkOpener.link.closed).toBe(true);
  expect(await within(fixture, 100, fixture.sessions.join(lounge, 'adam'))).toBe(true);
});

test('a message that Discord does not take does not hold the end of the process', async () => {
  const fixture = await writing();
  expect(await within(fixture, 100, fixture.sessions[Symbol.asyncDispose]())).toBe(true);
  expect([fixture.linkOpener.link.closed, fixture.clock.sleeping]).toEqual([true, 0]);
});

test('who asks next does not wait until what an answer cannot say has been posted', async () => {
  const said = 'Here it is.';
  const pcm = { samples: new Int16Array(12_000).fill(2000), rateHz: 24_000, channels: 1 } as const;
  const pipeline: Pipeline = {
    async *answer() {
      yield { kind: 'text', text: said };
      yield { kind: 'audio', pcm, ofText: said };
      yield { kind: 'aside', text: 'https://example.org/a' };
    },
  };
  const fixture = openSessionFixture({ pipeline, messages: mute }, [adam, eva]);
  await fixture.sessions.join(lounge, 'adam');
  await pass(fixture, 4000);
  await pass(fixture, 3600, await words('human-cards-004', adam, fixture.clock.nowMs()));
  const asking = fixture.talk.ask('g', 'what time is it', { id: 'eva', name: 'Eva' }, 'voice');
  await pass(fixture, 2000);
  expect(await within(fixture, 0, asking)).toBe(true);
  expect(fixture.of('answered').map(({ name }) => name)).toEqual(['Adam', 'Eva']);
});

test('what hangs in a session holds its link not at all, and the goodbye for 2 s', async () => {
  const [clock, linkOpener, over] = [
    new VirtualClock(),
    new FakeLinkOpener([adam]),
    new AbortController(),
  ];
  const { dependencies } = openSessionFixture({ linkOpener, random: () => 0 }, [adam], clock);
  const sources = { ...dependencies, hearing: dependencies };
  const connection = new ReconnectingLink(clock, sources);
  await connection.open(lounge, () => true, over.signal);
  const spending = connection.spend(hang, over.signal).then(
    () => 'ended',
    (error: unknown) => `${error}`,
  );
  over.abort(new Error('left'));
  await clock.advance(0);
  expect(linkOpener.link.closed).toBe(true);
  await clock.advance(2000);
  expect(await spending).toBe('Error: the work on a voice link did not end within 2 s');
});
