import { expect, test } from 'vitest';
import { BotError } from '#src/base/errors.ts';
import { SessionCaptions } from '#src/features/captions/session-captions.ts';
import { captioned, kept, says, turnOn } from '#test/conversation/setup/captioned.ts';
import {
  adam,
  eva,
  lounge,
  openSessionFixture,
  pass,
  type SessionFixture,
} from '#test/conversation/setup/session-fixture.ts';
import { FakeTranscriber } from '#test/fakes/speech.ts';

test('before the first word is written everybody is told, aloud and in writing', async () => {
  const fixture = openSessionFixture();
  await fixture.sessions.join(lounge, 'adam');
  await pass(fixture, 3_000);
  const turning = fixture.captions.turnOn('g', {});
  await pass(fixture, 4_000);
  await turning;
  const [notice = ''] = fixture.captionChats.chat.texts;
  expect(notice).toContain('the words of people I may hear are written here and kept 7 days');
  expect(notice).toContain('the last 10 minutes');
  const spoken = fixture.synthesizer.asked.map(({ text }) => text);
  expect(spoken).toContain('Captions are on. What I hear is written.');
  expect(fixture.faces.at(-1)).toMatchObject({ captionsIn: 'lounge' });
});

test('what was said before captions were on is not written', async () => {
  const fixture = openSessionFixture({ addressing: 'off' });
  await fixture.sessions.join(lounge, 'adam');
  await says(fixture);
  await turnOn(fixture);
  expect(fixture.captionChats.chat.lines).toEqual([]);
  await says(fixture);
  expect(fixture.captionChats.chat.lines).toEqual(['**Adam** five five']);
  expect(await kept(fixture)).toHaveLength(1);
});

test('each line is kept with speaker, time and the message that shows it', async () => {
  const fixture = await captioned();
  await says(fixture);
  await says(fixture, eva);
  const [first, second] = await kept(fixture);
  expect(first).toMatchObject({
    number: 1,
    speaker: { kind: 'person', personId: 'adam', name: 'Adam' },
    text: 'five five',
    isBrief: true,
    post: { channelId: 'lounge' },
  });
  expect(second).toMatchObject({ speaker: { personId: 'eva' } });
  expect(second).not.toHaveProperty('isBrief');
  const lengthMs = (first?.endMs ?? 0) - (first?.startMs ?? 0);
  expect(lengthMs).toBeGreaterThan(1_000);
  expect(lengthMs).toBeLessThan(2_500);
});

test('people who did not say yes are not written', async () => {
  const fixture = openSessionFixture({ addressing: 'off' });
  await fixture.sessions.join(lounge, 'adam');
  await pass(fixture, 100);
  await turnOn(fixture);
  await says(fixture, eva);
  expect(fixture.captionChats.chat.lines).toEqual([]);
});

test('who is left out is heard and answered, but not written, and neither are the answers', async () => {
  const fixture = await captioned({ addressing: 'always' });
  await fixture.captions.leaveOut('g', 'adam', true);
  await says(fixture);
  await pass(fixture, 3_000);
  expect(fixture.of('answered')).toHaveLength(1);
  expect(fixture.captionChats.chat.lines).toEqual([]);
  expect(await kept(fixture)).toEqual([]);
  await fixture.captions.leaveOut('g', 'adam', false);
  await says(fixture);
  expect(fixture.captionChats.chat.lines[0]).toBe('**Adam** five five');
});

test('a model is shown nothing of who is left out, but for their own questions', async () => {
  const fixture = await captioned({ addressing: 'always' });
  await fixture.captions.leaveOut('g', 'adam', true);
  await says(fixture, adam);
  await pass(fixture, 3_000);
  await says(fixture, eva);
  await pass(fixture, 3_000);
  await says(fixture, adam);
  await pass(fixture, 3_000);
  const shownTo = fixture.chat.asked.map(({ messages }) =>
    messages.flatMap((message) => ('name' in message ? [message.name] : [])),
  );
  expect(shownTo.map((names) => names.includes('Adam'))).toEqual([true, false, true]);
});

test('the lines of the bot hold what was really sent', async () => {
  const fixture = await captioned({ addressing: 'always' });
  await says(fixture);
  await pass(fixture, 3_000);
  expect(fixture.captionChats.chat.lines).toEqual([
    '**Adam** five five',
    '**Nova** You said five.',
  ]);
  const [, answer] = await kept(fixture);
  expect(answer).toMatchObject({ speaker: { kind: 'bot', answeredIds: ['adam'] } });
});

test('an utterance that nobody could recognise is told to be so, and one without words is none', async () => {
  const failing = new FakeTranscriber({ texts: [''] });
  const fixture = await captioned({ transcriber: failing });
  await says(fixture);
  expect(fixture.captionChats.chat.lines).toEqual([]);
  expect(await kept(fixture)).toEqual([]);
});

