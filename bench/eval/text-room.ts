import {
  greetedMs,
  listPeople,
  movePerson,
  openBenchChannel,
  passUntil,
  sayText,
} from '#bench/manners/bench-channel.ts';
import { realClock } from '#src/base/clock.ts';
import type { ChatModel } from '#src/chat/chat-model.ts';
import { tools } from '#src/features/features.ts';
import { NgramLanguageDetector } from '#src/speech/text-language/text-language.ts';
import type { VirtualClock } from '#test/fakes/virtual-clock.ts';
import type { EvalScene } from './eval-scene.ts';
import type { EvalSetup } from './eval-setup.ts';
import type { EvalRoom } from './scene-player.ts';

const neverAborted = new AbortController().signal;

/** The real session on virtual time: recordings in place of voices, a recogniser without mistakes, and the operator's chat model. */
export async function openTextRoom(
  scene: EvalScene,
  setup: EvalSetup,
): Promise<EvalRoom> {
  const { config, botName, chat } = setup;
  const languages = new Map<number, string>();
  const held: HeldChatModel[] = [];
  const channel = await openBenchChannel(listPeople(scene.people), undefined, {
    languageOf: (utterance) => languages.get(utterance),
    ready: async () => await held[0]?.waitUntilReady(),
    partsFor(clock) {
      const model = createHeldChatModel(chat, clock);
      held.push(model);
      return {
        addressing: config.bot.addressing,
        chat: model,
        pipeline: undefined,
        tools,
        names: [botName, ...config.bot.otherNames],
        style: {
          instructions: `${config.bot.instructions} Your name is ${botName}.`,
          voice: {},
        },
        textLanguage: new NgramLanguageDetector(),
      };
    },
  });
  await passUntil(channel, greetedMs);
  const idOf = (name: string) => name.toLowerCase();
  return {
    get events() {
      return channel.happened;
    },
    nowMs: () => channel.clock.nowMs(),
    lastSoundMs: () => channel.lastSound.lastVoiceMs,
    async sayLine({ who, say: words, language = 'en' }, fromMs) {
      const utterance = sayText(
        channel,
        idOf(who),
        words.replaceAll('Nova', botName),
        fromMs,
      );
      languages.set(utterance.id, language);
      return utterance;
    },
    passUntil: (atMs) => passUntil(channel, atMs),
    movePerson: async (name, isHere) => movePerson(channel, idOf(name), isHere),
    // Virtual time stands still from now on, and nothing else is open.
    [Symbol.asyncDispose]: async () => undefined,
  };
}

type HeldChatModel = ReturnType<typeof createHeldChatModel>;

/** A model behind a real server, in virtual time: that stands still while the server works, and then passes as long as it took. */
function createHeldChatModel(model: ChatModel, clock: VirtualClock) {
  const asked = new Set<Promise<unknown>>();

  return {
    async waitUntilReady() {
      while (asked.size > 0) await Promise.allSettled(asked);
    },

    async *reply(...request: Parameters<ChatModel['reply']>) {
      const startedMs = realClock.nowMs();
      const [, , signal = neverAborted] = request;
      const whole = Array.fromAsync(model.reply(...request));
      asked.add(whole);
      const parts = await whole.finally(() => asked.delete(whole));
      await clock.sleep(Math.round(realClock.nowMs() - startedMs), signal);
      yield* parts;
    },
  };
}
