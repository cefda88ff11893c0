import { BotError } from '#src/base/errors.ts';
import { toChannelId, toGuildId, toPersonId } from '#src/base/ids.ts';
import { KeptWords } from '#src/features/typed/program-answers.ts';
import { withStandardVoice } from '#src/speech/fallbacks/speech-chains.ts';
import { createFixedVoiceNames } from '#src/speech/speech-engine.ts';
import { playScripts } from '#test/conversation/setup/play-script.ts';
import {
  adam,
  eva,
  type FixtureOptions,
  makePerson,
  openCalled,
  openSessionFixture,
  passTime,
  type SessionFixture,
} from '#test/conversation/setup/session-fixture.ts';
import { FakeSynthesizer } from '#test/fakes/fake-speech.ts';
import { openBudgets, toUsd } from '#test/fakes/fake-spending.ts';
import { VirtualClock } from '#test/fakes/virtual-clock.ts';

playScripts(
  {
    'three lines of each wait, and what waits lets answers and other texts pass': `
    set read_channel 123456789012345678 > set value 123456789012345678 isSaved true
    set addressing off > set value off isSaved true
    model: The answer is five.
    adam types in 123456789012345678: Line 0. > line 1: read, typed adam read, says "Adam: Line 0."
    adam types in 123456789012345678: Line 1. > line 2: read, typed adam read
    adam types in 123456789012345678: Line 2. > line 3: read, typed adam read
    adam types in 123456789012345678: Line 3. > line 4: read, typed adam read
    adam types in 123456789012345678: Line 4. > line 5: full, typed adam full
    ben types in 123456789012345678: Mine. > line 6: read, typed ben read
    100
    ben asks: How many?
    read as other: A text of somebody. > queued position 2
    2000 > told ben: answered The answer is five., played voice: completed, says "Ben,"
    2000
    2000 > answered Ben: Ben, The answer is five., says by other "A text of somebody."
    2000 > played voice: completed, says "Adam: Line 1."
    2000 > played voice: completed, says "Line 2."
    2000 > played voice: completed, says "Line 3."
    2000 > played voice: completed, says "Ben: Mine."
    2000 > played voice: completed
    2000
    2000
    `,
    'nothing is read of a webhook, a bot, somebody who was not asked, who does not sit there, of whose words nothing is told, without a word, or in another channel': `
    set read_channel 123456789012345678 > set value 123456789012345678 isSaved true
    adam types in 123456789012345678 with webhook: Hi. > line 1: webhook, typed adam webhook
    bot types in 123456789012345678: Hi. > line 2: bot
    eva types in 123456789012345678: Hi. > line 3: unasked, typed eva unasked
    zoe types in 123456789012345678: Hi. > line 4: absent, typed zoe absent
    adam types in 123456789012345678: > line 5: unread, typed adam unread
    adam types in 123456789012345678: 🎉 > line 6: empty, typed adam empty
    adam types in other: Hi. > line 7: elsewhere
    5000 silent
    `,
    'a forwarded line is named as forwarded': `
    set read_channel 123456789012345678 > set value 123456789012345678 isSaved true
    adam types in 123456789012345678 with forward: The shop closes at six.
    > line 1: read, typed adam read, says "Adam: forwarded: The shop closes at six."
    5000 > played voice: completed
    `,
    'nothing is read of people who said no or are blocked, nor of what waits of theirs': `
    set read_channel 123456789012345678 > set value 123456789012345678 isSaved true
    adam types in 123456789012345678: A long line that is read for a while.
    > line 1: read, typed adam read, says "Adam: A long line that is read for a while."
    ben types in 123456789012345678: First. > line 2: read, typed ben read
    adam types in 123456789012345678: Last. > line 3: read, typed adam read
    100
    ben denies > isSaved true, played voice: withdrawn
    ben types in 123456789012345678: Second. > line 4: refused, typed ben refused
    5000 > played voice: completed x2, says "Last."
    5000
    set blocked 100000000000000001 > set value 100000000000000001 isSaved true
    adam picks 100000000000000001: Third. > refused read.refused.blocked
    5000 silent
    `,
    'messages that are deleted while they wait, or are read, are not read on': `
    set read_channel 123456789012345678 > set value 123456789012345678 isSaved true
    adam types in 123456789012345678: First line, which takes its time.
    > line 1: read, typed adam read, says "Adam: First line, which takes its time."
    adam types in 123456789012345678: Second line, which takes its time.
    > line 2: read, typed adam read
    adam types in 123456789012345678: Third line, which takes its time.
    > line 3: read, typed adam read
    100
    line 2 is deleted > played voice: withdrawn
    track voice > “…”, “…”
    line 1 is deleted > played voice: withdrawn, says "Third line, which takes its time."
    line 9 is deleted
    400
    track voice > “…”
    adam types and deletes in 123456789012345678: Gone at once.
    > line 4: deleted, typed adam deleted
    5000 > played voice: completed
    5000
    `,
    'a person skips and removes their own lines one by one, and needs a right for those of others': `
    set read_channel 123456789012345678 > set value 123456789012345678 isSaved true
    set addressing off > set value off isSaved true
    adam types in 123456789012345678: Adam, one.
    > line 1: read, typed adam read, says "Adam: Adam, one."
    ben types in 123456789012345678: Ben, one. > line 2: read, typed ben read
    100
    adam types in 123456789012345678: Adam, two. > line 3: read, typed adam read
    ben types in 123456789012345678: Ben, two. > line 4: read, typed ben read
    100
    ben skips voice > denied track voice owner Adam vote votes 1 needed 2
    ben removes 1 from voice > changed track voice change remove title “…”, played voice: skipped
    ben removes 2 from voice > changed track voice change remove title “…”, played voice: skipped
    adam skips voice > skipped track voice title “…”, played voice: skipped, says "Adam, two."
    8000 > played voice: completed
    ben removes 1 from voice > no-item name 1 names
    adam types in 123456789012345678: Adam, three.
    > line 5: read, typed adam read, says "Adam, three."
    adam types in 123456789012345678: Adam, four. > line 6: read, typed adam read
    100
    stop > stopped, played voice: stopped x2
    5000 silent
    `,
    'the menu has a message read for whoever picks it, whoever wrote it, in the writer’s voice':
      [
        {
          acts: {
            findOwner: ({ tracks }) =>
              tracks.listTracks(toGuildId('g'))?.find(({ name }) => name === 'voice')
                ?.current?.owner,
          },
        },
        `
    zoe chooses voice rms
    adam picks zoe: Dinner at eight. > queued position 0, says by rms "Zoe: Dinner at eight."
    100
    do findOwner > Adam
    adam picks zoe: More 0. > queued position 1
    adam picks zoe: More 1. > queued position 2
    adam picks zoe: More 2. > queued position 3
    adam picks zoe: Too much. > full limit 3
    ben picks zoe: 🎉 > refused say.empty
    ben picks bot: Beep. > refused read.refused.bot
    zoe denies > isSaved true, played voice: withdrawn x4
    adam picks zoe: Hi. > refused read.refused
    leave > left channel Lounge, left asked
    ben picks zoe: Hi. > nowhere
    `,
      ],
    'a long line is read up to the end of a clause, and says that there is more': `
    adam picks zoe: This is sentence number 0 of a long line. This is sentence number 1 of a long line. This is sentence number 2 of a long line. This is sentence number 3 of a long line. This is sentence number 4 of a long line. This is sentence number 5 of a long line. This is sentence number 6 of a long line. This is sentence number 7 of a long line. This is sentence number 8 of a long line. This is sentence number 9 of a long line. This is sentence number 10 of a long line. This is sentence number 11 of a long line.
    > queued position 0
    > says "Zoe: This is sentence number 0 of a long line. This is sentence number 1 of a long line. This is sentence number 2 of a long line."
    60000
    > played voice: completed
    > says "This is sentence number 3 of a long line. This is sentence number 4 of a long line. This is sentence number 5 of a long line. This is sentence number 6 of a long line. The rest is in the chat."
    adam picks zoe: Short again. > queued position 0, says "Short again."
    5000 > played voice: completed
    `,
    'a text that is read out is paid from the share of its author, and refused when that share is used':
      [
        {
          tariff: {
            speak: { kind: 'priced', usd: { perMillionAudioOutputTokens: 12 } },
          },
        },
        `
    with share 0.001
    spent > speak 0.00048, speak 0.00048, server 0.00096, reserved 0
    adam picks zoe: Hi. > queued position 0, says "Zoe: Hi."
    adam has read on bg: Hello. > playing title “…” track bg place 0, says "Hello."
    5000 > text: completed, played bg: completed, played voice: completed
    spent > speak 0.00048, speak 0.00013584, server 0.00157584, adam 0.00061584, reserved 0
    adam has spent 0.001
    adam picks zoe: Hi. > refused budget.user h 8
    adam has read: Hello. > refused budget.user h 8
    adam has read on bg: Hello. > refused budget.user h 8
    set read_channel 123456789012345678 > set value 123456789012345678 isSaved true
    adam types in 123456789012345678: Hi. > line 1: silent, typed adam silent
    ben picks zoe: Hi. > queued position 0, says "Hi."
    pause > paused
    ben types in 123456789012345678: Hi. > line 2: paused, typed ben paused
    `,
      ],
  },
  {
    people: [adam, eva, makePerson('Ben')],
    pieces: 20,
    stored: { ben: { kind: 'always' } },
  },
);

