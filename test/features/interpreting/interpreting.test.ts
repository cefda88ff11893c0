import { toGuildId } from '#src/base/ids.ts';
import type { ChatMessage, ChatModel, ChatPart } from '#src/chat/chat-model.ts';
import { UtteranceClauses } from '#src/features/interpreting/utterance-clauses.ts';
import { createFixedVoiceNames } from '#src/speech/speech-engine.ts';
import { NgramLanguageDetector } from '#src/speech/text-language/spoken-form.ts';
import {
  adam,
  eva,
  type FixtureOptions,
  hearSpeech,
  joinLounge,
  passTime,
  type SessionFixture,
} from '#test/conversation/setup/session-fixture.ts';
import { FakeSynthesizer, FakeTranscriber } from '#test/fakes/fake-speech.ts';
import { openBudgets, toUsd } from '#test/fakes/fake-spending.ts';
import { VirtualClock } from '#test/fakes/virtual-clock.ts';

const g = toGuildId('g');
const speech = 'human-goforward';
const english = 'We meet at the bridge tomorrow.';
const german = 'Wir treffen uns morgen an der Brücke.';

/** Translates whatever stands between the marks into "German 1" and so on, and answers everything else. */
class TranslatingChat implements ChatModel {
  readonly prompts: string[] = [];
  readonly #clock;
  readonly #tookMs;

  constructor(clock: VirtualClock, tookMs = 0) {
    this.#clock = clock;
    this.#tookMs = tookMs;
  }

  async *reply(
    messages: readonly ChatMessage[],
    _tools: readonly unknown[],
    signal: AbortSignal,
  ): AsyncGenerator<ChatPart> {
    const asked = String(messages.at(-1)?.content);
    if (!asked.includes('<lines>')) {
      yield { kind: 'text', text: 'It is noon.' };
      return;
    }
    this.prompts.push(asked);
    await this.#clock.sleep(this.#tookMs, signal);
    const [, language] = /into (\w+)/.exec(String(messages[0]?.content)) ?? [];
    yield { kind: 'text', text: `[1] ${language} ${this.prompts.length}.` };
  }
}

/** Adam and Eva sit there, both are heard, and the channel is interpreted between English and German. */
async function openInterpreted(
  texts: readonly string[],
  options: FixtureOptions = {},
  tookMs = 0,
) {
  const clock = new VirtualClock();
  const model = new TranslatingChat(clock, tookMs);
  const voice = new FakeSynthesizer({ pieces: 10 });
  const fixture = await joinLounge(
    {
      chat: model,
      synthesizer: voice,
      transcriber: new FakeTranscriber({ texts }),
      textLanguage: new NgramLanguageDetector(),
      voices: createFixedVoiceNames(['slt', 'rms', 'awb']),
      names: ['Nova'],
      ...options,
    },
    undefined,
    clock,
  );
  await fixture.privacy.allow(g, eva.id);
  await passTime(fixture, 100);
  await turnOn(fixture);
  return { ...fixture, model, voice };
}

async function turnOn(fixture: SessionFixture) {
  const turning = fixture.featurePorts.interpreting.turnOn(g, ['en', 'de']);
  await passTime(fixture, 10_000);
  expect(await turning).toEqual({ kind: 'set', isSaved: true });
}

test('an announcement that waits for its turn is dropped once nobody is interpreted any more', async () => {
  const fixture = await openInterpreted([]);
  const { featurePorts, voice } = fixture;
  const listAnnounced = () =>
    voice.asked.flatMap(({ text }) => /dolmetsch|interpret/i.exec(text) ?? []);
  expect(listAnnounced()).toEqual(['interpret', 'dolmetsch']);
  const turnings = [
    featurePorts.interpreting.turnOff(g),
    featurePorts.interpreting.turnOn(g, ['en', 'de']),
  ];
  await passTime(fixture, 200);
  turnings.push(featurePorts.interpreting.turnOff(g));
  await passTime(fixture, 10_000);
  await Promise.all(turnings);
  expect(listAnnounced()).toEqual(['interpret', 'dolmetsch', 'interpret']);
});

/** Texts that were said after those of the announcement, with their voices. */
const listSaid = ({ voice }: { readonly voice: FakeSynthesizer }) =>
  voice.asked
    .filter(({ text }) => !/interpret|dolmetsch/i.test(text))
    .map(({ text, voice: { name } }) => `${name}: ${text}`);

test('what one says is said again in the other language, by a voice of its speaker', async () => {
  const fixture = await openInterpreted([english, german, english]);
  await hearSpeech(fixture, 6_000, speech, adam);
  await hearSpeech(fixture, 6_000, speech, eva);
  await hearSpeech(fixture, 6_000, speech, adam);
  expect(listSaid(fixture)).toEqual([
    'rms: German 1.',
    'awb: English 2.',
    'rms: German 3.',
  ]);
});

test('the channel is told aloud in each of its languages', async () => {
  const { voice } = await openInterpreted([english]);
  expect(voice.texts.filter((text) => /interpret|dolmetsch/i.test(text))).toEqual([
    expect.stringContaining('English and German'),
    expect.stringContaining('Englisch und Deutsch'),
  ]);
});

