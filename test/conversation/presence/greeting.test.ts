import { expect, test } from 'vitest';
import { fixedVoiceNames } from '#src/speech/voice-names.ts';
import {
  adam,
  den,
  eva,
  germanPlaces,
  lounge,
  openSessionFixture,
  pass,
  type SessionFixture,
  talkative,
  words,
} from '#test/conversation/setup/session-fixture.ts';
import { VirtualClock } from '#test/fakes/clock.ts';
import { FakeSynthesizer } from '#test/fakes/speech.ts';

const hello = 'Hi. Press Hear me to talk to me.';
const spoken = ({ synthesizer }: SessionFixture) =>
  synthesizer.asked.map(({ text }) => text).join('|');

async function called(...how: Parameters<typeof openSessionFixture>): Promise<SessionFixture> {
  const fixture = openSessionFixture(...how);
  await fixture.sessions.join(lounge, 'adam');
  return fixture;
}

test('whoever did not call the bot hears once what to press', async () => {
  const fixture = await called();
  await pass(fixture, 4000);
  expect(spoken(fixture)).toBe(hello);
  expect(fixture.linkOpener.link.sent).toBeGreaterThan(0);
  fixture.linkOpener.link.lose();
  await pass(fixture, 4000);
  expect(fixture.linkOpener.links).toHaveLength(2);
  expect(spoken(fixture)).toBe(hello);
});

test('where all people there have answered, it says whom it hears', async () => {
  const fixture = openSessionFixture();
  await fixture.consents.write('g', 'eva', { kind: 'never' });
  await fixture.sessions.join(lounge, 'adam');
  await pass(fixture, 4000);
  expect(spoken(fixture)).toBe('Hi. The panel shows whom I hear.');
});

test('whoever called the bot and is alone with it has read it already', async () => {
  const radio = { id: 'radio', name: 'Radio', isBot: true, roleIds: [] };
  const fixture = await called({}, [adam, radio]);
  await pass(fixture, 4000);
  expect(spoken(fixture)).toBe('');
});

test('whoever comes in later is not greeted, as others may be talking by then', async () => {
  const fixture = await called({}, [adam]);
  await pass(fixture, 100);
  fixture.linkOpener.link.present.push(eva);
  await pass(fixture, 4000);
  expect(spoken(fixture)).toBe('');
});

test('where everybody is heard it says so, and how to undo it', async () => {
  const fixture = await called({ consent: { policy: 'notice' } });
  await pass(fixture, 4000);
  expect(spoken(fixture)).toMatch(
    /^Hi\. I hear everybody here; .*privacy deny undoes it for you\.$/,
  );
});

test('it is said in the language of the server if the voice speaks it, else in English', async () => {
  const able = await called({ places: germanPlaces, voices: fixedVoiceNames(['slt', 'rms']) });
  await pass(able, 4000);
  expect(spoken(able)).toBe('Hallo. Drück auf Hör mich, um mit mir zu reden.');
  const unable = await called({ places: germanPlaces });
  await pass(unable, 4000);
  expect(spoken(unable)).toBe(hello);
});

test('whoever talks at once is not talked over', async () => {
  const fixture = await called();
  await pass(fixture, 6000, await words('human-cards-004', adam, 0));
  expect(spoken(fixture)).toBe('You said five.');
});

test('whoever asks at once is answered instead', async () => {
  const fixture = await called({ pipeline: talkative(1) });
  void fixture.talk.ask('g', 'Hello?', { id: 'adam', name: 'Adam' }, 'voice');
  await pass(fixture, 6000);
  expect(spoken(fixture)).toBe('');
});

test('a voice so slow that somebody talks before it is dropped without a trace', async () => {
  const clock = new VirtualClock();
  const synthesizer = new FakeSynthesizer({ clock, firstMs: 2000 });
  const fixture = await called({ synthesizer, pipeline: talkative(1) }, [adam, eva], clock);
  await pass(fixture, 8000, await words('human-cards-004', adam, 1000));
  expect(fixture.of('answered')).toHaveLength(1);
  expect([fixture.linkOpener.link.sent, fixture.written, fixture.of('failed')]).toEqual([
    50,
    [],
    [],
  ]);
});

test('it does not come after ten seconds', async () => {
  const clock = new VirtualClock();
  const synthesizer = new FakeSynthesizer({ clock, firstMs: 9600 });
  const fixture = await called({ synthesizer }, [adam, eva], clock);
  await pass(fixture, 15_000);
  expect([fixture.linkOpener.link.sent, fixture.written, fixture.of('failed')]).toEqual([
    0,
    [],
    [],
  ]);
});

test('a stop silences it', async () => {
  const fixture = await called();
  await pass(fixture, 700);
  expect(fixture.talk.stop('g')).toBe('stopped');
  const { sent } = fixture.linkOpener.link;
  await pass(fixture, 1000);
  expect(fixture.linkOpener.link.sent - sent).toBeLessThanOrEqual(2);
});

test('a bot that was moved does not greet twice', async () => {
  const fixture = await called();
  await pass(fixture, 4000);
  fixture.sessions.news('g', { kind: 'moved', channelId: den.channelId });
  await pass(fixture, 4000);
  expect([fixture.sessions.at('g'), spoken(fixture)]).toEqual([den, hello]);
});