const sample = { voice: 'rms', speed: 1.2, language: 'en' };
const noVoice = [undefined, undefined, { status: 400 }] as const;
const gone = new BotError('provider.refused', false, 'No such voice.', ...noVoice);
const told =
  'The voice rms is gone, so my usual one speaks. Choose another: /voice me, or /voice bot for mine.';

/** Adam has called the bot, and what it says of itself is over. */
const openGreeted = (overrides: FixtureOptions = {}) =>
  openCalled(overrides, [adam, eva], 10_000);

async function hearPreview(fixture: SessionFixture) {
  const hearing = fixture.voiceControl.previewVoice(toGuildId('g'), adam, sample);
  if (fixture.linkOpener.links.length > 0) await passTime(fixture, 100);
  return await hearing;
}

/** A voice that is refused by name, behind what has the standard one speak instead. */
function refuseVoice(name: string, names: readonly string[] = []) {
  const inner = new FakeSynthesizer({ pieces: 3 });
  const engine = {
    async *synthesize(
      ...[text, voice, signal]: Parameters<FakeSynthesizer['synthesize']>
    ) {
      if (voice.name === name) throw gone;
      yield* inner.synthesize(text, voice, signal);
    },
  };
  const voices = createFixedVoiceNames(names);
  return { inner, synthesizer: withStandardVoice(engine, voices), voices };
}