test('nobody answers what people say to each other, and a question for the bot is answered and not interpreted', async () => {
  const fixture = await openInterpreted([english, 'Nova, what time is it?']);
  await hearSpeech(fixture, 6_000, speech, adam);
  expect(fixture.of('answered')).toHaveLength(0);
  await hearSpeech(fixture, 6_000, speech, adam);
  expect(fixture.of('answered')).toHaveLength(1);
  expect(listSaid(fixture)).toEqual(['rms: German 1.', 'slt: It is noon.']);
});

test('words of a person who says no while they are translated are not said, also after a new yes', async () => {
  const fixture = await openInterpreted([english], {}, 4_000);
  await hearSpeech(fixture, 4_000, speech, eva);
  expect(fixture.model.prompts).toHaveLength(1);
  await fixture.privacy.deny(g, eva.id);
  await fixture.privacy.allow(g, eva.id);
  await passTime(fixture, 6_000);
  expect(listSaid(fixture)).toEqual([]);
});

test('translations of a person who says no are dropped from the queue', async () => {
  const fixture = await openInterpreted([english]);
  const text = 'This is a sentence of a long text that is said first. '.repeat(12);
  const saying = fixture.talk.sayText(g, text, 'now', {});
  await hearSpeech(fixture, 4_000, speech, eva);
  expect(fixture.model.prompts).toHaveLength(1);
  await fixture.privacy.deny(g, eva.id);
  await passTime(fixture, 15_000);
  await saying;
  expect(listSaid(fixture).filter((text) => text.includes('German'))).toEqual([]);
});

test('who is left out is not interpreted', async () => {
  const fixture = await openInterpreted([english]);
  await fixture.captions.setLeftOut(g, eva.id, true);
  await hearSpeech(fixture, 6_000, speech, eva);
  expect(fixture.model.prompts).toEqual([]);
  await hearSpeech(fixture, 6_000, speech, adam);
  expect(listSaid(fixture)).toEqual(['rms: German 1.']);
});

test('a person alone is interpreted to nobody, and answered as ever', async () => {
  const fixture = await openInterpreted([english]);
  fixture.linkOpener.link.present.splice(1);
  await hearSpeech(fixture, 6_000, speech, adam);
  expect(fixture.model.prompts).toEqual([]);
  expect(listSaid(fixture)).toEqual(['slt: It is noon.']);
});

test('after /interpret off nothing more is said, and words are answered as before', async () => {
  const fixture = await openInterpreted([english]);
  await fixture.featurePorts.interpreting.turnOff(g);
  await hearSpeech(fixture, 6_000, speech, adam);
  expect(listSaid(fixture)).toEqual(['slt: It is noon.']);
});

test('a translation is paid by the server, and none is asked for without its money', async () => {
  const clock = new VirtualClock();
  const { budgets, ledger } = openBudgets(clock, { caps: { serverDay: toUsd(10) } });
  const fixture = await openInterpreted([english], { spending: budgets });
  await hearSpeech(fixture, 6_000, speech, adam);
  expect(fixture.model.prompts).toHaveLength(1);
  const { day, people } = ledger.getStanding(g, clock.wallMs());
  expect([day.nanoUsd > 0, people.size]).toEqual([true, 0]);
  ledger.charge(g, undefined, { nanoUsd: toUsd(10) }, clock.wallMs());
  await hearSpeech(fixture, 6_000, speech, adam);
  expect(fixture.model.prompts).toHaveLength(1);
});

test('captions stand beside, and show a translation as said by the bot', async () => {
  const fixture = await openInterpreted([english]);
  const turning = fixture.captions.turnOn(g, { translateTo: 'de' });
  await passTime(fixture, 4_000);
  await turning;
  await hearSpeech(fixture, 8_000, speech, adam);
  const lines = fixture.captionChats.chat.lines.join('\n');
  expect(lines).toContain(`**Adam** ${english}`);
  expect(lines).toMatch(/\*\*Nova\*\* German \d\./);
});

test('less than two languages, or a server without a chat model, are refused with the reason', async () => {
  const fixture = await openInterpreted([english]);
  const { interpreting } = fixture.featurePorts;
  expect(await interpreting.turnOn(g, ['en', 'en-GB'])).toEqual({
    kind: 'failed',
    line: { id: 'interpret.languages' },
  });
  const without = await joinLounge({ hasChatModel: false });
  expect(await without.featurePorts.interpreting.turnOn(g, ['en', 'de'])).toEqual({
    kind: 'failed',
    line: { id: 'interpret.failed' },
  });
});

test('a clause is given as soon as two partial texts have it alike, and each word once', () => {
  const clauses = new UtteranceClauses();
  expect(clauses.addPartial('Good morning. We meet')).toEqual([]);
  expect(clauses.addPartial('Good morning. We meet at')).toEqual(['Good morning.']);
  expect(clauses.addPartial('Good morning, we meet at eight')).toEqual([]);
  expect(clauses.addPause('Good morning. We meet at eight')).toEqual([]);
  expect(clauses.end('Good morning. We meet at eight')).toEqual(['We meet at eight']);
});
