import { expect, test } from 'vitest';
import type { Packet } from '#src/audio/packet.ts';
import { text } from '#src/texts/texts.ts';
import {
  adam,
  eva,
  type House,
  lounge,
  openHouse,
  pass,
  words,
} from '#test/session/setup/session-fixture.ts';

const lost = "Your sound reaches me but I can't decode it. Reconnecting once.";
const sealed = Uint8Array.of(0xfa, 0xfa);
/** An Opus packet that says it has no frames. */
const broken = Uint8Array.of(0xff, 0x00, 1, 2, 3);

async function called(): Promise<House> {
  const house = openHouse({}, [adam]);
  await house.rooms.join(lounge, 'adam');
  return house;
}

/** Somebody sends for `ms` what nobody can decode. */
function noise(house: House, ms: number, opus = sealed, who = adam): Packet[] {
  const fromMs = house.clock.nowMs();
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
  'five seconds of sound that is %s are told at once, and after twelve the link is made anew once',
  async (_, opus) => {
    const house = await called();
    await pass(house, 4900, noise(house, 4900, opus));
    expect(house.written).toEqual([]);
    await pass(house, 2000, noise(house, 2000, opus));
    expect([house.written, house.door.links.length]).toEqual([[lost], 1]);
    expect(house.of('alert')).toMatchObject([{ name: 'undecodable-speaker', state: 'raised' }]);
    await pass(house, 7000, noise(house, 7000, opus));
    expect([house.written, house.door.links.length]).toEqual([[lost], 2]);
    expect(house.of('failed')).toMatchObject([{ stage: 'link', code: 'link.lost' }]);
    await pass(house, 24_000, noise(house, 24_000, opus));
    const still = text('heard.undecodable', { name: 'Adam' });
    expect([house.written, house.door.links.length]).toEqual([[lost, still], 2]);
    await pass(house, 4000, await words('human-cards-004', adam, house.clock.nowMs()));
    expect(house.of('answered')).toHaveLength(1);
    const states = house.of('alert').map(({ state }) => state);
    expect(states).toEqual(['raised', 'raised', 'cleared']);
  },
);

test('a second person who cannot be decoded is told of by name, without another new link', async () => {
  const house = await called();
  house.door.people.push(eva);
  await pass(house, 14_000, noise(house, 14_000));
  expect(house.door.links).toHaveLength(2);
  await pass(house, 4000, await words('human-cards-004', adam, house.clock.nowMs()));
  await house.privacy.allow('g', 'eva', 'always');
  await pass(house, 30_000, noise(house, 30_000, sealed, eva));
  expect(house.written).toContain(text('heard.undecodable', { name: 'Eva' }));
  expect(house.door.links).toHaveLength(2);
  const states = house.of('alert').map(({ state }) => state);
  expect(states).toEqual(['raised', 'cleared', 'raised']);
});

test('the alert is cleared when whoever could not be decoded leaves', async () => {
  const house = openHouse({}, [adam, eva]);
  await house.rooms.join(lounge, 'adam');
  await pass(house, 6000, noise(house, 6000));
  house.door.link.present.splice(0, 1);
  await pass(house, 1000);
  expect(house.of('alert').map(({ state }) => state)).toEqual(['raised', 'cleared']);
});

test('silence frames in between do not hide it', async () => {
  const house = await called();
  const silence = Uint8Array.of(0xf8, 0xff, 0xfe);
  const mixed = noise(house, 8000).map((packet, n) =>
    n % 10 === 0 ? { ...packet, opus: silence } : packet,
  );
  await pass(house, 8000, mixed);
  expect(house.written).toEqual([lost]);
});

test('one word that can be decoded begins the five seconds anew', async () => {
  const house = await called();
  await pass(house, 4500, noise(house, 4500));
  await pass(house, 4000, await words('human-cards-004', adam, house.clock.nowMs()));
  await pass(house, 4500, noise(house, 4500));
  expect(house.written).not.toContain(lost);
  expect([house.of('alert'), house.door.links.length]).toEqual([[], 1]);
});

test.each([
  ['sealed', sealed],
  ['no Opus', broken],
])('a single question that is %s is told of when it has ended', async (_, opus) => {
  const house = await called();
  await pass(house, 1600, noise(house, 1200, opus));
  expect(house.written).toEqual([]);
  await pass(house, 400);
  expect(house.written).toEqual([text('heard.undecoded', { name: 'Adam' })]);
  await pass(house, 40_000);
  expect(house.written).toHaveLength(1);
});

test('half a second that is lost while keys change is no question', async () => {
  const house = await called();
  await pass(house, 3000, noise(house, 500));
  expect(house.written).toEqual([]);
});

test('whoever has not agreed is not missed', async () => {
  const house = await called();
  house.door.link.present.push(eva);
  await pass(house, 10_000, noise(house, 10_000, sealed, eva));
  expect([house.written, house.door.links.length]).toEqual([[], 1]);
});
