import { z } from 'zod';
import {
  makeRoute,
  type RestAnswer,
  type RestCall,
  type RestRoute,
  refusalAnswers,
  toOkAnswer,
  withBody,
} from '#sandbox/rest/rest-route.ts';
import {
  findGuild,
  type RegisteredBody,
  type RegisteredOption,
  type World,
} from '#sandbox/world/world.ts';
import { toCommandJson } from '#sandbox/world/world-json.ts';
import { type GuildId, toGuildId } from '#src/base/ids.ts';
import { discordLocales } from '#src/texts/locales.ts';

/**
 * Makes the routes of slash commands, global and of each server. Checked as Discord
 * checks them.
 */
export function makeCommandRoutes(world: World): readonly RestRoute[] {
  const paths = [
    '/applications/:app/commands',
    '/applications/:app/guilds/:guild/commands',
  ];
  return paths.flatMap((path) => makeListRoutes(world, path));
}

function makeListRoutes(world: World, path: string) {
  const answerWithList = (guildId: GuildId | undefined) => {
    const commands = world.commands.filter((each) => each.guildId === guildId);
    return toOkAnswer(commands.map((each) => toCommandJson(world, each)));
  };
  return [
    makeRoute('GET', path, (call) => withScope(world, call, answerWithList)),
    makeRoute('PUT', path, (call) =>
      withScope(world, call, (guildId) =>
        withBody(commandListSchema, call.body, (bodies) => {
          const commands = bodies.map((body) => registerCommands(world, guildId, body));
          const others = world.commands.filter((each) => each.guildId !== guildId);
          world.commands = [...others, ...commands];
          return answerWithList(guildId);
        }),
      ),
    ),
  ];
}

/** Registers a command, which keeps its id as long as its name and type stay. */
function registerCommands(
  { ids, commands }: World,
  guildId: GuildId | undefined,
  body: RegisteredBody,
) {
  const { id = ids.mintId() } =
    commands.find(
      (each) =>
        each.guildId === guildId &&
        each.body.name === body.name &&
        each.body.type === body.type,
    ) ?? {};
  return { id, guildId, version: ids.mintId(), body };
}

/**
 * Answers by `then` with the id of the server of the commands. Undefined: the global
 * commands.
 */
function withScope(
  world: World,
  call: RestCall,
  then: (guildId: GuildId | undefined) => RestAnswer,
) {
  if (call.param('app') !== world.bot.id) return refusalAnswers.forbidden;
  const guildParam = call.param('guild');
  if (guildParam === '') return then(undefined);
  const guild = findGuild(world, toGuildId(guildParam));
  return guild ? then(guild.id) : refusalAnswers.forbidden;
}

/** Lower case where the script has it. Source: https://discord.com/developers/docs/interactions/application-commands#application-command-object-application-command-naming */
const nameSchema = z
  .string()
  .regex(
    /^[-_'\p{L}\p{N}\p{sc=Deva}\p{sc=Thai}]{1,32}$/u,
    'Must be a word of 1 to 32 letters.',
  )
  .refine((name) => name === name.toLowerCase(), 'Must be lower case.');

/** Builds the schema of a field in other languages. */
function localizedSchema(field: z.ZodType<string>) {
  return z.partialRecord(z.enum(discordLocales), field.nullable()).nullish();
}

const descriptionFields = {
  name: nameSchema,
  name_localizations: localizedSchema(nameSchema),
  description: z.string().min(1),
  description_localizations: localizedSchema(z.string()),
};
const optionFields = z.looseObject({
  ...descriptionFields,
  type: z.int(),
  required: z.boolean().optional(),
  options: z.lazy(() => optionListSchema).optional(),
});
const optionListSchema: z.ZodType<RegisteredOption[]> = z
  .array(optionFields)
  .refine(
    (options) => new Set(options.map(({ name }) => name)).size === options.length,
    'Names must be unique.',
  )
  .refine(
    hasRequiredFirst,
    'Required options must be placed before non-required options.',
  );
const slashCommandSchema = z.looseObject({
  ...descriptionFields,
  type: z.literal(1),
  options: optionListSchema.optional(),
});
const menuCommandSchema = z.looseObject({ name: z.string(), type: z.literal([2, 3]) });

/** All that a command shows, with its options and choices. Source: https://discord.com/developers/docs/interactions/application-commands#slash-commands */
const maxCommandChars = 8000;

/** One command as it is registered. Without a type it is a slash command. */
const commandSchema = z
  .preprocess(
    (body) => (typeof body === 'object' && body !== null ? { type: 1, ...body } : body),
    z.discriminatedUnion('type', [slashCommandSchema, menuCommandSchema]),
  )
  .refine(
    (body) => countCharacters(body) <= maxCommandChars,
    `APPLICATION_COMMAND_TOO_LARGE: Command exceeds maximum size (${maxCommandChars})`,
  );
const commandListSchema = z
  .array(commandSchema)
  .max(100)
  .refine(hasUniqueNames, 'Names must be unique.');

/**
 * Counts characters of names, descriptions and values of a command, its options and
 * choices. Of a field in several languages the longest counts. Source:
 * https://discord.com/developers/docs/interactions/application-commands#slash-commands
 */
function countCharacters(part: Readonly<Record<string, unknown>>): number {
  const nested = [part.options, part.choices].flatMap((each): unknown[] =>
    Array.isArray(each) ? each : [],
  );
  const ownCount =
    findLongest(part.name, part.name_localizations) +
    findLongest(part.description, part.description_localizations) +
    findLongest(part.value);
  return nested.reduce<number>(
    (sum, each) => sum + (isFields(each) ? countCharacters(each) : 0),
    ownCount,
  );
}

function findLongest(value: unknown, localizations?: unknown) {
  const texts = [
    value,
    ...(isFields(localizations) ? Object.values(localizations) : []),
  ];
  return Math.max(...texts.map((text) => (typeof text === 'string' ? text.length : 0)));
}

function isFields(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

function hasRequiredFirst(
  options: readonly { readonly required?: boolean | undefined }[],
) {
  const firstOptional = options.findIndex(({ required }) => !required);
  return (
    firstOptional < 0 || options.slice(firstOptional).every(({ required }) => !required)
  );
}

function hasUniqueNames(
  commands: readonly { readonly name: string; readonly type: number }[],
) {
  const keys = commands.map(({ name, type }) => `${type} ${name}`);
  return new Set(keys).size === keys.length;
}
