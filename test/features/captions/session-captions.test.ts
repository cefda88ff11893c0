import {
  listKept,
  openCaptioned,
  sayAll,
  turnCaptionsOn,
} from '#test/conversation/setup/captioned-session.ts';
import {
  adam,
  eva,
  lounge,
  openSessionFixture,
  passTime,
  type SessionFixture,
} from '#test/conversation/setup/session-fixture.ts';

test('before the first word is written everybody is told, aloud and in writing', async () => {
  const fixture = openSessionFixture();
  await fixture.sessions.join(lounge, 'adam');
  await passTime(fixture, 3_000);
  await turnCaptionsOn(fixture);
  const [notice = ''] = fixture.captionChats.chat.texts;
  expect(notice).toContain('the words of people I may hear are written here');
  expect(notice).toContain(
    'good at clear English and fair at other languages. It can be wrong.',
  );
  expect(notice).toContain('the last 10 minutes');
  expect(notice).toContain('kept 7 days');
  const spoken = fixture.synthesizer.texts;
  expect(spoken).toContain('Captions on, for people I may hear.');
  const place = 'https://discord.com/channels/g/lounge';
  expect(fixture.faces.at(-1)?.lines).toContainEqual({
    id: 'panel.captions',
    with: { place },
  });
});

test('captions of a server say its model, and promise nothing of it', async () => {
  const fixture = await openCaptioned({ recogniser: 'whisper-1' });
  const [notice] = fixture.captionChats.chat.texts;
  expect(notice).toContain('whisper-1 recognises them, and can be wrong.');
});

test('each line is kept with speaker, time and the message that shows it', async () => {
  const fixture = await openCaptioned();
  await sayAll(fixture);
  await sayAll(fixture, eva);
  const [first, second] = await listKept(fixture);
  expect(first).toMatchObject({
    number: 1,
    speaker: { kind: 'person', personId: 'adam', name: 'Adam' },
    text: 'five five',
    isBrief: true,
    post: { channelId: 'lounge' },
  });
  expect(second).toMatchObject({ speaker: { personId: 'eva' } });
  expect(second).not.toHaveProperty('isBrief');
  const { startMs, endMs } = first ?? expect.fail();
  expect(endMs - startMs).toBeGreaterThan(1_000);
  expect(endMs - startMs).toBeLessThan(2_500);
});

test('a person who is left out is heard and answered, but neither their words nor the answers are written', async () => {
  const fixture = await openCaptioned({ addressing: 'always' });
  await fixture.captions.setLeftOut('g', 'adam', true);
  await sayAll(fixture);
  await passTime(fixture, 3_000);
  expect(fixture.of('recognised')).toMatchObject([{ isLeftOut: true }]);
  expect(fixture.of('answered')).toMatchObject([{ isLeftOut: true }]);
  expect(fixture.captionChats.chat.lines).toEqual([]);
  expect(await listKept(fixture)).toEqual([]);
  await fixture.captions.setLeftOut('g', 'adam', false);
  await sayAll(fixture);
  expect(fixture.captionChats.chat.lines[0]).toBe('**Adam** five five');
});

test('a model is shown nothing of who is left out, but for their own questions', async () => {
  const fixture = await openCaptioned({ addressing: 'always' });
  await fixture.captions.setLeftOut('g', 'adam', true);
  for (const who of [adam, eva, adam]) {
    await sayAll(fixture, who);
    await passTime(fixture, 3_000);
  }
  const shownTo = fixture.chat.asked.map(({ messages }) =>
    messages.flatMap((message) => ('name' in message ? [message.name] : [])),
  );
  expect(shownTo.map((names) => names.includes('Adam'))).toEqual([true, false, true]);
});

/** Number of notices that captions are on: in writing, aloud, and for newcomers. */
function notices({ captionChats, synthesizer }: SessionFixture) {
  const posted = captionChats.chat.desired.filter(({ text }) => text !== '');
  return [
    posted.filter(({ key }) => key === 'notice').length,
    synthesizer.asked.filter(({ text }) => text.startsWith('Captions on,')).length,
    posted.filter(({ key }) => key.startsWith('notice ')).length,
  ];
}

/** Wherever the server wants captions to be. */
async function turnOnAnywhere(fixture: SessionFixture) {
  const turning = fixture.captions.turnOn('g', {});
  await passTime(fixture, 4_000);
  expect(await turning).toMatchObject({ kind: 'on' });
}

