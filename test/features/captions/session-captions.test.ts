import { BotError } from '#src/base/errors.ts';
import { toGuildId, toPersonId } from '#src/base/ids.ts';
import {
  type TranscriptStore,
  TranscriptStores,
} from '#src/features/captions/transcripts/transcript-stores.ts';
import { formatText } from '#src/texts/texts.ts';
import {
  listKept,
  openCaptioned,
  sayAll,
  turnCaptionsOn,
} from '#test/conversation/setup/captioned-session.ts';
import { playScripts } from '#test/conversation/setup/play-script.ts';
import {
  adam,
  eva,
  lounge,
  makePerson,
  openSessionFixture,
  passTime,
  type SessionFixture,
} from '#test/conversation/setup/session-fixture.ts';
import {
  byAdam,
  openSetup,
  playSound,
} from '#test/conversation/setup/tracks-fixture.ts';
import { openMemoryTranscripts } from '#test/fakes/memory-stores.ts';
import { openDeeply } from '#test/fakes/opened-replies.ts';
import { VirtualClock } from '#test/fakes/virtual-clock.ts';

test('before the first word is written everybody is told, aloud and in writing', async () => {
  const fixture = openSessionFixture();
  await fixture.sessions.join(lounge, toPersonId('adam'));
  await passTime(fixture, 3_000);
  await turnCaptionsOn(fixture);
  const [notice = ''] = fixture.captionChats.chat.texts;
  expect(notice).toContain('the words of people I may hear are written here');
  expect(notice).toContain(
    'good at clear English and fair at other languages. It can be wrong.',
  );
  expect(notice).toContain('the last 10 minutes');
  expect(notice).toContain('kept 7 days');
  expect(fixture.synthesizer.texts).toContain('Captions on, for people I may hear.');
  const placeName = 'https://discord.com/channels/g/lounge';
  expect(fixture.panelContents.at(-1)?.lines).toContainEqual({
    id: 'panel.captions',
    with: { place: placeName },
  });
});

