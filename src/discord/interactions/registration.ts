import { Routes } from 'discord.js';
import { bodyOf } from './registration-body.ts';
import type { CommandEntry } from './slashes.ts';

/** As much of a REST client as registering needs. */
export interface CommandRest {
  get(route: `/${string}`, request: { readonly query: URLSearchParams }): Promise<unknown>;
  put(route: `/${string}`, request: { readonly body: unknown }): Promise<unknown>;
}

/** Where the commands are to appear: in one server at once, else everywhere. */
export type CommandScope = { readonly applicationId: string; readonly guildId?: string };

/** What differed from that which Discord had, by the names of the commands. */
export type CommandChanges = {
  readonly added: readonly string[];
  readonly changed: readonly string[];
  readonly removed: readonly string[];
};

export function isChange({ added, changed, removed }: CommandChanges): boolean {
  return added.length + changed.length + removed.length > 0;
}

/**
 * Registers `commands` unless Discord already has exactly these; tells what it wrote.
 *
 * Errors: whatever the REST client throws on writing.
 */
export async function registerCommands(
  rest: CommandRest,
  { applicationId, guildId }: CommandScope,
  commands: readonly CommandEntry[],
): Promise<CommandChanges> {
  const route =
    guildId === undefined
      ? Routes.applicationCommands(applicationId)
      : Routes.applicationGuildCommands(applicationId, guildId);
  const wanted = commands.map((command) => bodyOf(command, guildId === undefined));
  const changes = changesBetween(await registered(rest, route), byName(wanted));
  if (isChange(changes)) await rest.put(route, { body: wanted });
  return changes;
}

/** Empty where Discord will not say: then we write. */
async function registered(
  rest: CommandRest,
  route: `/${string}`,
): Promise<ReadonlyMap<string, string>> {
  try {
    const query = new URLSearchParams({ with_localizations: 'true' });
    return byName(listOf(await rest.get(route, { query })));
  } catch {
    return new Map();
  }
}

/** What we set of each command, as one comparable word. */
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
    listOf(fields.options).map(essence),
  ];
}

function fieldsOf(body: unknown): Readonly<Record<string, unknown>> {
  return typeof body === 'object' && body !== null ? { ...body } : {};
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
