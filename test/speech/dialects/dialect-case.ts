import { joinSamples, type Pcm } from '#src/audio/pcm.ts';
import { BotError } from '#src/base/errors.ts';
import type { ReplyPart, Turn } from '#src/pipeline/pipeline.ts';
import { joinTexts } from '#test/contracts/pipeline-contract.ts';
import {
  openStrictServer,
  type StrictManners,
} from '#test/fakes/dialects/strict-server.ts';
import { makeTone } from '#test/fakes/providers/mock-sound.ts';
import { openBotDoors } from './bot-doors.ts';

/** One question, and what has to come of it. */
export type Exchange = {
  readonly asks?: string;
  readonly turn?: Partial<Turn>;
  /** Words of the answer, which sound as well. */
  readonly hears: string;
  /** Runs of tools, all so far. */
  readonly ran?: number;
  /** Requests to the chat server for this question. */
  readonly requests?: number;
  readonly code?: string | RegExp;
};

/** The bot before a server, from its settings on. */
export async function openDialectBot(
  manners: StrictManners,
  settings: Readonly<Record<string, string>> = {},
) {
  const server = await openStrictServer(manners);
  const bot = await openBotDoors({ ...server.environment, ...settings }, server);
  return Object.assign(bot, {
    server,
    /** Asks, and expects what was said of the answer. */
    async exchange(expected: Exchange) {
      const { asks = 'hello', turn, ran, requests } = expected;
      const countBefore = server.listRequests('chat').length;
      const { parts, error } = await bot.answer(asks, turn);
      expectHeard(parts, error, expected);
      if (ran !== undefined) expect(bot.host.ran).toHaveLength(ran);
      for (const { argumentsJson } of bot.host.ran)
        expect(JSON.parse(argumentsJson)).toEqual({ on: true });
      if (requests !== undefined)
        expect(server.listRequests('chat').length - countBefore).toBe(requests);
      return { parts, error: error instanceof BotError ? error : undefined };
    },
  });
}

function expectHeard(
  replyParts: readonly ReplyPart[],
  error: unknown,
  { hears, code }: Exchange,
) {
  const failed = toCodeAndSentence(error);
  expect([joinTexts(replyParts).trim(), code ? failed.split(':')[0] : failed]).toEqual([
    hears,
    code instanceof RegExp ? expect.stringMatching(code) : (code ?? ''),
  ]);
  expectSounded(replyParts);
}

/** How an answer failed; empty if it did not. */
function toCodeAndSentence(error: unknown) {
  if (error === undefined) return '';
  return error instanceof BotError ? `${error.code}: ${error.message}` : `${error}`;
}

/** Each clause sounded, as the tone of its words. */
export function expectSounded(replyParts: readonly ReplyPart[]) {
  const clauses = replyParts.flatMap((part) =>
    part.kind === 'clause' ? [part.text] : [],
  );
  const sounds = joinSounds(replyParts);
  expect([...sounds.keys()]).toEqual([...new Set(clauses)]);
  for (const [clause, pcm] of sounds) expectTone(pcm, clause);
}

/** This sound is the tone of these words. Long arrays are compared by hand: a difference is printed for seconds. */
export function expectTone(
  { samples, rateHz }: Pick<Pcm, 'samples' | 'rateHz'>,
  text: string,
) {
  const tone = makeTone(text, rateHz);
  const differing = tone.findIndex((sample, at) => sample !== samples[at]);
  expect({ text, rateHz, length: samples.length, differing }).toEqual({
    text,
    rateHz,
    length: tone.length,
    differing: -1,
  });
}

/** All sound of each clause. */
function joinSounds(replyParts: readonly ReplyPart[]): ReadonlyMap<string, Pcm> {
  const sounds = new Map<string, Pcm>();
  for (const part of replyParts) {
    if (part.kind !== 'audio') continue;
    const { ofText = '', pcm } = part;
    const { samples = new Int16Array() } = sounds.get(ofText) ?? {};
    sounds.set(ofText, { ...pcm, samples: joinSamples([samples, pcm.samples]) });
  }
  return sounds;
}

/** All sound of an answer, whatever clauses it belongs to. */
export function joinWholeSound(replyParts: readonly ReplyPart[]): Pcm {
  const sounds = replyParts.flatMap((part) =>
    part.kind === 'audio' ? [part.pcm] : [],
  );
  const samples = joinSamples(sounds.map((pcm) => pcm.samples));
  return { rateHz: sounds[0]?.rateHz ?? 0, channels: 1, samples };
}
