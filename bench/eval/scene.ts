import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';

/** Names of the people of a scene, who have a voice each. */
export const names = ['Ana', 'Ben', 'Cleo', 'Dan', 'Emil'] as const;

const who = z.enum(names);
const ms = z.number().int();
const pattern = z.string().refine(isPattern, 'is no regular expression');

const answer = z.strictObject({
  /** Regular expressions, letter case aside: the answer fits all of `says`, and none of `never`. */
  says: z.array(pattern).default([]),
  never: z.array(pattern).default([]),
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

const line = z.strictObject({
  do: z.literal('say'),
  who,
  say: z.string().min(1),
  /** From the end of what was said before; below 0 they overlap. */
  afterMs: ms.default(0),
  /** ISO 639-1; default: English. */
  language: z.string().length(2).optional(),
  /** WAV file with the voice, beside the scenes; default: a synthetic voice. */
  file: z.string().optional(),
  /** Absent: the words are not for the bot, and get no answer. */
  answer: answer.optional(),
  /** The bot is silent soon after it. */
  stops: z.literal(true).optional(),
});

const act = z.discriminatedUnion('do', [
  line,
  z.strictObject({ do: z.enum(['go', 'come']), who }),
  z.strictObject({ do: z.literal('pause'), ms }),
  /** Until the bot is heard, or until everything is answered to its end. */
  z.strictObject({ do: z.literal('wait'), until: z.enum(['sound', 'answer']) }),
]);

const scene = z.strictObject({
  name: z.string().min(1),
  /** Number of people: the first ones of Ana, Ben, Cleo, Dan and Emil. */
  people: z.number().int().min(1).max(names.length),
  acts: z.array(act).min(1),
});

export type EvalAnswer = z.infer<typeof answer>;
export type EvalLine = z.infer<typeof line>;
export type EvalAct = z.infer<typeof act>;
/** Words and acts of people in a voice channel, and the answers that are due. `topic` is the name of its file. */
export type EvalScene = z.infer<typeof scene> & { readonly topic: string };

/** All scenes of a folder. Errors: a plain Error with a line for each mistake in a file. */
export async function readScenes(folder: string): Promise<readonly EvalScene[]> {
  const files = (await readdir(folder)).filter((file) => file.endsWith('.json')).sort();
  const all = files.map(async (file) =>
    scenesIn(file, JSON.parse(await readFile(join(folder, file), 'utf8'))),
  );
  return (await Promise.all(all)).flat();
}

/** The scenes of one file. Errors: as `readScenes`. */
export function scenesIn(file: string, value: unknown): readonly EvalScene[] {
  const parsed = z.array(scene).safeParse(value);
  if (!parsed.success) {
    const mistakes = parsed.error.issues.map(({ path, message }) => {
      const [n = '', ...rest] = path;
      return `${file}, scene ${Number(n) + 1}, ${rest.join('.')}: ${message}`;
    });
    throw new Error(mistakes.join('\n'));
  }
  for (const { name, acts, people } of parsed.data) {
    const present: readonly string[] = names.slice(0, people);
    const strays = acts.flatMap((one) =>
      'who' in one && !present.includes(one.who) ? one.who : [],
    );
    if (strays.length > 0)
      throw new Error(`${file}, "${name}": ${strays[0]} is not in a scene of ${people}.`);
  }
  const topic = file.replace('.json', '');
  return parsed.data.map((one) => ({ ...one, topic }));
}

function isPattern(text: string): boolean {
  try {
    return new RegExp(text, 'iu') !== undefined;
  } catch {
    return false;
  }
}