test('captions that are on in a channel go on when the bot comes back, as the same session', async () => {
  const fixture = await captioned();
  await says(fixture);
  expect(await fixture.sessions.leave('g')).toMatchObject({ hasTranscript: true });
  await pass(fixture, 60_000);
  await fixture.sessions.join(lounge, 'adam');
  await pass(fixture, 8_000);
  await says(fixture);
  const lines = await kept(fixture);
  expect(new Set(lines.map(({ sessionId }) => sessionId)).size).toBe(1);
  expect(lines.map(({ number }) => number)).toEqual([1, 2]);
  const [first, second] = lines;
  expect((second?.startMs ?? 0) - (first?.startMs ?? 0)).toBeGreaterThan(60_000);
});

/** Number of notices that captions are on: in writing, aloud, and by name. */
function notices({ captionChats, synthesizer }: SessionFixture): readonly number[] {
  const posted = captionChats.chat.desired.filter(({ text }) => text !== '');
  return [
    posted.filter(({ key }) => key === 'notice').length,
    synthesizer.asked.filter(({ text }) => text.startsWith('Captions are on.')).length,
    posted.filter(({ key }) => key.startsWith('newcomer')).length,
  ];
}

test('who was told that captions are on is not told again when the bot comes back to them, and who was not is', async () => {
  const fixture = await captioned();
  await says(fixture);
  expect(notices(fixture)).toEqual([1, 1, 0]);
  await fixture.sessions.leave('g');
  await fixture.clock.advance(14 * 60_000);
  await fixture.sessions.join(lounge, 'adam');
  await pass(fixture, 2_000);
  expect(fixture.captions.isOn('g')).toBe(true);
  expect(notices(fixture)).toEqual([1, 1, 1]); // Eva, who has said nothing
  await fixture.sessions.leave('g');
  fixture.linkOpener.people.push({ id: 'ben', name: 'Ben', isBot: false, roleIds: [] });
  await fixture.sessions.join(lounge, 'adam');
  await pass(fixture, 2_000);
  expect(notices(fixture)).toEqual([1, 1, 3]); // Eva again, and Ben
  await fixture.captions.turnOff('g');
  await turnOn(fixture);
  expect(notices(fixture)).toEqual([2, 2, 3]);
  await fixture.sessions.leave('g');
  await fixture.clock.advance(15 * 60_000 + 1_000);
  await fixture.sessions.join(lounge, 'adam');
  await pass(fixture, 8_000);
  expect(notices(fixture)).toEqual([3, 3, 3]);
});

test('after 15 minutes it is another session', async () => {
  const fixture = await captioned();
  await says(fixture);
  await fixture.sessions.leave('g');
  await pass(fixture, 15 * 60_000 + 1_000);
  await fixture.sessions.join(lounge, 'adam');
  await pass(fixture, 8_000);
  await says(fixture);
  expect(new Set((await kept(fixture)).map(({ sessionId }) => sessionId)).size).toBe(2);
});

/** Wherever the server wants captions to be. */
async function turnOnAnywhere(fixture: SessionFixture): Promise<void> {
  const turning = fixture.captions.turnOn('g', {});
  await pass(fixture, 4_000);
  expect(await turning).toMatchObject({ kind: 'on' });
}

test('captions that come back in another place are another session, and whoever may open the voice channel reads both', async () => {
  const fixture = openSessionFixture({ addressing: 'off' });
  await fixture.settings.set('g', 'captions_channel', '123456789012345678');
  await fixture.sessions.join(lounge, 'adam');
  await pass(fixture, 100);
  await turnOnAnywhere(fixture);
  await says(fixture);
  await fixture.captions.turnOff('g');
  await fixture.settings.set('g', 'captions_channel', 'none');
  await pass(fixture, 60_000);
  await turnOnAnywhere(fixture);
  await says(fixture);
  const [first, second] = await kept(fixture);
  expect(first?.sessionId).not.toBe(second?.sessionId);
  const [listed, other] = await fixture.transcriptFor.sessions('g', 'ben');
  expect([listed?.lineCount, other?.lineCount]).toEqual([1, 1]);
  fixture.captionChats.barred.add('ben lounge');
  expect(await fixture.transcriptFor.sessions('g', 'ben')).toEqual([]);
});

test('captions that are turned off write nothing more, and stay off', async () => {
  const fixture = await captioned();
  expect(await fixture.captions.turnOff('g')).toEqual({ kind: 'off', saved: true });
  await says(fixture);
  expect(fixture.captionChats.chat.lines).toEqual([]);
  await fixture.sessions.leave('g');
  await fixture.sessions.join(lounge, 'adam');
  await pass(fixture, 8_000);
  expect(fixture.captions.isOn('g')).toBe(false);
});

