import { z } from 'zod';
import type { Pcm } from '#src/audio/pcm.ts';
import type { Clock } from '#src/base/clock.ts';
import { BotError } from '#src/base/errors.ts';
import type { ChatMessage, ChatModel, Tool } from '#src/chat/ports.ts';
import type { ToolEntry, ToolOutcome } from '#src/conversation/tools/tool-entry.ts';
import { tool } from '#src/features/contract/tool-definition.ts';
import type { Synthesizer, Transcriber } from '#src/speech/ports.ts';
import type { Luck, PortName } from './luck.ts';
import { numbersIn, voiceLevel } from './spoken-sound.ts';

/** Something that a person said aloud. */
export type Said = { readonly by: string; readonly text: string };

/** A call that goes on. */
type Running = {
  readonly port: PortName;
  readonly by: readonly string[];
  readonly signal: AbortSignal;
};

const pieceMs = 100;
const characterMs = 65;
const stallMs = 3_000;

/** Recogniser, model, voice and tools that are late, fail, hang, stall and say too much, by chance. */
export class SimulatedEngines {
  /** Text that the recogniser gives in place of the words. A planted fault. */
  misheard: string | undefined;
  readonly #clock: Clock;
  readonly #luck: Luck;
  readonly #saidOf: (number: number) => Said | undefined;
  readonly #onHeard: (by: string) => void;
  readonly #running = new Set<Running>();
  #answers = 0;

  /** `onHeard` is told of each person whose sound a recogniser gets. */
  constructor(
    clock: Clock,
    luck: Luck,
    saidOf: (number: number) => Said | undefined,
    onHeard: (by: string) => void,
  ) {
    this.#clock = clock;
    this.#luck = luck;
    this.#saidOf = saidOf;
    this.#onHeard = onHeard;
  }

  /** Calls that go on and were not cancelled. */
  get running(): readonly Running[] {
    return [...this.#running].filter(({ signal }) => !signal.aborted);
  }

  /** Number of all calls that go on. */
  get left(): number {
    return this.#running.size;
  }

  get transcriber(): Transcriber {
    const engines = this;
    return {
      async *transcribe({ samples }: Pcm, signal) {
        const said = numbersIn(samples).flatMap((number) => engines.#saidOf(number) ?? []);
        const by = said.map((one) => one.by);
        by.forEach(engines.#onHeard);
        await engines.#call('recognise', [60, 400, 20_000], signal, by);
        const words = said.map(({ text }) => text).join(' ');
        const text = engines.misheard ?? words;
        yield { kind: 'final', transcript: { text, language: 'en' } };
      },
    };
  }

  get chat(): ChatModel {
    const engines = this;
    return {
      async *reply(messages, tools, signal) {
        const answer = ++engines.#answers;
        await engines.#call('think', [100, 1_500, 20_000], signal);
        const call = nextCall(messages, tools);
        if (call) yield { kind: 'tool', call: { ...call, id: `call_${answer}` } };
        else yield* engines.#text(answer, signal);
      },
    };
  }

  get synthesizer(): Synthesizer {
    const engines = this;
    return {
      async *synthesize(text, _voice, signal) {
        await engines.#call('speak', [50, 300, 20_000], signal);
        const stalls = engines.#luck.of(`stalls ${text}`) < 0.05;
        const pieces = Math.ceil((text.length * characterMs) / pieceMs);
        for (let piece = 0; piece < pieces; piece++) {
          const isMiddle = piece === Math.floor(pieces / 2);
          if (stalls && isMiddle) await engines.#clock.sleep(stallMs, signal);
          signal.throwIfAborted();
          const samples = new Int16Array(pieceMs * 24).fill(voiceLevel);
          yield { samples, rateHz: 24_000, channels: 1 };
        }
      },
    };
  }

  /** Tools of each kind, whose arguments are free. */
  get tools(): readonly ToolEntry[] {
    const run = (_call: unknown, _ports: unknown, signal: AbortSignal) => this.#runTool(signal);
    const usual = { schema: z.object({ what: z.string() }), right: 'anyone', run } as const;
    const ask = () => ({ id: 'tool.external' }) as const;
    return [
      tool({ ...usual, name: 'look', description: 'Looks.', effect: 'read', quotesOthers: true }),
      tool({ ...usual, name: 'volume', description: 'Sets it.', effect: 'change' }),
      tool({ ...usual, name: 'timer', description: 'Sets one.', effect: 'last', ask }),
      tool({ ...usual, name: 'wipe', description: 'Wipes.', effect: 'destroy', ask }),
    ];
  }

  /** A call of a port that takes time, may fail, and counts as running until then. */
  async #call(
    port: PortName,
    [leastMs, usualMs, longestMs]: readonly [number, number, number],
    signal: AbortSignal,
    by: readonly string[] = [],
  ): Promise<void> {
    const { fails, takesMs } = this.#luck.call(port, leastMs, usualMs, longestMs);
    const running = { port, by, signal };
    this.#running.add(running);
    try {
      await this.#clock.sleep(takesMs, signal);
    } finally {
      this.#running.delete(running);
    }
    if (fails) throw new BotError('provider.unreachable', true, 'Gone.');
  }

  async *#text(answer: number, signal: AbortSignal) {
    const luck = this.#luck.of(`answer ${answer}`);
    if (luck < 0.03) return;
    const sentences = luck > 0.95 ? 60 : 1 + Math.floor(luck * 4);
    for (let n = 0; n < sentences; n++) {
      yield { kind: 'text', text: `Answer ${answer} has part ${n}. ` } as const;
      await this.#clock.sleep(luck > 0.9 ? 500 : 20, signal);
    }
    if (luck > 0.9 && luck < 0.93) throw new BotError('provider.truncated', true, 'Cut off.');
    yield { kind: 'text', text: luck < 0.2 ? 'Is that all?' : 'That is all.' } as const;
  }

  async #runTool(signal: AbortSignal): Promise<ToolOutcome> {
    await this.#call('run', [20, 2_000, 9_000], signal);
    return { facts: { outcome: 'done' } };
  }
}

/** An obstinate model calls each tool whose name it hears, in each answer, once. */
function nextCall(messages: readonly ChatMessage[], tools: readonly Tool[]) {
  const asked = messages.findLastIndex(({ role }) => role === 'user');
  const words = messages[asked]?.content ?? '';
  const done = messages.slice(asked).flatMap((one) => ('calls' in one ? (one.calls ?? []) : []));
  const isWanted = ({ name }: Tool) =>
    words.includes(name) && !done.some((call) => call.name === name);
  const next = tools.find(isWanted);
  return next && { name: next.name, argumentsJson: JSON.stringify({ what: 'usual' }) };
}
