import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';

/** Names of the people of a scene, who have a voice each. */
export const personNames = ['Ana', 'Ben', 'Cleo', 'Dan', 'Emil'] as const;
export type EvalPersonName = (typeof personNames)[number];

const personSchema = z.enum(personNames);
const millisecondsSchema = z.number().int();
const patternSchema = z.string().refine(isPattern, 'is no regular expression');

/** The answer that a line is due. */
export type EvalAnswer = {
  /** Regular expressions, letter case aside: the answer fits all of `says`, and none of `never`. */
  readonly says: readonly string[];
  readonly never: readonly string[];
  /** ISO 639-1. */
  readonly language?: string;
  /** Tool that is called once for the answer. */
  readonly tool?: string;
  /** Rule for a judge, where patterns cannot say it. */
  readonly rubric?: string;
  /** An answer that passes. */
  readonly good: string;
  /** An answer that must not pass. */
  readonly wrong: string;
};

/** Words of one person. */
export type EvalLine = {
  readonly do: 'say';
  readonly who: EvalPersonName;
  readonly say: string;
  /** Time from the end of the act before to the first word. Below 0 the words overlap it. */
  readonly afterMs: number;
  /** ISO 639-1. Default: English. */
  readonly language?: string;
  /** WAV file with the voice, beside the scenes. Default: a synthetic voice. */
  readonly file?: string;
  /** Absent: the words are not for the bot, and get no answer. */
  readonly answer?: EvalAnswer;
  /** The words stop the bot: it must be silent soon after them. */
  readonly stops?: true;
};

/** Words, a person who leaves (`go`) or comes back (`come`), a pause, or a wait. */
export type EvalAct =
  | EvalLine
  | { readonly do: 'go' | 'come'; readonly who: EvalPersonName }
  | { readonly do: 'pause'; readonly ms: number }
  /** Waits until the bot is heard, or until everything is answered to its end. */
  | { readonly do: 'wait'; readonly until: 'sound' | 'answer' };

/** Words and acts of people in a voice channel, and the answers that are due. */
export type EvalScene = {
  readonly name: string;
  /** Name of the scene's file, without its ending. */
  readonly topic: string;
  /** Number of people: the first ones of Ana, Ben, Cleo, Dan and Emil. */
  readonly people: number;
  readonly acts: readonly EvalAct[];
};

const answerSchema = z.strictObject({
  says: z.array(patternSchema).default([]),
  never: z.array(patternSchema).default([]),
  language: z.string().length(2).optional(),
  tool: z.string().optional(),
  rubric: z.string().optional(),
  good: z.string(),
  wrong: z.string(),
});

const lineSchema = z.strictObject({
  do: z.literal('say'),
  who: personSchema,
  say: z.string().min(1),
  afterMs: millisecondsSchema.default(0),
  language: z.string().length(2).optional(),
  file: z.string().optional(),
  answer: answerSchema.optional(),
  stops: z.literal(true).optional(),
});

const actSchema = z.discriminatedUnion('do', [
  lineSchema,
  z.strictObject({ do: z.enum(['go', 'come']), who: personSchema }),
  z.strictObject({ do: z.literal('pause'), ms: millisecondsSchema }),
  z.strictObject({ do: z.literal('wait'), until: z.enum(['sound', 'answer']) }),
]);

const sceneSchema = z.strictObject({
  name: z.string().min(1),
  people: z.number().int().min(1).max(personNames.length),
  acts: z.array(actSchema).min(1),
});

/** Reads all scenes of a folder. Throws a plain Error with a line for each wrong field, or with the first person who is not in a scene, and SyntaxError for a file that is no JSON. */
export async function readScenes(folder: string): Promise<readonly EvalScene[]> {
  const files = (await readdir(folder)).filter((file) => file.endsWith('.json')).sort();
  const topics = files.map(async (file) =>
    parseScenes(file, JSON.parse(await readFile(join(folder, file), 'utf8'))),
  );
  return (await Promise.all(topics)).flat();
}

/** Parses the scenes of one file. Throws a plain Error as `readScenes` does. */
export function parseScenes(file: string, value: unknown): readonly EvalScene[] {
  const parsed = z.array(sceneSchema).safeParse(value);
  if (!parsed.success) {
    const mistakes = parsed.error.issues.map(({ path, message }) => {
      const [n = '', ...fieldPath] = path;
      return `${file}, scene ${Number(n) + 1}, ${fieldPath.join('.')}: ${message}`;
    });
    throw new Error(mistakes.join('\n'));
  }
  for (const { name, acts, people } of parsed.data) {
    const present: readonly string[] = personNames.slice(0, people);
    const strays = acts.flatMap((act) =>
      'who' in act && !present.includes(act.who) ? act.who : [],
    );
    if (strays.length > 0)
      throw new Error(
        `${file}, "${name}": ${strays[0]} is not in a scene of ${people}.`,
      );
  }
  const topic = file.replace('.json', '');
  return parsed.data.map((scene) => ({ ...scene, topic }));
}

function isPattern(text: string) {
  try {
    return new RegExp(text, 'iu') !== undefined;
  } catch {
    return false;
  }
}
