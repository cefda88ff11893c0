import { readOpusPackets } from '#bench/turns/voice-clips.ts';
import { loadOpus } from '#src/audio/opus/opus-codec.ts';
import { toGuildId } from '#src/base/ids.ts';
import type { ChatMessage, ChatModel } from '#src/chat/chat-model.ts';
import { LocalModels } from '#src/speech/local/local-models.ts';
import { openLocalTranscriber } from '#src/speech/local/local-transcriber.ts';
import type { Transcriber } from '#src/speech/speech-engine.ts';
import { NgramLanguageDetector } from '#src/speech/text-language/spoken-form.ts';
import { listClips, readClip } from '#test/audio/clip-archive.ts';
import { openRoom } from '#test/conversation/setup/open-room.ts';
import { adam, passTime } from '#test/conversation/setup/session-fixture.ts';
import { VirtualClock } from '#test/fakes/virtual-clock.ts';

const [people, prompts, sounds] = ['human', 'prompts', 'non-speech'].map(
  (folder) => `test/fixtures/${folder}`,
) as [string, string, string];
const codec = await loadOpus();
const textLanguage = new NgramLanguageDetector();
await textLanguage.detect('How high is it?', []); // loads, which takes real time
const models = new LocalModels();
const whisper = await openLocalTranscriber({ models });
afterAll(() => models[Symbol.asyncDispose]());

/** Whisper, whose words come 120 ms of virtual time after the question, however long it really takes. */
class TimedTranscriber implements Transcriber {
  readonly #clock: VirtualClock;
  #listening: Promise<unknown> = Promise.resolve();
  readonly texts: string[] = [];

  constructor(clock: VirtualClock) {
    this.#clock = clock;
  }

  async *transcribe(...[pcm, signal, options]: Parameters<Transcriber['transcribe']>) {
    const listening = Array.fromAsync(whisper.transcribe(pcm, signal, options));
    this.#listening = listening.catch(() => undefined);
    await this.#clock.sleep(120, signal);
    for (const update of await listening) {
      if (update.kind === 'final') this.texts.push(update.transcript.text);
      yield update;
    }
  }

  /** Resolves once Whisper has answered, so that no virtual time passes meanwhile. */
  async waitUntilAnswered() {
    await this.#listening;
  }
}

/** Adam is alone with the bot on a server of a language, and Whisper hears him through Opus and voice activity detection. */
async function openHeardRoom(serverLanguage: string) {
  const clock = new VirtualClock(undefined, 4);
  const transcriber = new TimedTranscriber(clock);
  const orders: string[] = [];
  const chat: ChatModel = {
    async *reply(messages) {
      const isOrder = ({ content }: ChatMessage) => content.startsWith('(Answer in ');
      orders.push(messages.findLast(isOrder)?.content ?? '');
      yield { kind: 'text', text: 'Aha.' };
    },
  };
  const parts = { codec, transcriber, chat, textLanguage };
  const fixture = await openRoom(parts, [adam], clock);
  await fixture.settings.setSetting(toGuildId('g'), 'language', serverLanguage);
  const passPackets = async (
    ms: number,
    packets: Parameters<typeof passTime>[2] = [],
  ) => {
    for (let passed = 0; passed < ms; passed += 20) {
      const nowMs = clock.nowMs();
      const due = packets.filter(({ atMs }) => atMs > nowMs && atMs <= nowMs + 20);
      await passTime(fixture, 20, due);
      await transcriber.waitUntilAnswered();
    }
  };
  return {
    ...fixture,
    transcriber,
    /** Lists the language in which the model was told to answer each question. */
    listOrders: () => orders.map((order) => /Answer in \w+/.exec(order)?.[0]),
    /** Lets Adam make the sound of a clip, then 4 s pass. */
    async hear(folder: string, file: string) {
      const fromMs = clock.nowMs();
      const packets = [
        ...readOpusPackets(readClip(folder, file)),
        ...Array.from({ length: 5 }, () => Buffer.from([0xf8, 0xff, 0xfe])),
      ].map((opus, n) => ({
        speakerId: adam.id,
        opus,
        sequence: (Math.round(fromMs / 20) + n) & 0xffff,
        timestamp: (Math.round(fromMs * 48) + n * 960) >>> 0,
        atMs: fromMs + (n + 1) * 20,
      }));
      await passPackets(packets.length * 20 + 4_000, packets);
    },
  };
}

const wordlessSounds = listClips(sounds).filter((file) =>
  /^(?:laugh|cough|sneeze)/.test(file),
);

test('whoever laughs, coughs or sneezes alone with the bot hears nothing of it, and is heard after that', async () => {
  const room = await openHeardRoom('en');
  const soundingAfter: string[] = [];
  for (const file of wordlessSounds) {
    room.linkOpener.link.onLeft = () => soundingAfter.push(file);
    await room.hear(sounds, file);
  }
  expect(new Set(soundingAfter)).toEqual(new Set());
  expect(room.listOrders()).toEqual([]);
  await room.hear(people, 'cmd-000.opus');
  expect(room.listOrders()).toEqual(['Answer in English']);
}, 120_000);

type SpokenClip = {
  readonly folder: string;
  readonly file: string;
  readonly text: RegExp;
  readonly language: string;
};

/** None of these clips chose a constant. */
const english: SpokenClip = {
  folder: people,
  file: 'cmd-000.opus',
  text: /coffee/,
  language: 'English',
};
const german: SpokenClip = {
  folder: people,
  file: 'pv-cheetah-test_de_norm.opus',
  text: /Meine Lieblingszahl/,
  language: 'German',
};
const french: SpokenClip = {
  folder: prompts,
  file: 'fr/ast-fr-transfer.opus',
  text: /patienter/,
  language: 'French',
};
const spanish: SpokenClip = {
  folder: prompts,
  file: 'es/ast-es-privacy-unident.opus',
  text: /La persona/,
  language: 'Spanish',
};
const russian: SpokenClip = {
  folder: prompts,
  file: 'ru/ast-ru-vm-nonumber.opus',
  text: /К сожалению/,
  language: 'Russian',
};

test.each([
  ['en', german],
  ['en', french],
  ['en', spanish],
  ['en', russian],
  ['de', english],
] as const)(
  'on a server whose language is %s, whoever speaks another one first is heard and answered in it',
  async (server, clip) => {
    const room = await openHeardRoom(server);
    await room.hear(clip.folder, clip.file);
    expect(room.transcriber.texts.at(-1)).toMatch(clip.text);
    expect(room.listOrders()).toEqual([`Answer in ${clip.language}`]);
    expect(room.of('answered')).toHaveLength(1);
  },
  120_000,
);

test('whoever has spoken English is heard in German at once, and answered in it by the second sentence', async () => {
  const room = await openHeardRoom('en');
  for (const clip of [english, english, german, german]) {
    await room.hear(clip.folder, clip.file);
    expect(room.transcriber.texts.at(-1)).toMatch(clip.text);
  }
  expect(room.listOrders().at(-1)).toBe('Answer in German');
  expect(room.of('answered')).toHaveLength(4);
}, 120_000);