test('a preview is a file in its voice, also where nobody talks', async () => {
  const fixture = await openGreeted();
  const { length } = fixture.synthesizer.asked;
  expect(await hearPreview(fixture)).toMatchObject({ kind: 'file' });
  const [said] = fixture.synthesizer.asked.slice(length);
  expect(said).toMatchObject({ voice: { name: 'rms' } });
  expect(said?.text).toContain('Nova');
});

test('a file is paid for by its listener, until their share is used', async () => {
  const clock = new VirtualClock();
  const { budgets, ledger } = openBudgets(clock, {
    caps: { personDay: toUsd(0.0002) },
  });
  const fixture = openSessionFixture({ spending: budgets }, [adam, eva], clock);
  const transcripts: string[] = [];
  while (transcripts.length < 9 && transcripts.at(-1) !== 'failed')
    transcripts.push((await hearPreview(fixture)).kind);
  expect(transcripts.length).toBeGreaterThan(2);
  expect(transcripts.length).toBeLessThan(9);
  expect(
    ledger.getShare(toGuildId('g'), toPersonId('adam'), clock.wallMs()).nanoUsd,
  ).toBeGreaterThan(0.0001e9);
});

test('a text in a voice that is gone is said by the standard one, and the channel is told once', async () => {
  const { inner, synthesizer, voices } = refuseVoice('rms');
  const fixture = await openGreeted({ synthesizer, voices });
  const { length } = inner.asked;
  const texts = ['One two three.', 'Four five six.'];
  for (const text of texts) {
    await fixture.talk.sayText(toGuildId('g'), text, 'queue', {
      owner: adam,
      voice: 'rms',
    });
    await passTime(fixture, 3_000);
  }
  expect([inner.texts.slice(length), fixture.written]).toEqual([texts, [told]]);
});

