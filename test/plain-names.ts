import { readFile } from 'node:fs/promises';
import { parseSync, Visitor } from 'oxc-parser';
import { sourceFiles } from '#test/source-files.ts';

/** Words of a private language. The field has a term for each thing that they were used for. */
const privateWords = new Set(
  [
    'stage stages scene scenes ladder ladders draft drafts floor floors matter matters claim claims claimed',
    'room rooms ear ears mouth mouths desk desks shelf shelves deed deeds errand errands wish wishes wished',
    'book books bell bells house houses theatre told tell tells telling teller tellers',
    'take takes taken took taking taker look looks looked looking',
  ].flatMap((line) => line.split(' ')),
);

/** Names that are the term of their field or belong to an outward format, each with the reason. */
const allowed: readonly (readonly [name: RegExp, reason: string])[] = [
  [
    /^(?:stage|stages|(?:at|build|Checked|Failure|without)?Stages?(?:[A-Z]\w*)?)$/,
    'a stage of an answer, of a container build, in brackets of a transcript; a Stage channel',
  ],
  [/^stage(?:-channels|-history|Channels|Hanging|Rights|Seat|_instances)$/, 'as above'],
  [/^(?:GuildStage\w+|isStage\w*)$/, 'as above'],
  [
    /^(?:floors?|Floors?|floor[A-Z]\w*|\w+Floor|\w*[fF]loor(?:s?Of|Db|Ms))$/,
    'Math.floor, a noise floor, a lower bound',
  ],
  [/^noise-floor$/, 'as above'],
  [/^(?:draft|(?:Memory|Reminder)Draft)$/, 'a draft that a person confirms'],
  [
    /^(?:open|Interaction)?[cC]laim(?:s|s?Of|ed|Early|Ms|DataDir)?$/,
    'an interaction, a lock or a tab is claimed',
  ],
  [/^(?:InteractionClaims?|interaction-claims|isClaimed)$/, 'as above'],
  [
    /^(?:rooms?|Room(?:Noise|NoiseSound|Echo)|EchoRoom|echo-room|roomRateHz)$/,
    'the acoustics of a room; an audience by the name of its reply; a key of the snapshot that the page reads',
  ],
  [/^(?:room-state|stepRoom|emptyRoom|RoomLine)$/, 'a module of the page, and its names'],
  [/^[lL]ook(?:Ahead|Up)$/, 'look-ahead, look-up'],
  [
    /^[tT]ake(?:s?Over\w*|Answers|ForBot|Moved|Role)?$/,
    'something is taken out of a queue, a buffer, a budget; a seat, a role; a takeover',
  ],
  [/^(?:is|half|asFarAs)?[tT]ak(?:en|ing)(?:[A-Z]\w*)?$/, 'as above; a name that is taken'],
  [
    /^(?:took|answerTakes)(?:At|Effect)?(?:Ms|Seconds)?$/,
    'time that something took, in events and logs; a request that took effect',
  ],
  [/^(?:taken_ms|took_ms)$/, 'a column'],
  [/^deed$/, 'an argument of the tool change_track'],
  [/^scenes$/, 'a key of a stored result, an option of a command line'],
  [/^tellingVerbs$/, 'a class of verbs, a key of the word data'],
  [/^(?:bell|atDesk)$/, 'names of sounds'],
  [/^house$/, 'the program npm run house, in the name of its test'],
];

/** Folders whose files have plain names. */
export const folders = '{src,commands,doctor,setup,sandbox,bench,test}';
const texts = /'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"|\/\*[\s\S]*?\*\/|(?<!:)\/\/[^\n]*/g;

function wordsOf(name: string): readonly string[] {
  return name
    .replace(/([a-z\d])([A-Z])/g, '$1 $2')
    .replace(/([A-Z]+)([A-Z][a-z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z]+/);
}

function isPrivate(name: string): boolean {
  return (
    wordsOf(name).some((word) => privateWords.has(word)) &&
    !allowed.some(([pattern]) => pattern.test(name))
  );
}

/** Every name that the file declares or uses, but for members of values, which are declared elsewhere. */
function namesIn(path: string, source: string): ReadonlySet<string> {
  const [names, members] = [new Set<string>(), new Set<unknown>()];
  const note = (node: { readonly name: string }) => {
    if (!members.has(node)) names.add(node.name);
  };
  new Visitor({
    MemberExpression({ computed, property }) {
      if (!computed) members.add(property);
    },
    Identifier: note,
    PrivateIdentifier: note,
  }).visit(parseSync(path, source).program);
  return names;
}

/** Private words in the name of a file, and in names in it. */
async function privateIn(path: string): Promise<readonly string[]> {
  const parts = path.replace(/\.\w+$/, '').split(/[/.]/);
  const source = await readFile(path, 'utf8');
  // Parsed only where a name may be private: parsing all takes ten times as long.
  const tokens = new Set(source.replaceAll(texts, ' ').match(/[A-Za-z_$][\w$]*/g));
  const names = [...tokens].some(isPrivate) ? [...namesIn(path, source)] : [];
  return [...parts, ...names].filter(isPrivate).map((name) => `${path}: ${name}`);
}

/** Private words in names of files, and in names that they declare. */
export async function privateNames(): Promise<readonly string[]> {
  const found: string[] = [];
  for await (const path of sourceFiles(`${folders}/**/*.{ts,mjs}`)) {
    if (!path.startsWith('test/fixtures/')) found.push(...(await privateIn(path)));
  }
  return found;
}
