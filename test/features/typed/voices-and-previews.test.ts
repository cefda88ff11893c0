import { BotError } from '#src/base/errors.ts';
import { toChannelId, toGuildId, toPersonId } from '#src/base/ids.ts';
import { withStandardVoice } from '#src/speech/fallbacks/speech-chains.ts';
import { createFixedVoiceNames } from '#src/speech/voice-names.ts';
import {
  adam,
  eva,
  type FixtureOptions,
  openCalled,
  openSessionFixture,
  passTime,
  type SessionFixture,
} from '#test/conversation/setup/session-fixture.ts';
import { FakeSynthesizer } from '#test/fakes/fake-speech.ts';
import { openBudgets, toUsd } from '#test/fakes/fake-spending.ts';
import { VirtualClock } from '#test/fakes/virtual-clock.ts';

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
