import { expect, test } from 'vitest';
import type { Packet } from '#src/audio/packet.ts';
import { BotError } from '#src/base/errors.ts';
import type { ChannelMember } from '#src/conversation/ports/voice-link.ts';
import { text } from '#src/texts/texts.ts';
import { captioned, kept, says, turnOn } from '#test/conversation/setup/captioned.ts';
import { adam, eva, pass, type SessionFixture } from '#test/conversation/setup/session-fixture.ts';

import { byAdam, openSetup, play } from '#test/conversation/setup/tracks-fixture.ts';
import { FakeTranscriber } from '#test/fakes/speech.ts';

const cy: ChannelMember = { id: 'cy', name: 'Cy', isBot: false, roleIds: [] };
const radio: ChannelMember = { id: 'radio', name: 'Radio', isBot: true, roleIds: [] };
const remark = `*${text('captions.remark.unwritten')}*`;

/** These people sit in the channel beside Adam and Eva. */
function seat({ linkOpener }: SessionFixture, ...people: readonly ChannelMember[]): void {
  const { present } = linkOpener.link;
  present.splice(0, present.length, adam, eva, ...people);
}

/** Packets of this person for so many seconds. */
async function talks(fixture: SessionFixture, { id }: ChannelMember, seconds: number) {
  const fromMs = fixture.clock.nowMs();
  const packets = Array.from({ length: seconds * 50 }, (_, n): Packet => {
    const sequence = (fromMs / 20 + n) & 0xffff;
    const opus = new Uint8Array([0xf8, 1, 2, 3]);
    return { speakerId: id, sequence, timestamp: n * 960, opus, atMs: fromMs + n * 20 };
  });
  await pass(fixture, seconds * 1_000 + 200, packets);
}

const lines = ({ captionChats }: SessionFixture) => captionChats.chat.lines;

test('live captions say once that somebody speaks whose words they may not write, and neither who nor how many', async () => {
  const fixture = await captioned();
  seat(fixture, cy, { ...cy, id: 'dora', name: 'Dora' });
  await talks(fixture, cy, 0.8);
  expect(lines(fixture)).toEqual([]);
  await talks(fixture, cy, 2);
  await talks(fixture, { ...cy, id: 'dora' }, 2);
  expect(lines(fixture)).toEqual([remark]);
  const remarks = fixture.captionChats.chat.desired.filter(({ key }) => key.startsWith('captions'));
  expect(remarks.map(({ text: shown }) => shown)).toEqual([remark]);
});

test('a remark stands in order of speech, between lines of people', async () => {
  const fixture = await captioned();
  seat(fixture, cy);
  await says(fixture);
  await talks(fixture, cy, 2);
  await says(fixture);
  expect(lines(fixture)).toEqual(['**Adam** five five', remark, '**Adam** five five']);
});

test('each stretch of such speech has one remark, and a minute has one', async () => {
  const fixture = await captioned();
  seat(fixture, cy);
  await talks(fixture, cy, 90);
  expect(lines(fixture)).toEqual([remark]);
  await pass(fixture, 6_000);
  await talks(fixture, cy, 2);
  expect(lines(fixture)).toEqual([remark, remark]);
  await pass(fixture, 6_000);
  await talks(fixture, cy, 2);
  expect(lines(fixture)).toEqual([remark, remark]);
  await pass(fixture, 60_000);
  await talks(fixture, cy, 2);
  expect(lines(fixture)).toEqual([remark, remark, remark]);
});

test('whoever said no or is left out has the same remark; bots and a pause of hearing have none', async () => {
  const fixture = await captioned();
  seat(fixture, cy, radio);
  await talks(fixture, radio, 2);
  fixture.hearing.pause('g');
  await talks(fixture, cy, 2);
  fixture.hearing.resume('g');
  expect(lines(fixture)).toEqual([]);
  await fixture.privacy.deny('g', 'cy');
  await talks(fixture, cy, 2);
  expect(lines(fixture)).toEqual([remark]);
  await fixture.captions.leaveOut('g', 'eva', true);
  await pass(fixture, 60_000);
  await talks(fixture, eva, 2);
  expect(lines(fixture)).toEqual([remark, remark]);
});

test('a remark is in no transcript, and leaves with the end of captions', async () => {
  const fixture = await captioned();
  seat(fixture, cy);
  await talks(fixture, cy, 2);
  await says(fixture);
  expect(lines(fixture)).toEqual([remark, '**Adam** five five']);
  expect((await kept(fixture)).map((line) => line.text)).toEqual(['five five']);
  await fixture.captions.turnOff('g');
  await talks(fixture, cy, 2);
  expect(lines(fixture)).toEqual([remark, '**Adam** five five']);
});

test('a sound that plays has a line at its beginning, and one at its end if that was long', async () => {
  const fixture = await openSetup();
  await turnOn(fixture);
  await play(fixture, byAdam);
  await pass(fixture, 500);
  expect(lines(fixture)).toEqual(['*\\[sound: rain\\]*']);
  await pass(fixture, 11_000);
  expect(lines(fixture)).toEqual(['*\\[sound: rain\\]*', '*\\[ended: rain\\]*']);
  expect(await kept(fixture)).toEqual([]);
});

test('what plays already is told when captions begin, and nothing of a muted track', async () => {
  const fixture = await openSetup();
  await play(fixture, byAdam, { loop: true });
  const track = fixture.sessions.session('g')?.context.mix.tracks.track('main');
  track?.mute();
  await turnOn(fixture);
  expect(lines(fixture)).toEqual([]);
  await fixture.captions.turnOff('g');
  track?.unmute();
  await turnOn(fixture);
  expect(lines(fixture)).toContain('*\\[sound: rain\\]*');
});

test('the tone of a failure has a line', async () => {
  const error = new BotError('provider.unreachable', true, 'Nobody there.', undefined, 'think');
  const failing = { next: () => Promise.reject(error) };
  const pipeline = { answer: () => ({ [Symbol.asyncIterator]: () => failing }) };
  const fixture = await captioned({ addressing: 'always', pipeline });
  await says(fixture);
  await pass(fixture, 3_000);
  await says(fixture);
  await pass(fixture, 3_000);
  expect(lines(fixture)).toContain('*\\[tone: error\\]*');
});

test('laughter that a recogniser names is a line of the person, and starts no answer', async () => {
  const transcriber = new FakeTranscriber({ texts: ['(Lachen)'] });
  const fixture = await captioned({ addressing: 'always', transcriber });
  await says(fixture);
  expect(lines(fixture)).toEqual(['**Adam** \\[laughter\\]']);
  expect((await kept(fixture)).map((line) => line.text)).toEqual(['[laughter]']);
  expect(fixture.chat.asked).toEqual([]);
});
