import { Routes } from 'discord.js';
import { fieldsOf } from '#src/base/json.ts';
import { readTranslations } from '#src/texts/texts.ts';
import { bodyOf } from './registration-body.ts';
import type { CommandEntry } from './slashes.ts';

/** Part of a REST client that registering needs. */
export interface CommandRest {
  get(route: `/${string}`, request: { readonly query: URLSearchParams }): Promise<unknown>;
  put(route: `/${string}`, request: { readonly body: object }): Promise<unknown>;
}

/** Where the commands are to appear: in one server alone, else everywhere. */
export type CommandScope = { readonly applicationId: string; readonly guildId?: string };

/** Differences from the commands at Discord, by their names. */
export type CommandChanges = {
  readonly added: readonly string[];
  readonly changed: readonly string[];
  readonly removed: readonly string[];
};

/** Ids of the registered slash commands by their names, by which messages link them; filled once Discord has told them. */
export type CommandIds = Map<string, string>;

export function isChange({ added, changed, removed }: CommandChanges): boolean {
  return added.length + changed.length + removed.length > 0;
}

/**
 * Registers `commands` unless Discord already has exactly these; returns the changes, and fills `ids`.
 *
 * Errors: those of the REST client on writing.
 */
export async function registerCommands(
  rest: CommandRest,
  scope: CommandScope,
  commands: readonly CommandEntry[],
  ids: CommandIds = new Map(),
): Promise<CommandChanges> {
  const wanted = bodiesOf(commands, scope);
  // Where Discord will not say what it has, all are written.
  const theirs = await registered(rest, scope, ids).catch(() => undefined);
  const changes = changesBetween(theirs ?? new Map(), byName(wanted));
  if (!theirs || isChange(changes)) noteIds(ids, await rest.put(routeOf(scope), { body: wanted }));
  return changes;
}

/** Finds the changes that registering would write, without writing them. Errors: those of the REST client. */
export async function readCommandChanges(
  rest: Pick<CommandRest, 'get'>,
  scope: CommandScope,
  commands: readonly CommandEntry[],
): Promise<CommandChanges> {
  return changesBetween(await registered(rest, scope), byName(bodiesOf(commands, scope)));
}

/** Fills `ids` with those of the registered commands. Errors: those of the REST client. */
export async function readCommandIds(
  rest: Pick<CommandRest, 'get'>,
  scope: CommandScope,
  ids: CommandIds,
): Promise<void> {
  await registered(rest, scope, ids);
}

/** Slash commands alone: entries of a menu cannot be linked. */
function noteIds(ids: CommandIds, registered: unknown): void {
  for (const command of listOf(registered)) {
    const { id, name, type = 1 } = fieldsOf(command);
    if (typeof id === 'string' && typeof name === 'string' && type === 1) ids.set(name, id);
  }
}

function routeOf({ applicationId, guildId }: CommandScope): `/${string}` {
  if (guildId === undefined) return Routes.applicationCommands(applicationId);
  return Routes.applicationGuildCommands(applicationId, guildId);
}

function bodiesOf(commands: readonly CommandEntry[], { guildId }: CommandScope) {
  const translations = readTranslations();
  return commands.map((command) => bodyOf(command, guildId === undefined, translations));
}

async function registered(
  rest: Pick<CommandRest, 'get'>,
  scope: CommandScope,
  ids: CommandIds = new Map(),
): Promise<ReadonlyMap<string, string>> {
  const query = new URLSearchParams({ with_localizations: 'true' });
  const all = await rest.get(routeOf(scope), { query });
  noteIds(ids, all);
  return byName(listOf(all));
}

/** Fields that we set of each command, as one comparable word. */
function byName(bodies: readonly unknown[]): ReadonlyMap<string, string> {
  return new Map(bodies.map((body) => [`${fieldsOf(body).name}`, JSON.stringify(essence(body))]));
}

function changesBetween(
  theirs: ReadonlyMap<string, string>,
  ours: ReadonlyMap<string, string>,
): CommandChanges {
  const names = [...ours.keys()];
  return {
    added: names.filter((name) => !theirs.has(name)),
    changed: names.filter((name) => theirs.has(name) && theirs.get(name) !== ours.get(name)),
    removed: [...theirs.keys()].filter((name) => !ours.has(name)),
  };
}

/** A command or an option; what Discord adds (ids, versions, defaults) is left out. */
function essence(body: unknown): unknown {
  const fields = fieldsOf(body);
  return [
    fields.name,
    fields.type ?? 1,
    fields.description ?? '',
    Object.entries(fieldsOf(fields.description_localizations)).toSorted(),
    Object.entries(fieldsOf(fields.name_localizations)).toSorted(),
    fields.required ?? false,
    fields.autocomplete ?? false,
    fields.max_length ?? null,
    fields.min_value ?? null,
    fields.max_value ?? null,
    listOf(fields.channel_types).toSorted(),
    listOf(fields.choices).map((choice) => [fieldsOf(choice).name, fieldsOf(choice).value]),
    listOf(fields.contexts),
    fields.default_member_permissions ?? null,
    listOf(fields.options).map(essence),
  ];
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
