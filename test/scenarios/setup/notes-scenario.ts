import { expect } from 'vitest';
import type { SandboxPerson } from '#sandbox/people/person.ts';
import { text } from '#src/texts/texts.ts';
import { speech } from '#test/audio/speech.ts';
import { freePort } from '#test/fakes/free-port.ts';
import type { TestSchema } from '#test/fakes/postgres.ts';
import { download } from '#test/sandbox/download.ts';
import { commandReply, pressed, use, whispered } from './asking.ts';
import type { BotEnvironment } from './bot-setup.ts';
import { type Checkout, checkOut } from './checkout.ts';
import { viewOf } from './sandbox-view.ts';
import {
  callIn,
  converse,
  eventually,
  madeTexts,
  openOwnScenario,
  type ScenarioSetup,
  soon,
} from './scenario-setup.ts';

const dayMs = 86_400_000;
const question = speech('human-cards-004');
const argumentsJson = JSON.stringify({ note: 'buy tea' });
const replies = [
  { match: 'outcome', text: 'It is noted.' },
  { match: 'utterance', call: { name: 'keep_note', argumentsJson } },
];

/** Runs SQL beside the bot. */
type RunSql = (sql: string, setup: ScenarioSetup) => ReturnType<TestSchema['sql']>;

/** The program with one more feature, whose folder is `notes`, and one line more in each of two lists. */
function withNotes(): Promise<Checkout> {
  const from = new URL('.', import.meta.resolve('./notes/notes.ts'));
  return checkOut({ from, to: 'src/features/notes' }, [
    {
      path: 'src/features/features.ts',
      find: /^(.*^export const features\b.*?)(?=^\];)/ms,
      replacement: "import { notes } from '#src/features/notes/notes.ts';\n$1  notes,\n",
    },
    {
      path: 'src/storage/stores/store-parts.ts',
      find: /^(.*^export const storeParts\b.*?)(?=^\};)/ms,
      replacement:
        "import { notePart } from '#src/features/notes/note-store.ts';\n$1  notes: notePart,\n",
    },
  ]);
}

/** Everything that the bot does with a feature, from its registration to the removal of the bot from a server. */
export async function liveThrough(environment: BotEnvironment, runSql: RunSql): Promise<void> {
  await using checkout = await withNotes();
  const port = await freePort();
  await using running = await openOwnScenario({
    checkout: checkout.url,
    environment: { ...environment, STATUS_PORT: `${port}` },
    providers: { replies },
  });
  const guild = running.sandbox.addGuild();
  const setup = { ...running, sandbox: viewOf(running.sandbox, [guild]) };
  const { bot, sandbox } = setup;
  const adam = sandbox.person('Adam');
  const olga = sandbox.person('Olga');
  const suggested = (line: string, option: string, typed: string) =>
    olga.complete(line, { [option]: typed }, option).suggested(soon());
  const isShown = (line: string) =>
    eventually(() => {
      const lines = sandbox.messages('general').flatMap((message) => message.text.split('\n'));
      expect(lines).toContain(line);
    });

  const metrics = async () =>
    (await (await fetch(`http://127.0.0.1:${port}/metrics`)).text()).split('\n');
  const stored = async () =>
    (await runSql('SELECT text FROM notes ORDER BY kept_at_wall_ms', setup)).map((row) => row.text);

  // registered and listed
  expect(sandbox.commands().map(({ body }) => body.name)).toContain('notes');
  const sentence = 'command.privacy.memories';
  expect(await commandReply(adam, 'help', { topic: 'notes' })).toMatchObject(whispered(sentence));
  expect(await suggested('help', 'topic', 'not')).toMatchObject([{ value: 'notes' }]);

  // offered, run, stored, logged, measured and shown
  await callIn(setup, 'Adam');
  await isShown('Notes **0**');
  await converse(setup, adam, question);
  expect(madeTexts(setup)).toContain('It is noted.');
  expect(isOffered(setup)).toBe(true);
  expect(await stored()).toEqual(['buy tea']);
  expect(bot.log).toContainEqual(expect.objectContaining({ msg: 'note', chars: 7 }));
  expect(await metrics()).toContain('parley_notes_total 1');
  await isShown('Notes **1**');

  // counted, and listed by its command
  const before = await countedRows(adam);
  const both = { key: 'Your notes', value: 'buy tea; call Ben' };
  expect(await commandReply(adam, 'notes', { note: 'call Ben' })).toMatchObject(
    whispered('settings.own', both),
  );
  expect(await countedRows(adam)).toBe(before + 1);

  // listed by its button on the panel, written in its form, and reported to the operator
  await noteWritten(setup, adam, both);
  expect(await metrics()).toContain('parley_alerts_notes_many 1');

  // set
  expect(await suggested('settings set', 'key', 'spoken')).toMatchObject([
    { value: 'spoken_notes' },
  ]);
  await setOnPanel(setup, olga);
  setup.providers.set({ replies: [{ match: /^/, text: 'Yes.' }] });
  await converse(setup, adam, question);
  expect(isOffered(setup)).toBe(false);

  // exported and forgotten
  const [file] = (await commandReply(adam, 'privacy export')).files;
  const { tables } = JSON.parse((await download(file?.url ?? '', sandbox)).text);
  const ofAdam = { guildId: guild.id, personId: adam.id };
  expect(tables.notes).toHaveLength(3);
  for (const note of ['buy tea', 'call Ben', 'wash up'])
    expect(tables.notes).toContainEqual(expect.objectContaining({ ...ofAdam, text: note }));
  await pressed(adam, await commandReply(adam, 'privacy forget'), 'forget.confirm');
  expect(await stored()).toEqual([]);
  await isShown('Notes **0**');
  expect(await metrics()).toContain('parley_alerts_notes_many 0');

  // deleted once it is old
  await commandReply(adam, 'notes', { note: 'call Eva' });
  await isShown('Notes **1**');
  await runSql(`UPDATE notes SET kept_at_wall_ms = kept_at_wall_ms - ${2 * dayMs}`, setup);
  await isShown('Notes **0**');
  expect(await stored()).toEqual([]);

  // erased with its server
  await commandReply(adam, 'notes', { note: 'call Ana' });
  expect(await stored()).toEqual(['call Ana']);
  await running.sandbox.removeGuild(guild.id);
  await bot.logged(({ msg }) => msg?.startsWith('removed from the server') === true, 30_000);
  expect(await stored()).toEqual([]);
  expect(bot.complaints).toBe('');
}

