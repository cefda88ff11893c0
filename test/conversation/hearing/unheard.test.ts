import { expect, test } from 'vitest';
import type { Packet } from '#src/audio/packet.ts';
import { text } from '#src/texts/texts.ts';
import {
  adam,
  eva,
  lounge,
  openSessionFixture,
  pass,
  type SessionFixture,
  words,
} from '#test/conversation/setup/session-fixture.ts';

const lost = text('heard.undecodable', { name: 'Adam' });
const sealed = Uint8Array.of(0xfa, 0xfa);
/** An Opus packet that says it has no frames. */
const broken = Uint8Array.of(0xff, 0x00, 1, 2, 3);

async function called(): Promise<SessionFixture> {
  const fixture = openSessionFixture({}, [adam]);
  await fixture.sessions.join(lounge, 'adam');
  return fixture;
}

/** Somebody sends for `ms` what nobody can decode. */
function noise(fixture: SessionFixture, ms: number, opus = sealed, who = adam): Packet[] {
  const fromMs = fixture.clock.nowMs();
  return Array.from({ length: ms / 20 }, (_, n) => ({
    speakerId: who.id,
    opus,
    sequence: n,
    timestamp: n * 960,
    atMs: fromMs + n * 20,
  }));
}

test.each([
  ['sealed', sealed],
  ['no Opus', broken],
])(
  'after ten seconds of sound that is %s the link is opened anew once, and says so',
  async (_, opus) => {
    const fixture = await called();
    await pass(fixture, 9_900, noise(fixture, 9_900, opus));
    expect([fixture.written, fixture.linkOpener.links.length]).toEqual([[], 1]);
    await pass(fixture, 2_000, noise(fixture, 2_000, opus));
    expect([fixture.written, fixture.linkOpener.links.length]).toEqual([[lost], 2]);
    expect(fixture.of('failed')).toMatchObject([{ stage: 'link', code: 'link.lost' }]);
    await pass(fixture, 24_000, noise(fixture, 24_000, opus));
    expect([fixture.written, fixture.linkOpener.links.length]).toEqual([[lost], 2]);
    await pass(fixture, 4_000, await words('human-cards-004', adam, fixture.clock.nowMs()));
    expect(fixture.of('answered')).toHaveLength(1);
  },
);

test('one word that can be decoded begins the ten seconds anew', async () => {
  const fixture = await called();
  await pass(fixture, 9_500, noise(fixture, 9_500));
  await pass(fixture, 4000, await words('human-cards-004', adam, fixture.clock.nowMs()));
  await pass(fixture, 9_500, noise(fixture, 9_500));
  expect(fixture.written).not.toContain(lost);
  expect(fixture.linkOpener.links).toHaveLength(1);
});

test('whoever has not agreed is not missed', async () => {
  const fixture = await called();
  fixture.linkOpener.link.present.push(eva);
  await pass(fixture, 15_000, noise(fixture, 15_000, sealed, eva));
  expect([fixture.written, fixture.linkOpener.links.length]).toEqual([[], 1]);
});