test.each([
  ['the server refuses', [], 'rms'],
  ['the server lists no more', ['slt', 'kal'], undefined],
])(
  'an answer in a voice that %s is said by the standard one, and the channel is told once',
  async (_, names, refusedName) => {
    const known: string[] = [];
    const { inner, synthesizer, voices } = refuseVoice(refusedName ?? '', known);
    const fixture = await openGreeted({ synthesizer, voices });
    await fixture.personas.savePersona(toGuildId('g'), toChannelId('lounge'), {
      voice: 'rms',
    });
    known.push(...names);
    for (let n = 0; n < 2; n++) {
      await fixture.talk.sayText(toGuildId('g'), 'One two three.', 'queue');
      await passTime(fixture, 40_000);
    }
    expect(inner.asked.map(({ voice }) => voice.name)).not.toContain('rms');
    expect(fixture.written).toEqual([told]);
  },
);

const minuteMs = 60_000;

function openWords() {
  const clock = new VirtualClock();
  const kept = new KeptWords(clock);
  const made: string[] = [];
  const makeWords = (key: string) =>
    kept.getOrMake(key, async () => {
      made.push(key);
      return `words of ${key}`;
    });
  return { clock, kept, made, words: makeWords };
}

test('words are made once, and again 15 minutes after their last use', async () => {
  const { clock, made, words } = openWords();
  for (const waitMs of [0, 14 * minuteMs, 14 * minuteMs]) {
    await clock.advance(waitMs);
    expect(await words('a')).toBe('words of a');
  }
  expect(made).toEqual(['a']);
  await clock.advance(15 * minuteMs);
  await words('a');
  expect(made).toEqual(['a', 'a']);
});

test('of more than 1,000 texts the one unused for longest goes', async () => {
  const { made, words } = openWords();
  for (let n = 0; n < 1_000; n++) await words(`sound ${n}.`);
  await words('sound 0.');
  await words('one more');
  made.splice(0);
  for (const key of ['sound 0.', 'sound 2.', 'sound 1.']) await words(key);
  expect(made).toEqual(['sound 1.']);
});

test('a failure is told to whoever had the words made, and whoever waited for them makes them', async () => {
  const { kept, made, words } = openWords();
  const failing = Promise.withResolvers<string>();
  const first = kept.getOrMake('a', () => failing.promise);
  const second = words('a');
  expect(made).toEqual([]);
  failing.reject(new Error('hung up'));
  await expect(first).rejects.toThrow('hung up');
  expect([await second, made]).toEqual(['words of a', ['a']]);
});

test('forgotten words are gone, also where an answer with them is still being made', async () => {
  const { kept, made, words } = openWords();
  await words('g cat 1 a');
  const slow = Promise.withResolvers<string>();
  const making = kept.getOrMake('g cat 1 b', () => slow.promise);
  await words('h dog 1 a');
  kept.forget('g ');
  slow.resolve('late');
  expect(await making).toBe('late');
  expect(['g cat 1 a', 'g cat 1 b'].map((key) => kept.find(key))).toEqual([
    undefined,
    undefined,
  ]);
  await words('h dog 1 a');
  expect(made).toEqual(['g cat 1 a', 'h dog 1 a']);
});

test('words that one model heard stay beside those of a model with a shorter name', async () => {
  const { made, words } = openWords();
  await words('g cat 1 sound whisper-1');
  await words('g cat 1 sound whisper');
  await words('g cat 1 sound whisper-1');
  expect(made).toEqual(['g cat 1 sound whisper-1', 'g cat 1 sound whisper']);
});
