import type { ChatMessage } from '#src/chat/chat-model.ts';
import { toUtcDay } from '#src/spending/calendar.ts';
import type { Hold } from './simulated-step.ts';
import type { Simulation } from './simulation-world.ts';

/** Characters of a token at most, and billionths of a dollar for a token and for a character that is spoken. */
const [mostTokenChars, tokenNanoUsd, spokenNanoUsd] = [4, 1_000, 1_000];

/** Judges the price of what left for paid servers, whichever process asked for it. */
export class MoneyJudge {
  readonly #hold;
  /** People who asked, by the number of their answer. */
  readonly #askers = new Map<string, string>();
  /** Billionths of a dollar, by person and day of UTC. */
  readonly #spent = new Map<string, number>();
  readonly #forgotten = new Set<string>();

  constructor(hold: Hold) {
    this.#hold = hold;
  }

  /** A prompt leaves for an answer. */
  checkPrompt(world: Simulation, answer: number, messages: readonly ChatMessage[]) {
    const names = messages.flatMap((message) =>
      'name' in message ? message.name : [],
    );
    const asker = names.at(-1)?.toLowerCase();
    if (asker === undefined) return;
    this.#askers.set(`Answer ${answer}`, asker);
    const texts = messages.flatMap(({ content }) => content ?? '');
    const chars = texts.reduce((sum, { length }) => sum + length, 0);
    this.#add(world, asker, (chars / mostTokenChars) * tokenNanoUsd);
  }

  /** A text leaves to be spoken. */
  checkSpoken(world: Simulation, text: string) {
    const asker = this.#askers.get(text.match(/^Answer \d+/)?.[0] ?? '');
    if (asker !== undefined) this.#add(world, asker, text.length * spokenNanoUsd);
  }

  /** A person is about to be forgotten: the next process counts their money as the server's alone. */
  noteForgotten(by: string) {
    this.#forgotten.add(by);
  }

  /** A process has begun, for which a person has spent so many billionths of a dollar today, through all processes before. */
  checkInherited(world: Simulation, by: string, nanoUsd: number) {
    const sum = this.#spent.get(toKey(world, by)) ?? 0;
    if (this.#forgotten.has(by)) return;
    this.#hold(88, sum <= nanoUsd, `${by}: ${Math.round(sum)}, known is ${nanoUsd}`);
  }

  #add(world: Simulation, by: string, nanoUsd: number) {
    const key = toKey(world, by);
    const sum = (this.#spent.get(key) ?? 0) + nanoUsd;
    this.#spent.set(key, sum);
    const { capNanoUsd } = world;
    this.#hold(88, sum <= capNanoUsd, `${by}: ${Math.round(sum)} of ${capNanoUsd}`);
  }
}

function toKey({ clock }: Simulation, by: string) {
  return `${by} ${toUtcDay(clock.wallMs())}`;
}
