import type { Clock } from '#src/base/clock.ts';
import { admitSetting, type LoggedText, writeSentence } from '#src/base/logged-text.ts';

/** Something that a server does and the bot adapts to, as clauses of a sentence for the operator. */
export type ServerHabit = {
  readonly what: LoggedText;
  /** Next step, often a line for `.env`. */
  readonly mend: LoggedText;
};

/** A part of a request that a server may refuse, such as a stream, a tool, or the format of sound. */
export type RequestPart = {
  /** As reports and settings call it: `stream`, `tool lamp`. */
  readonly name: string;
  /** Ways of sending the part, the best first. `''` leaves it out. */
  readonly forms: readonly string[];
  /** Further forms, for a refusal that offers them: "must be one of `low`, `medium`". */
  readonly offered?: readonly string[];
  /** How a refusal names the part. Default: its name as a whole word. */
  readonly namedBy?: string | RegExp | ((text: string) => boolean);
  /** Part that holds this one. If a refusal names both, this one is meant. */
  readonly within?: string;
  /** What in the question the refusal may be about, as `speed 1.5`. A lesson holds for it alone. */
  readonly circumstance?: string;
  /**
   * When a refusal that names nothing takes the part: `first` for what the bot added by itself, `last` for what
   * somebody wanted and can miss, `never` for what must be sent.
   */
  readonly givenUp: 'first' | 'last' | 'never';
  /** Setting whose value is the form, as `SPEECH_FORMAT`. */
  readonly setting?: string;
};

/** The form of each part of one request, by the name of the part. */
export type RequestForms = ReadonlyMap<string, string>;

/** Returns whether a part is sent in any form. */
export function isSent(forms: RequestForms, name: string): boolean {
  return (forms.get(name) ?? '') !== '';
}

/** What one answer taught about a part. */
export type Lesson = {
  readonly part: RequestPart;
  /** Form that the server took. */
  readonly form: string;
  /** `guessed` if the refusal named no part, `doubted` if it may have been a fault of the moment. */
  readonly certainty: 'named' | 'guessed' | 'doubted';
};

type Memory = Lesson & { readonly dueAtMs: number; readonly count: number };

/** What was learnt is doubted after an hour. */
const lessonMs = 3_600_000;
/** A fault of the moment rarely comes twice in a row. */
const minDoubtedLessons = 2;

/** Settings and listeners of what is known about a server. */
export type ServerKnowledgeOptions = {
  readonly clock: Pick<Clock, 'nowMs'>;
  /** Parts that the operator leaves out, as `stream`, or sends in another form, as `reasoning_effort=low`. */
  readonly without?: readonly string[];
  /** Setting that holds `without`, for remedies. */
  readonly withoutSetting?: string;
  /** Takes each habit once. Never throws. */
  readonly report?: ((habit: ServerHabit) => void) | undefined;
};

/**
 * What the bot has learnt about the requests that one server takes. A lesson holds for one part, in its
 * circumstance, for an hour. Afterwards the part is due to be tried again.
 *
 * @example
 * import { realClock } from '#src/base/clock.ts';
 * import { ServerKnowledge } from '#src/provider/negotiation/server-knowledge.ts';
 *
 * const knowledge = new ServerKnowledge({ clock: realClock });
 * const part = { name: 'stream', forms: ['asked', ''], givenUp: 'first' } as const;
 * knowledge.learnLesson({ part, form: '', certainty: 'named' });
 * knowledge.chooseForm(part); // ''
 */
export class ServerKnowledge {
  readonly #options: ServerKnowledgeOptions;
  readonly #memories = new Map<string, Memory>();
  readonly #reported = new Map<string, ServerHabit>();

  constructor(options: ServerKnowledgeOptions) {
    this.#options = options;
  }