test('captions begin with each session where the server wants that, with the notice, and only of who said yes', async () => {
  const fixture = openSessionFixture({ addressing: 'off' });
  await fixture.settings.set('g', 'captions', 'on');
  await fixture.sessions.join(lounge, 'adam');
  await pass(fixture, 5_000);
  expect(notices(fixture)).toEqual([1, 1, 0]);
  await says(fixture);
  await says(fixture, eva);
  expect((await kept(fixture)).map(({ speaker }) => speaker.name)).toEqual(['Adam']);
});

test('captions that people turn off stay off until the next session, although the server has them begin', async () => {
  const fixture = openSessionFixture({ addressing: 'off' });
  const { captions, sessions, settings } = fixture;
  await sessions.join(lounge, 'adam');
  await pass(fixture, 2_000);
  expect(captions.isOn('g')).toBe(false);
  await settings.set('g', 'captions', 'on');
  await pass(fixture, 5_000);
  expect(captions.isOn('g')).toBe(true);
  expect(await captions.turnOff('g')).toEqual({ kind: 'off', saved: true });
  await settings.set('g', 'cues', 'off');
  fixture.linkOpener.link.lose(new BotError('link.lost', true, 'Gone.'));
  await pass(fixture, 8_000);
  expect(captions.isOn('g')).toBe(false);
  await sessions.leave('g');
  await sessions.join(lounge, 'adam');
  await pass(fixture, 8_000);
  expect(captions.isOn('g')).toBe(true);
});

test.each([
  ['off', true],
  ['default', true],
  ['off', false],
])('the setting captions, set to %s, ends captions that go on', async (value, isSet) => {
  const fixture = openSessionFixture({ addressing: 'off' });
  await fixture.sessions.join(lounge, 'adam');
  if (isSet) await fixture.settings.set('g', 'captions', 'on');
  else void fixture.captions.turnOn('g', {});
  await pass(fixture, 5_000);
  expect(fixture.captions.isOn('g')).toBe(true);
  await fixture.settings.set('g', 'captions', value);
  await pass(fixture, 3_000);
  expect(fixture.captions.isOn('g')).toBe(false);
  await says(fixture);
  expect(await kept(fixture)).toEqual([]);
});

test('a bot that was called for captions writes, and never answers', async () => {
  const fixture = openSessionFixture();
  await fixture.sessions.join(lounge, 'adam', 'captions');
  await pass(fixture, 5_000);
  await says(fixture);
  await pass(fixture, 3_000);
  expect(fixture.captionChats.chat.lines).toEqual(['**Adam** five five']);
  expect(fixture.of('answered')).toEqual([]);
  expect(fixture.synthesizer.asked.map(({ text }) => text)).toEqual([
    'Captions are on. What I hear is written.',
  ]);
  expect(await fixture.talk.say('g', 'Hello', 'now')).toEqual({ kind: 'captions-only' });
  expect(fixture.faces.at(-1)?.state).toEqual({ kind: 'captions_only' });
  await fixture.sessions.join(lounge, 'adam', 'talk');
  await says(fixture);
  await pass(fixture, 3_000);
  expect(fixture.of('answered')).toHaveLength(1);
});

test('who comes in while captions are on is told by name in the chat', async () => {
  const fixture = await captioned();
  fixture.linkOpener.link.present.push({ id: 'ben', name: '*Ben*', isBot: false, roleIds: [] });
  await pass(fixture, 500);
  expect(fixture.captionChats.chat.texts.at(-1)).toBe(
    '\\*Ben\\*: captions are on here. You are not captioned unless you agree.',
  );
});

test('a model is shown what was said among people when it is asked, and nothing of it where captions are off', async () => {
  const fixture = await captioned({ addressing: 'name', names: ['Nova'] });
  await says(fixture, eva);
  const recent = () =>
    fixture.sessions
      .session('g')
      ?.context.features.of(SessionCaptions)
      .context({ askerIds: ['adam'], fromMs: fixture.clock.nowMs() });
  expect(recent()).toContain('Eva: five five');
  await fixture.captions.turnOff('g');
  expect(recent()).toBeUndefined();
});

test('a recogniser is told which language people say they speak there', async () => {
  const reported: string[] = [];
  const transcriber = Object.assign(new FakeTranscriber({ texts: ['fünf fünf'] }), {
    inLanguage: (language: string) => {
      reported.push(language);
      return new FakeTranscriber({ texts: ['fünf fünf'] });
    },
  });
  const fixture = openSessionFixture({ addressing: 'off', transcriber });
  await fixture.sessions.join(lounge, 'adam');
  await pass(fixture, 100);
  const turning = fixture.captions.turnOn('g', { language: 'de' });
  await pass(fixture, 4_000);
  await turning;
  await says(fixture);
  expect(reported).toEqual(['de']);
  expect(transcriber.heard).toEqual([]);
});