test('captions of a model on a server name the model, and say that it can be wrong', async () => {
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

test('a model is shown nothing of who is left out, but for their own questions', async () => {
  const fixture = await openCaptioned({ addressing: 'always' });
  await fixture.captions.setLeftOut(toGuildId('g'), toPersonId('adam'), true);
  for (const who of [adam, eva, adam]) {
    await sayAll(fixture, who);
    await passTime(fixture, 3_000);
  }
  const shownTo = fixture.chat.asked.map(({ messages }) =>
    messages.flatMap((message) => ('name' in message ? [message.name] : [])),
  );
  expect(shownTo.map((names) => names.includes('Adam'))).toEqual([true, false, true]);
});

/** Wherever the server wants captions to be. */
async function turnOnAnywhere(fixture: SessionFixture) {
  const turning = fixture.captions.turnOn(toGuildId('g'), {});
  await passTime(fixture, 4_000);
  expect(await turning).toMatchObject({ kind: 'on' });
}

test('captions that come back in another place are another session, and whoever may open the voice channel reads both', async () => {
  const fixture = openSessionFixture({ addressing: 'off' });
  await fixture.settings.setSetting(
    toGuildId('g'),
    'captions_channel',
    '123456789012345678',
  );
  await fixture.sessions.join(lounge, toPersonId('adam'));
  await passTime(fixture, 100);
  await turnOnAnywhere(fixture);
  await sayAll(fixture);
  await fixture.captions.turnOff(toGuildId('g'));
  await fixture.settings.setSetting(toGuildId('g'), 'captions_channel', 'none');
  await passTime(fixture, 60_000);
  await turnOnAnywhere(fixture);
  await sayAll(fixture);
  const [first, second] = await listKept(fixture);
  expect(first?.sessionId).not.toBe(second?.sessionId);
  const listed = await fixture.transcriptFor.listSessions(
    toGuildId('g'),
    toPersonId('ben'),
  );
  expect(await openDeeply(listed)).toMatchObject([{ lineCount: 1 }, { lineCount: 1 }]);
  fixture.captionChats.barred.add('ben lounge');
  expect(
    await fixture.transcriptFor.listSessions(toGuildId('g'), toPersonId('ben')),
  ).toEqual([]);
});

/** Reads the lines of the transcript's file, without their times. */
async function readFile({ transcriptFor }: SessionFixture) {
  const reader = toPersonId('adam');
  const format = { format: 'txt' } as const;
  const created = await transcriptFor.createFile(toGuildId('g'), reader, format);
  if (created.kind !== 'file') return created.kind;
  const { file } = created.transcript.findForPlace(lounge.channelId) ?? expect.fail();
  return [...file.text.matchAll(/^\[.*?\] (.*)$/gm)].map(([, line]) => line);
}

playScripts({
  'a person who is left out is heard and answered, but neither their words nor the answers are written': `
    captions on > says captions.on
    4000 > captions: on placeId lounge isHere true saved true, played voice: completed
    adam is left out > isSaved true
    adam says: five > heard Adam: five (left out), answered Adam (left out): You said five.
    3000
    captions > none
    lines > none
    adam is left in > isSaved true
    adam says: five > heard Adam: five, answered Adam: You said five.
    captions > **Adam** five, **Nova** You said five.
    `,
  'an answer that is cut stands above the question that cut it, in captions and in the transcript':
    [
      { acts: { readFile } },
      `
    with natural
    captions on > says captions.on
    4000 > captions: on placeId lounge isHere true saved true, played voice: completed
    model: A long story, which goes on. And on, for as long as anybody listens to it. And on.
    adam says: five > heard Adam: five
    1000
    model: Fine.
    adam says: six
    > heard Adam: six
    > answered Adam (cancelled): A long story, which goes on. And on, for as long as
    > answered Adam: Fine.
    6000
    captions
    > **Adam** five, **Nova** A long story, which goes on. And on, for as long as—, **Adam** six, **Nova** Fine.
    do readFile
    > Adam: five, Nova: A long story, which goes on. And on, for as long as—, Adam: six, Nova: Fine.
    `,
    ],
  'captions that are turned off while the bot speaks leave no unfinished line': `
    with natural
    captions on > says captions.on
    4000 > captions: on placeId lounge isHere true saved true, played voice: completed
    model: A long story, which goes on. And on, for as long as anybody listens to it. And on.
    adam says: five > heard Adam: five
    captions > **Adam** five, **Nova** A long story, which goes on…
    captions off > isSaved true
    1000
    captions > **Adam** five
    `,
  'captions that are turned off write nothing more, and stay off': `
    with off
    captions on > says captions.on
    4000 > captions: on placeId lounge isHere true saved true, played voice: completed
    adam begins: five
    1000
    captions off > isSaved true
    4000 > heard Adam: five, ignored Adam: off
    lines > none
    adam says: five > ignored Adam: off
    captions > none
    leave > left channel Lounge, left asked
    adam joins > joined consent brief
    8000 > says join.spoken
    panel > settings.addressing.off; people.nobody; people.unasked names Eva
    `,
  'captions begin with each session where the server wants that, with the notice, and only of who said yes':
    [
      { acts: { notices: countNotices } },
      `
    with off, uncalled
    set captions on > set value on isSaved true
    adam joins > joined consent brief, says captions.on
    5000 > played voice: completed
    do notices > 1, 0
    adam says: five > heard Adam: five, ignored Adam: off
    eva says: five
    lines > person personId adam name Adam, five
    `,
    ],
  'captions of a channel that are off stay off where the server wants captions, also after a command': `
    with off, uncalled
    set captions on > set value on isSaved true
    set here captions off > set value off isSaved true
    adam joins > joined consent brief
    5000 > says join.spoken
    captions off > isSaved true
    set recap on > set value on isSaved true
    leave > left channel Lounge, left asked
    adam joins > joined consent brief
    8000 > says join.spoken
    adam says: five > ignored Adam: off
    lines > none
    `,
  'captions of a channel that are on begin and end there alone, whatever the server wants': `
    with off
    set here captions on > set value on isSaved true, says captions.on
    5000 > played voice: completed
    adam says: five > heard Adam: five, ignored Adam: off
    set here captions default > set value off isSaved true
    3000
    adam says: five > ignored Adam: off
    lines > person personId adam name Adam, five
    `,
  ...Object.fromEntries(
    [
      ['off', 'after it was on', 'set captions on > set value on isSaved true, '],
      ['default', 'after it was on', 'set captions on > set value on isSaved true, '],
      ['off', 'after a command', 'captions on > '],
    ].map(([value, when, on]) => [
      `the setting captions, set to ${value} ${when}, ends captions that go on`,
      `
    with off
    ${on}says captions.on
    5000 > ${on === 'captions on > ' ? 'captions: on placeId lounge isHere true saved true, ' : ''}played voice: completed
    set captions ${value} > set value off isSaved true
    3000
    adam says: five > ignored Adam: off
    captions > none
    lines > none
    `,
    ]),
  ),
  'a bot that was called for captions writes, and never answers': `
    with uncalled
    adam joins for captions > joined consent brief, says captions.on
    5000 > played voice: completed
    adam says: five > heard Adam: five, ignored Adam: off
    3000
    captions > **Adam** five
    read now: Hello > refused captions.only
    panel
    > captions.only; captions place https://discord.com/channels/g/lounge; people.yes names Adam; people.unasked names Eva
    adam joins > already consent brief
    adam says: five > heard Adam: five, answered Adam: You said five.
    3000
    `,
});

/** Number of notices that captions are on, for those there and for newcomers. */
function countNotices({ captionChats }: SessionFixture) {
  const posted = captionChats.chat.desired.filter(({ text }) => text !== '');
  return [
    posted.filter(({ key }) => key === 'notice').length,
    posted.filter(({ key }) => key.startsWith('notice ')).length,
  ];
}

test('a captions place that is taken away is reported once, and the transcript goes on', async () => {
  const fixture = await openCaptioned();
  fixture.captionChats.chat.refuses = () => ({ kind: 'forbidden' });
  await sayAll(fixture);
  await sayAll(fixture);
  await passTime(fixture, 40_000);
  expect(
    fixture.written.filter((text) => text.includes('write captions')),
  ).toHaveLength(1);
  expect(await listKept(fixture)).toHaveLength(2);
});

test('captions whose place was taken away are shown again when they are turned on again', async () => {
  const fixture = await openCaptioned();
  await sayAll(fixture);
  const { chat } = fixture.captionChats;
  chat.refuses = () => ({ kind: 'chat-gone' });
  await sayAll(fixture);
  chat.refuses = undefined;
  await turnCaptionsOn(fixture);
  await sayAll(fixture, eva);
  expect(fixture.captionChats.chat.lines.at(-1)).toBe('**Eva** five five');
  const lines = await listKept(fixture);
  expect(lines.map(({ number }) => number)).toEqual([1, 2, 3]);
  expect(new Set(lines.map(({ sessionId }) => sessionId)).size).toBe(1);
});

test('people who come in later find the notice again, below what was said', async () => {
  const fixture = await openCaptioned();
  const { chat } = fixture.captionChats;
  const countBefore = chat.texts.length;
  fixture.linkOpener.link.present.push(makePerson('Ben'));
  await passTime(fixture, 500);
  await passTime(fixture, 500);
  expect(chat.texts.slice(countBefore)).toEqual([chat.texts[0]]);
});

playScripts({
  'a no takes the lines of this session away, on disk and in the chat': `
    with off, eva always
    captions on > says captions.on
    4000 > captions: on placeId lounge isHere true saved true, played voice: completed
    adam says: five > heard Adam: five, ignored Adam: off
    eva says: six > heard Eva: six, ignored Eva: off
    adam denies > isSaved true
    1000
    captions > **Eva** six
    lines > person personId eva name Eva, six
    `,
  'a message of captions that somebody deletes takes its lines along': [
    { acts: { deleteFirst } },
    `
    with off, eva always
    captions on > says captions.on
    4000 > captions: on placeId lounge isHere true saved true, played voice: completed
    adam says: five > heard Adam: five, ignored Adam: off
    do deleteFirst
    500
    lines > none
    eva says: six > heard Eva: six, ignored Eva: off
    lines > person personId eva name Eva, six
    `,
  ],
});

async function deleteFirst(fixture: SessionFixture) {
  const [line] = await listKept(fixture);
  fixture.captionChats.deleteMessages(line?.post?.messageId ?? '');
}

const listLines = ({ captionChats }: SessionFixture) => captionChats.chat.lines;
const radio = { sound: 'https://sounds.example/live' };

test('music has a line at its beginning, a short sound has none, and no transcript has it', async () => {
  const fixture = await openSetup();
  await turnCaptionsOn(fixture);
  await playSound(fixture, byAdam);
  await passTime(fixture, 11_000);
  expect(listLines(fixture)).toEqual([]);
  await playSound(fixture, byAdam, radio);
  await passTime(fixture, 500);
  expect(listLines(fixture)).toEqual(['*\\[music: radio\\]*']);
  expect(await listKept(fixture)).toEqual([]);
});

test('when no space is left for transcripts, captions go on, people are told once, and nothing is lost', async () => {
  const clock = new VirtualClock();
  const { inMemory, onDisk } = openMemoryTranscripts(clock);
  let isFull = false;
  const putLines: TranscriptStore['writer']['putLines'] = async (lines) => {
    if (isFull) throw new BotError('store.unwritable', true, 'The disk is full.');
    await onDisk.writer.putLines(lines);
  };
  const writer: TranscriptStore['writer'] = {
    putSession: (session) => onDisk.writer.putSession(session),
    putLines,
    endOpenSessions: (...request) => onDisk.writer.endOpenSessions(...request),
  };
  const limited = { ...onDisk, writer };
  const transcripts = new TranscriptStores(limited, inMemory);
  const fixture = { ...(await openCaptioned({ transcripts }, clock)), transcripts };
  await sayAll(fixture);
  isFull = true;
  for (let n = 0; n < 3; n++) await sayAll(fixture, eva);
  await passTime(fixture, 25_000);
  const countTold = () =>
    fixture.written.filter((line) => line === formatText('captions.unsaved')).length;
  expect([fixture.captionChats.chat.lines.length, countTold()]).toEqual([4, 1]);
  expect(fixture.events.filter(({ kind }) => kind === 'failed').length).toBeGreaterThan(
    0,
  );
  expect(await listKept(fixture)).toHaveLength(1);
  isFull = false;
  await sayAll(fixture);
  expect(await listKept(fixture)).toHaveLength(5);
  expect(countTold()).toBe(1);
});