  /** Chooses the form of a part by the operator's setting, else by what was learnt, else the best one. */
  chooseForm(part: RequestPart): string {
    const [best = ''] = part.forms;
    const chosen = this.#findOperatorForm(part);
    if (chosen !== undefined) return chosen;
    const memory = this.#memories.get(toKey(part));
    if (!memory || !hasForm(part, memory.form)) return best;
    const isSure = memory.certainty !== 'doubted' || memory.count >= minDoubtedLessons;
    return isSure ? memory.form : best;
  }

  /** Notes the form that the server took in place of the best one, and reports it once. */
  learnLesson({ part, form, certainty }: Lesson): void {
    const key = toKey(part);
    const count = (this.#memories.get(key)?.count ?? 0) + 1;
    const dueAtMs = this.#options.clock.nowMs() + lessonMs;
    this.#memories.set(key, { part, form, certainty, dueAtMs, count });
    if (certainty !== 'doubted' || count >= minDoubtedLessons)
      this.reportHabit(this.#describeLesson(part, form));
  }

  /** Forgets a part that the server takes in its best form. */
  forgetLesson(part: RequestPart): void {
    this.#memories.delete(toKey(part));
  }

  /** Forgets a doubted lesson, as the server has taken the best form once more. */
  dropDoubt(part: RequestPart): void {
    const key = toKey(part);
    if (this.#memories.get(key)?.certainty === 'doubted') this.#memories.delete(key);
  }

  /** Returns whether a part was left out for an hour, so that it should be tried again. */
  isDue(part: RequestPart): boolean {
    const memory = this.#memories.get(toKey(part));
    return memory !== undefined && memory.dueAtMs <= this.#options.clock.nowMs();
  }

  /** Puts off the next trial of a part that was refused again, or is being tried, by an hour. */
  delayTrial(part: RequestPart): void {
    const memory = this.#memories.get(toKey(part));
    const dueAtMs = this.#options.clock.nowMs() + lessonMs;
    if (memory) this.#memories.set(toKey(part), { ...memory, dueAtMs });
  }

  /** Reports a habit of the server once. */
  reportHabit(habit: ServerHabit): void {
    if (this.#reported.has(habit.what)) return;
    this.#reported.set(habit.what, habit);
    this.#options.report?.(habit);
  }

  #findOperatorForm(part: RequestPart) {
    const { without = [] } = this.#options;
    for (const entry of without) {
      const [name = '', form] = entry.split('=');
      if (name !== part.name) continue;
      if (form !== undefined && hasForm(part, form)) return form;
      if (form === undefined) return part.forms.at(-1);
    }
    return undefined;
  }

  #describeLesson(part: RequestPart, form: string): ServerHabit {
    const { circumstance, name, setting } = part;
    const where = admitSetting(circumstance === undefined ? '' : ` (${circumstance})`);
    const what =
      form === ''
        ? writeSentence`it does not take \`${admitSetting(name)}\`${where}, which is left out`
        : writeSentence`it takes \`${admitSetting(name)}\` as ${admitSetting(form)} alone${where}`;
    if (part.forms[0] === '' && form !== '') return describeDemand(part, form);
    const { withoutSetting } = this.#options;
    const line =
      setting !== undefined && form !== ''
        ? `${setting}=${form}`
        : withoutSetting &&
          `${withoutSetting}=${form === '' ? name : `${name}=${form}`}`;
    return {
      what,
      mend: line
        ? writeSentence`set ${admitSetting(line)} to spare the first refusal, or update that server`
        : writeSentence`nothing to do: the bot asks without it; a newer version of that server may take it`,
    };
  }
}

/** Describes a part that is left out, unless the server demands it. */
function describeDemand(
  { name, setting = '' }: RequestPart,
  form: string,
): ServerHabit {
  return {
    what: writeSentence`it takes nothing without \`${admitSetting(name)}\`, so that it gets ${admitSetting(form)}`,
    mend: writeSentence`set ${admitSetting(setting)} if people speak one language, or use a server that detects it`,
  };
}

function hasForm({ forms, offered = [] }: RequestPart, form: string) {
  return forms.includes(form) || offered.includes(form);
}

function toKey({ circumstance, name }: RequestPart) {
  return JSON.stringify([name, circumstance]);
}
