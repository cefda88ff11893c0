import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';

/** Names of the people of a scene, who have a voice each. */
export const personNames = ['Ana', 'Ben', 'Cleo', 'Dan', 'Emil'] as const;

const personSchema = z.enum(personNames);
const millisecondsSchema = z.number().int();
const patternSchema = z.string().refine(isPattern, 'is no regular expression');

const answerSchema = z.strictObject({
  /** Regular expressions, letter case aside: the answer fits all of `says`, and none of `never`. */
  says: z.array(patternSchema).default([]),
  never: z.array(patternSchema).default([]),
  /** ISO 639-1. */
  language: z.string().length(2).optional(),
  /** Tool that is called once for it. */
  tool: z.string().optional(),
  /** Rule for a judge, where patterns cannot say it. */
  rubric: z.string().optional(),
  /** An answer that passes, and one that must not. */
  good: z.string(),
  wrong: z.string(),
});

const lineSchema = z.strictObject({
  do: z.literal('say'),
  who: personSchema,
  say: z.string().min(1),
  /** From the end of what was said before; below 0 they overlap. */
  afterMs: millisecondsSchema.default(0),
  /** ISO 639-1; default: English. */
  language: z.string().length(2).optional(),
  /** WAV file with the voice, beside the scenes; default: a synthetic voice. */
  file: z.string().optional(),
  /** Absent: the words are not for the bot, and get no answer. */
  answer: answerSchema.optional(),
  /** The bot is silent soon after it. */
  stops: z.literal(true).optional(),
});

const actSchema = z.discriminatedUnion('do', [
  lineSchema,
  z.strictObject({ do: z.enum(['go', 'come']), who: personSchema }),
  z.strictObject({ do: z.literal('pause'), ms: millisecondsSchema }),
  /** Until the bot is heard, or until everything is answered to its end. */
  z.strictObject({ do: z.literal('wait'), until: z.enum(['sound', 'answer']) }),
]);

const sceneSchema = z.strictObject({
  name: z.string().min(1),
  /** Number of people: the first ones of Ana, Ben, Cleo, Dan and Emil. */
  people: z.number().int().min(1).max(personNames.length),
  acts: z.array(actSchema).min(1),
});

export type EvalAnswer = z.infer<typeof answerSchema>;
export type EvalLine = z.infer<typeof lineSchema>;
export type EvalAct = z.infer<typeof actSchema>;
/** Words and acts of people in a voice channel, and the answers that are due. `topic` is the name of its file. */
export type EvalScene = z.infer<typeof sceneSchema> & { readonly topic: string };

/** All scenes of a folder. Errors: a plain Error with a line for each mistake in a file. */
export async function readScenes(folder: string) {
  const files = (await readdir(folder)).filter((file) => file.endsWith('.json')).sort();
  const all = files.map(async (file) =>
    parseScenes(file, JSON.parse(await readFile(join(folder, file), 'utf8'))),
  );
  return (await Promise.all(all)).flat();
}

/** The scenes of one file. Errors: as `readScenes`. */
export function parseScenes(file: string, value: unknown) {
  const parsed = z.array(sceneSchema).safeParse(value);
  if (!parsed.success) {
    const mistakes = parsed.error.issues.map(({ path, message }) => {
      const [n = '', ...rest] = path;
      return `${file}, scene ${Number(n) + 1}, ${rest.join('.')}: ${message}`;
    });
    throw new Error(mistakes.join('\n'));
  }
  for (const { name, acts, people } of parsed.data) {
    const present: readonly string[] = personNames.slice(0, people);
    const strays = acts.flatMap((one) =>
      'who' in one && !present.includes(one.who) ? one.who : [],
    );
    if (strays.length > 0)
      throw new Error(
        `${file}, "${name}": ${strays[0]} is not in a scene of ${people}.`,
      );
  }
  const topic = file.replace('.json', '');
  return parsed.data.map((one) => ({ ...one, topic }));
}

function isPattern(text: string) {
  try {
    return new RegExp(text, 'iu') !== undefined;
  } catch {
    return false;
  }
}