test('captions that come back in another place are another session, and whoever may open the voice channel reads both', async () => {
  const fixture = openSessionFixture({ addressing: 'off' });
  await fixture.settings.setSetting('g', 'captions_channel', '123456789012345678');
  await fixture.sessions.join(lounge, 'adam');
  await passTime(fixture, 100);
  await turnOnAnywhere(fixture);
  await sayAll(fixture);
  await fixture.captions.turnOff('g');
  await fixture.settings.setSetting('g', 'captions_channel', 'none');
  await passTime(fixture, 60_000);
  await turnOnAnywhere(fixture);
  await sayAll(fixture);
  const [first, second] = await listKept(fixture);
  expect(first?.sessionId).not.toBe(second?.sessionId);
  const [listed, other] = (await fixture.transcriptFor.listSessions('g', 'ben')) ?? [];
  expect([listed?.lineCount, other?.lineCount]).toEqual([1, 1]);
  fixture.captionChats.barred.add('ben lounge');
  expect(await fixture.transcriptFor.listSessions('g', 'ben')).toEqual([]);
});

test('captions that are turned off while the bot speaks leave no unfinished line', async () => {
  const rounds = [['A long story. It goes on. And on.']];
  const fixture = await openCaptioned({ addressing: 'always', pieces: 30, rounds });
  await sayAll(fixture);
  const shown = () => fixture.captionChats.chat.texts.at(-1);
  expect(shown()).toMatch(/Nova.*…$/);
  await fixture.captions.turnOff('g');
  await passTime(fixture, 1_000);
  expect(shown()).toBe('**Adam** five five');
});

test('captions that are turned off write nothing more, and stay off', async () => {
  const fixture = await openCaptioned();
  const { clock } = fixture;
  const speaking = sayAll(fixture);
  await clock.advance(1_000);
  expect(await fixture.captions.turnOff('g')).toEqual({ isSaved: true });
  await speaking;
  expect(await listKept(fixture)).toEqual([]);
  await sayAll(fixture);
  expect(fixture.captionChats.chat.lines).toEqual([]);
  await fixture.sessions.leave('g');
  await fixture.sessions.join(lounge, 'adam');
  await passTime(fixture, 8_000);
  expect(fixture.captions.isOn('g')).toBe(false);
});

test('captions begin with each session where the server wants that, with the notice, and only of who said yes', async () => {
  const fixture = openSessionFixture({ addressing: 'off' });
  await fixture.settings.setSetting('g', 'captions', 'on');
  await fixture.sessions.join(lounge, 'adam');
  await passTime(fixture, 5_000);
  expect(notices(fixture)).toEqual([1, 1, 0]);
  await sayAll(fixture);
  await sayAll(fixture, eva);
  expect(await listKept(fixture)).toMatchObject([{ speaker: { name: 'Adam' } }]);
});

test.each([
  ['off', true],
  ['default', true],
  ['off', false],
])(
  'the setting captions, set to %s, ends captions that go on',
  async (value, isSet) => {
    const fixture = openSessionFixture({ addressing: 'off' });
    await fixture.sessions.join(lounge, 'adam');
    if (isSet) await fixture.settings.setSetting('g', 'captions', 'on');
    else void fixture.captions.turnOn('g', {});
    await passTime(fixture, 5_000);
    expect(fixture.captions.isOn('g')).toBe(true);
    await fixture.settings.setSetting('g', 'captions', value);
    await passTime(fixture, 3_000);
    expect(fixture.captions.isOn('g')).toBe(false);
    await sayAll(fixture);
    expect(await listKept(fixture)).toEqual([]);
  },
);

test('a bot that was called for captions writes, and never answers', async () => {
  const fixture = openSessionFixture();
  await fixture.sessions.join(lounge, 'adam', 'captions');
  await passTime(fixture, 5_000);
  await sayAll(fixture);
  await passTime(fixture, 3_000);
  expect(fixture.captionChats.chat.lines).toEqual(['**Adam** five five']);
  expect(fixture.of('answered')).toEqual([]);
  expect(fixture.synthesizer.texts).toEqual(['Captions on, for people I may hear.']);
  expect(await fixture.talk.sayText('g', 'Hello', 'now')).toEqual({
    kind: 'refused',
    line: { id: 'captions.only' },
  });
  expect(fixture.faces.at(-1)?.lines[0]).toMatchObject({ id: 'captions.only' });
  await fixture.sessions.join(lounge, 'adam', 'talk');
  await sayAll(fixture);
  await passTime(fixture, 3_000);
  expect(fixture.of('answered')).toHaveLength(1);
});
