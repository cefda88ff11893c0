import { BotError } from '#src/base/errors.ts';
import type { ExchangeParts } from '#src/console/first-run/sandbox-run-exchange.ts';
import { runTurn, type SpokenPart } from '#src/console/first-run/turn.ts';
import type { PersonVoices } from '#src/console/first-run/voices.ts';
import { suggested } from '#src/console/sandbox-lines.ts';
import { type Completion, complete } from './complete.ts';
import type { MessageWall } from './message-wall.ts';
import type { PeoplePresent } from './people-present.ts';
import type { Suggestions } from './prompt.ts';
import { runAction } from './sandbox-action.ts';
import { readSlash } from './slash.ts';
import type { TypedLine } from './typed.ts';

export type LineHandlerParts = {
  readonly parts: ExchangeParts;
  readonly wall: MessageWall;
  readonly people: PeoplePresent;
  readonly voices: PersonVoices;
};

/** Person who speaks where a typed line has no name. */
export const host = 'Adam';

/** Does what typed lines ask for; whatever goes wrong is told in one sentence. */
export class LineHandler {
  readonly #parts: LineHandlerParts;

  constructor(parts: LineHandlerParts) {
    this.#parts = parts;
  }

  /** Returns when all that came of it was heard and shown. Aborting `signal` throws its reason. */
  async handle(typed: TypedLine, signal: AbortSignal): Promise<void> {
    await this.#reportFailures(() => this.#perform(typed, signal), signal);
  }

  /** `person` says a recording. Ends as `handle`. */
  async play(wav: string, signal: AbortSignal): Promise<void> {
    const play = async (): Promise<void> => {
      if (await this.#approach(host)) await this.#turn({ person: host, wav }, signal);
    };
    await this.#reportFailures(play, signal);
  }

  /** Completions of the end of `line`. */
  async suggest(line: string): Promise<Suggestions> {
    const { people, parts } = this.#parts;
    if (!line.includes('/')) return { typed: '', words: [] };
    const completion: Completion = complete(line, (await people.state()).commands);
    if (completion.kind === 'words') return completion;
    const { kind: _, typed, ...asked } = completion;
    const answer = await parts.sandbox.ask({ do: 'complete', person: host, ...asked });
    const mark = typed.includes(':') ? `${asked.focused}:` : '';
    return { typed, words: suggested.parse(answer).choices.map(({ value }) => `${mark}${value}`) };
  }

  async #reportFailures(work: () => Promise<void>, signal: AbortSignal): Promise<void> {
    try {
      await work();
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof BotError)) throw error;
      this.#parts.parts.show.note(error.message);
    }
  }

  async #perform(typed: TypedLine, signal: AbortSignal): Promise<void> {
    const { show } = this.#parts.parts;
    switch (typed.kind) {
      case 'nothing':
      case 'quit':
        return;
      case 'help':
        for (const line of help(this.#parts.parts.botName)) show.note(line);
        return;
      case 'wrong':
        show.note(typed.why);
        return;
      case 'speech':
        await this.#speak(await this.#person(typed.person), typed.text, signal);
        return;
      case 'leave':
        await this.#parts.people.leave(this.#parts.people.named(typed.person));
        return;
      case 'slash':
        await this.#command(typed, signal);
        return;
      case 'press':
        await this.#press(typed, signal);
        return;
    }
  }

  async #speak(person: string, text: string, signal: AbortSignal): Promise<void> {
    const { voices } = this.#parts;
    if (!(await this.#approach(person))) return;
    const wav = await voices.record(person, text, signal);
    try {
      await this.#turn({ person, wav, words: text }, signal);
    } finally {
      await voices.forget(wav);
    }
  }

  async #turn(part: Omit<SpokenPart, 'known'>, signal: AbortSignal): Promise<void> {
    const { people, parts } = this.#parts;
    await runTurn({ ...part, known: people.mayBeHeard(part.person) }, parts, signal);
  }

  async #approach(person: string): Promise<boolean> {
    const { people, parts } = this.#parts;
    const beside = await people.approach(person);
    if (!beside) parts.show.note(`${parts.botName} is in no voice channel; /join calls it.`);
    return beside;
  }

  async #command({ person, line }: Extract<TypedLine, { kind: 'slash' }>, signal: AbortSignal) {
    const { people, parts, wall } = this.#parts;
    const slash = readSlash(line, (await people.state()).commands);
    if (slash.kind === 'wrong') {
      parts.show.note(slash.why);
      return;
    }
    const caller = await this.#person(person);
    const { name, options } = slash;
    people.acted(caller);
    const request = { do: 'command', person: caller, name, options } as const;
    await runAction({ person: caller, what: `/${name}`, request }, wall, parts, signal);
  }

  /** Presses a button; a private one can be pressed only by the person who sees it. */
  async #press({ person, number }: Extract<TypedLine, { kind: 'press' }>, signal: AbortSignal) {
    const { people, parts, wall } = this.#parts;
    const button = wall.pressable(number);
    if (!button) {
      parts.show.note(`There is no button ${number} now; to say a number, write it as a word.`);
      return;
    }
    const { messageId, customId, label, to } = button;
    const presser = await this.#person(person ?? to);
    people.acted(presser);
    const request = { do: 'press', person: presser, messageId, customId } as const;
    await runAction({ person: presser, what: label, request }, wall, parts, signal);
  }

  async #person(typed = host): Promise<string> {
    const { people, parts } = this.#parts;
    const person = people.named(typed);
    if (person.toLowerCase() === parts.botName.toLowerCase()) {
      throw new BotError('sandbox.failed', false, `${parts.botName} speaks for itself.`);
    }
    await people.enter(person);
    return person;
  }
}

function help(botName: string): readonly string[] {
  return [
    `Type to speak as ${host}; "bob: hello" speaks as Bob, who comes in for it; "bob: quit" lets him go.`,
    `Alone with ${botName} you need no name; with others, begin with "${botName}, ..." or press its Ask button.`,
    'A line that begins with / is a command, as /say text:hello; Tab completes it. "bob: /join" sends it as Bob.',
    'A number presses the button of that number; "bob: 3" presses it as Bob.',
    `/help asks ${botName} what it can do. quit, Ctrl+D or Ctrl+C leaves.`,
  ];
}
