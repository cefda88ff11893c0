import { readdir, readFile } from 'node:fs/promises';
import { z } from 'zod';
import everywhere from '#src/turn/languages/everywhere.json' with { type: 'json' };
import { languages } from '#src/turn/languages/languages.ts';

const folder = 'src/turn/languages';
const phrases = z.array(z.string().min(1)).min(1);
/** Lists of a group, by field; a field that begins with `?` may be left out. */
const makeGroup = (fields: string) =>
  z.strictObject(
    Object.fromEntries(
      fields
        .split(' ')
        .map((name) =>
          name.startsWith('?') ? [name.slice(1), phrases.optional()] : [name, phrases],
        ),
    ),
  );
const schema = z.strictObject({
  code: z.string().regex(/^[a-z]{2}$/),
  isWidespread: z.boolean(),
  confirmations: makeGroup('yes no beside'),
  overlap: makeGroup('stop ?wait ?goOn backchannel neverMind fillers ?refusals'),
  endOfTurn: makeGroup('fillers ?frequentWords ?subordinators')
    .extend({
      numbers: makeGroup('?words ?nouns ?prepositions ?tens ?units').optional(),
      /** English alone. */
      wordClasses: z.record(z.string(), phrases).optional(),
    })
    .optional(),
  addressing: makeGroup(
    'greetings fillers secondPerson requests ?reports ?governors ?completePhrases ?strandedPhrases ?questionWords ?auxiliaries ?subjects ?impersonalSubjects ?objectAuxiliaries ?notNames ?titles',
  ).optional(),
  dismissals: makeGroup('wholes parts').optional(),
  hallucinations: makeGroup('?texts ?beginnings ?faint').optional(),
  languageRequests: makeGroup('requests beside').optional(),
  progress: makeGroup('doing howLong beside').optional(),
  commands: makeGroup('doNotHear ?notMe ?leave ?pauseHearing beside ?others'),
});

type List = { readonly field: string; readonly list: readonly string[] };

/** Every list of words in some groups, by group and field. */
function listsIn(groups: object, path = ''): readonly List[] {
  return Object.entries(groups).flatMap(([name, words]) => {
    const field = path + name;
    if (Array.isArray(words)) return { field, list: z.array(z.string()).parse(words) };
    return words instanceof Object ? listsIn(words, `${field}.`) : [];
  });
}

/** Faults in the format of a list. */
function faultsOf({ field, list: phrases }: List) {
  const isOnce = new Set(phrases).size === phrases.length;
  const faults = phrases.flatMap((phrase) => {
    if (phrase !== phrase.toLowerCase()) return [`${phrase} is not in lower case`];
    return phrase === phrase.normalize('NFC')
      ? []
      : [`${phrase} is not composed (NFC)`];
  });
  if (phrases.some((phrase) => phrase !== phrase.trim()))
    faults.push('a phrase begins or ends blank');
  const twice = phrases.filter((phrase, at) => phrases.indexOf(phrase) !== at);
  if (!isOnce) faults.push(`twice: ${twice.join(', ')}`);
  return faults.map((fault) => `${field}: ${fault}`);
}

const byCode = languages.map((words) => [words.code, words] as const);

test('every JSON file of the folder is a language of the list, named by its code', async () => {
  const files = (await readdir(folder)).filter((name) => /^[a-z]{2}\.json$/.test(name));
  const codes = languages.map(({ code }) => code);
  expect(codes.map((code) => `${code}.json`).sort()).toEqual(files.sort());
  for (const code of codes) {
    const words = JSON.parse(await readFile(`${folder}/${code}.json`, 'utf8'));
    expect(words.code).toBe(code);
  }
});

test.each(byCode)(
  '%s: it has the groups and fields that there are, and no other',
  (_, words) => expect(schema.safeParse(words).error?.issues).toBeUndefined(),
);

test.each(byCode)(
  '%s: no list is empty, and each phrase is once in it, in lower case',
  (_, words) => expect(listsIn(words).flatMap(faultsOf)).toEqual([]),
);

test('phrases of no language are written like those of one', () => {
  const { overlap, notStops, faintHallucinations } = everywhere;
  const lists = listsIn({ overlap, other: { notStops, faintHallucinations } });
  expect(lists.filter(({ list }) => list.length > 0).flatMap(faultsOf)).toEqual([]);
});