/** Finds the setting in a group of its own, and picks a value. */
async function setOnPanel({ sandbox }: ScenarioSetup, olga: SandboxPerson): Promise<void> {
  const { id } = await commandReply(olga, 'settings view');
  const panel = () => {
    const message = sandbox.message(id);
    if (!message) throw new Error('There is no panel.');
    return message;
  };
  const shows = (line: string) =>
    eventually(() => expect(panel().text.split('\n')).toContain(line));
  use(olga, panel(), 'settings.group', ['command.say']);
  await shows('**spoken\\_notes**: on (default)');
  await shows(text('command.privacy.memories'));
  use(olga, panel(), 'settings.open', ['spoken_notes']);
  await eventually(() => use(olga, panel(), 'settings.pick', ['off']));
  await shows('**spoken\\_notes**: off (set in this server)');
}

/** Presses the button, picks from the menu, and sends the form. */
async function noteWritten(
  { bot, sandbox }: ScenarioSetup,
  adam: SandboxPerson,
  both: { readonly key: string; readonly value: string },
): Promise<void> {
  const panel = sandbox.messages('general').find(({ text }) => text.includes('Notes **'));
  if (!panel) throw new Error('There is no panel.');
  const list = await pressed(adam, panel, 'notes.list');
  expect(list).toMatchObject(whispered('settings.own', both));
  expect(await use(adam, list, 'notes.pick', ['buy tea']).answered(soon())).toMatchObject(
    whispered('settings.own', { key: 'Picked', value: 'buy tea' }),
  );
  const opened = adam.command('notes');
  expect(await opened.asked(soon())).toMatchObject({ title: text('form.persona.edit') });
  const three = { ...both, value: `${both.value}; wash up` };
  expect(await adam.submit(opened, { note: 'wash up' }).answered(soon())).toMatchObject(
    whispered('settings.own', three),
  );
  const alert = { alert: 'notes-many', cause: '3 notes' };
  expect(bot.log).toContainEqual(expect.objectContaining(alert));
}

/** Whether the tool was offered for the latest answer. */
function isOffered({ providers }: ScenarioSetup): boolean {
  const answers = providers.requests.filter(({ body }) => body?.tools !== undefined);
  return JSON.stringify(answers.at(-1)?.body).includes('keep_note');
}

/** Number of stored rows, as this person reads it. */
async function countedRows(person: SandboxPerson): Promise<number> {
  const { text: words } = await commandReply(person, 'privacy status');
  return Number(/(\d+) settings?\./.exec(words)?.[1]);
}
