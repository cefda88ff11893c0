import { expect, test } from 'vitest';
import { VirtualClock } from '#test/fakes/clock.ts';
import { FakeSynthesizer } from '#test/fakes/speech.ts';
import {
  adam,
  den,
  eva,
  germanPlaces,
  type House,
  lounge,
  openHouse,
  pass,
  talkative,
  words,
} from '#test/session/setup/session-fixture.ts';

const hello = 'Hi. I only hear people who said yes.';
const spoken = ({ synthesizer }: House) => synthesizer.asked.map(({ text }) => text).join('|');

async function called(...how: Parameters<typeof openHouse>): Promise<House> {
  const house = openHouse(...how);
  await house.rooms.join(lounge, 'adam');
  return house;
}

test('whoever did not call the bot hears once whom it hears', async () => {
  const house = await called();
  await pass(house, 4000);
  expect(spoken(house)).toBe(hello);
  expect(house.door.link.sent).toBeGreaterThan(0);
  house.door.link.lose();
  await pass(house, 4000);
  expect(house.door.links).toHaveLength(2);
  expect(spoken(house)).toBe(hello);
});

test('whoever called the bot and is alone with it has read it already', async () => {
  const radio = { id: 'radio', name: 'Radio', isBot: true, roleIds: [] };
  const house = await called({}, [adam, radio]);
  await pass(house, 4000);
  expect(spoken(house)).toBe('');
});

test('whoever comes in later is not greeted, as others may be talking by then', async () => {
  const house = await called({}, [adam]);
  await pass(house, 100);
  house.door.link.present.push(eva);
  await pass(house, 4000);
  expect(spoken(house)).toBe('');
});

test('where everybody is heard it says so, and how to undo it', async () => {
  const house = await called({ consent: { policy: 'notice' } });
  await pass(house, 4000);
  expect(spoken(house)).toMatch(/^Hi\. I hear everybody here; .*privacy deny undoes it for you\.$/);
});

test('it is said in the language of the server if the voice speaks it, else in English', async () => {
  const able = await called({ places: germanPlaces, spokenLocales: ['en', 'de'] });
  await pass(able, 4000);
  expect(spoken(able)).toBe('Hallo. Ich höre nur Leute, die zugestimmt haben.');
  const unable = await called({ places: germanPlaces });
  await pass(unable, 4000);
  expect(spoken(unable)).toBe(hello);
});

test('whoever talks at once is not talked over', async () => {
  const house = await called();
  await pass(house, 6000, await words('human-cards-004', adam, 0));
  expect(spoken(house)).toBe('You said five.');
});

test('whoever asks at once is answered instead', async () => {
  const house = await called({ pipeline: talkative(1) });
  void house.talk.ask('g', 'Hello?', { id: 'adam', name: 'Adam' }, 'voice');
  await pass(house, 6000);
  expect(spoken(house)).toBe('');
});

test('a voice so slow that somebody talks before it is dropped without a trace', async () => {
  const clock = new VirtualClock();
  const synthesizer = new FakeSynthesizer({ clock, firstMs: 2000 });
  const house = await called({ synthesizer, pipeline: talkative(1) }, [adam, eva], clock);
  await pass(house, 8000, await words('human-cards-004', adam, 1000));
  expect(house.of('answered')).toHaveLength(1);
  expect([house.door.link.sent, house.written, house.of('failed')]).toEqual([50, [], []]);
});

test('it does not come after ten seconds', async () => {
  const clock = new VirtualClock();
  const synthesizer = new FakeSynthesizer({ clock, firstMs: 9600 });
  const house = await called({ synthesizer }, [adam, eva], clock);
  await pass(house, 15_000);
  expect([house.door.link.sent, house.written, house.of('failed')]).toEqual([0, [], []]);
});

test('a stop silences it', async () => {
  const house = await called();
  await pass(house, 700);
  expect(house.talk.stop('g')).toBe('stopped');
  const { sent } = house.door.link;
  await pass(house, 1000);
  expect(house.door.link.sent - sent).toBeLessThanOrEqual(2);
});

test('a bot that was moved does not greet twice', async () => {
  const house = await called();
  await pass(house, 4000);
  house.rooms.news('g', { kind: 'moved', channelId: den.channelId });
  await pass(house, 4000);
  expect([house.rooms.at('g'), spoken(house)]).toEqual([den, hello]);
});
