import { type ChaosSetup, channel } from '#bench/chaos/chaos-setup.ts';
import { canaryNumbers, marked } from '#bench/chaos/judge/canary.ts';
import type { AskedQuestion, ConsentAtSpeech } from '#bench/chaos/judge/journal.ts';
import type { ShownMessage } from '#sandbox/interactions/interaction.ts';
import type { OptionValues } from '#sandbox/interactions/interaction-words.ts';
import type { SandboxPerson } from '#sandbox/people/person.ts';
import type { Pcm } from '#src/audio/pcm.ts';
import { realClock } from '#src/base/clock.ts';
import { CanaryListener, type HeardCanary } from './listener.ts';
import { sentenceIn, sentenceOf } from './sentences.ts';
import { questionOfReminder, reminderWho, sentenceWho } from './words.ts';

const sayMs = 15_000;
const commandMs = 15_000;

/** Somebody who asks things nobody asked before, and knows what they said about being heard. */
export class Talker {
  readonly person: SandboxPerson;
  readonly who: number;
  readonly #setup: ChaosSetup;
  readonly #clips: readonly Pcm[];
  readonly #listener = new CanaryListener();
  #number = 0;
  #saidYes = false;
  #consent: ConsentAtSpeech = 'no';
  #heardUntilMs = 0;
  isSeated = false;

  constructor(setup: ChaosSetup, who: number, person: SandboxPerson, clips: readonly Pcm[]) {
    this.#setup = setup;
    this.who = who;
    this.person = person;
    this.#clips = clips;
  }

  get consent(): ConsentAtSpeech {
    return this.#consent;
  }

  async sitDown(): Promise<void> {
    await this.person.join(channel, AbortSignal.timeout(sayMs));
    this.isSeated = true;
  }

  async standUp(): Promise<void> {
    this.isSeated = false;
    await this.person.leave();
  }

  /** Puts one question aloud. Undefined when they could not say it to the end. */
  async ask(): Promise<AskedQuestion | undefined> {
    const number = this.#number++ % canaryNumbers;
    const clip = this.#clips[number % this.#clips.length];
    const before = this.#consent;
    if (!clip) return undefined;
    try {
      const sound = marked(clip, { who: this.who, number });
      const { firstPacketAtMs, lastVoicedAtMs } = await this.person.say(
        sound,
        AbortSignal.timeout(sayMs),
      );
      const consent = before === this.#consent ? before : 'unclear';
      const isOwed = consent === 'yes' && this.isSeated;
      const times = { fromMs: firstPacketAtMs, toMs: lastVoicedAtMs };
      const question = { who: this.who, number, consent, isOwed, ...times };
      this.#setup.journal.add({ kind: 'asked', question });
      return question;
    } catch {
      return undefined;
    }
  }

  /** Until the bot has confirmed it nobody knows what holds. */
  async agree(yes: boolean): Promise<void> {
    this.#consent = 'unclear';
    this.#saidYes ||= yes;
    const reply = await this.command(yes ? 'privacy allow' : 'privacy deny');
    if (reply && sentenceIn(reply.text) === undefined) this.#consent = yes ? 'yes' : 'no';
  }

  /** After a crash what the bot holds may be older than their last word; who never said yes cannot be heard. */
  doubt(): void {
    if (this.#saidYes) this.#consent = 'unclear';
  }

  /** The reply, if one came. */
  async command(line: string, words: OptionValues = {}): Promise<ShownMessage | undefined> {
    const fromMs = realClock.nowMs();
    const reply = await this.#typed(line, words);
    const repliedAtMs = reply && realClock.nowMs();
    this.#setup.journal.add({ kind: 'command', who: this.who, line, fromMs, repliedAtMs });
    return reply;
  }

  /** Notes what reached them since the last time. */
  listen(): void {
    const { frames } = this.person.heard;
    const fresh = frames.slice(1 + frames.findLastIndex(({ atMs }) => atMs <= this.#heardUntilMs));
    this.#heardUntilMs = fresh.at(-1)?.atMs ?? this.#heardUntilMs;
    for (const window of this.#listener.hear(fresh)) this.#note(window);
  }

  #note({ who, number, part, atMs }: HeardCanary): void {
    const { journal } = this.#setup;
    const question = who === reminderWho ? questionOfReminder({ who, number }) : { who, number };
    if (question.who === this.who) {
      const event = { atMs, canary: question };
      if (who === reminderWho) journal.add({ ...event, kind: 'reminded', by: { part } });
      else journal.add({ ...event, kind: 'heard', part });
    }
    const id = who === sentenceWho && part === 0 ? sentenceOf(number) : undefined;
    if (id !== undefined) journal.add({ kind: 'told', how: 'voice', atMs, toMs: atMs, id });
  }

  async #typed(line: string, words: OptionValues): Promise<ShownMessage | undefined> {
    try {
      return await this.person.command(line, words).answered(AbortSignal.timeout(commandMs));
    } catch {
      return undefined;
    }
  }
}
