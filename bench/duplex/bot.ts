import type { Microphones, SentSound, SimulatedUtterance } from '#bench/manners/microphones.ts';

/** 20 ms of a bot's speech that left. */
export type BotFrame = { readonly atMs: number };

/** Something a bot said, and the utterances it was an answer to. */
export type BotAnswer = { readonly utterances: readonly number[]; readonly fromMs: number };

/** A person's utterance: given packets, or clips of their voice as long as `text`. */
export type Saying = {
  readonly personId: string;
  readonly text: string;
  readonly sound?: SentSound | undefined;
};

/** A bot in a voice channel on virtual time, as people there know it. */
export interface DuplexBot {
  readonly microphones: Microphones;
  readonly frames: readonly BotFrame[];
  nowMs(): number;
  /** It will be said from `fromMs` on, or as soon as this person has nothing else to say. */
  say(saying: Saying, fromMs: number): SimulatedUtterance;
  goTo(atMs: number): Promise<void>;
  /** Everything it said so far of which something was heard; what is not over yet may be missing. */
  answers(): readonly BotAnswer[];
  /** When ends of turns were noticed, in order. */
  endsNoticedAtMs(): readonly number[];
  /** Silences it, and waits until everything is over and forgotten. */
  rest(): Promise<void>;
}

/** Whether an utterance gets an answer of 20 s, by its words. */
export function asksForStory(text: string): boolean {
  return text.includes('story.') || text.includes('lighthouse.');
}

/** It speaks, or did so within the last frame. */
function isSpeaking(bot: DuplexBot): boolean {
  return bot.nowMs() - (bot.frames.at(-1)?.atMs ?? Number.NEGATIVE_INFINITY) <= 20;
}

/** Lets time pass until it speaks; false where it does not within `mostMs`. */
export async function untilSpeaking(bot: DuplexBot, mostMs: number): Promise<boolean> {
  const deadlineMs = bot.nowMs() + mostMs;
  while (!isSpeaking(bot)) {
    if (bot.nowMs() >= deadlineMs) return false;
    await bot.goTo(bot.nowMs() + 20);
  }
  return true;
}
