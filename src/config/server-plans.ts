import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { parsedJson } from '#src/base/json.ts';
import { type PipelineName, pipelineNames } from '#src/pipeline/pipeline.ts';
import type { Caps } from '#src/spending/caps.ts';

/** Limits of the operator for a server. */
export type ServerPlan = {
  readonly caps: Caps;
  /** Pipelines that the server may choose; absent: all. */
  readonly pipelines?: readonly PipelineName[];
};

/** Plans of all servers. */
export type ServerPlans = {
  /** Plan of servers without an own one. */
  readonly standard: ServerPlan;
  readonly byServer: ReadonlyMap<string, ServerPlan>;
};

export function planOf({ byServer, standard }: ServerPlans, guildId: string): ServerPlan {
  return byServer.get(guildId) ?? standard;
}

const limit = z.number().min(0).max(1e6).describe('0: no limit; absent: as the setting says.');
const planSchema = z.strictObject({
  personDayUsd: limit.optional(),
  personDayMinutes: limit.optional(),
  serverDayUsd: limit.optional(),
  serverDayMinutes: limit.optional(),
  serverMonthUsd: limit.optional(),
  serverMonthMinutes: limit.optional(),
  serverDayUnpriced: limit.optional(),
  captionsDayMinutes: limit.optional(),
  pipelines: z
    .array(z.enum(pipelineNames))
    .min(1)
    .optional()
    .describe('Pipelines that the server may choose; absent: all.'),
});
type PlanEntry = z.output<typeof planSchema>;

const serverId = z.string().regex(/^\d{15,21}$/);
/** Either the name of a plan, or a plan. */
const reference = z.union([z.string(), planSchema]);
const fileSchema = z.strictObject({
  $schema: z.string().optional(),
  plans: z.record(z.string().min(1), planSchema).optional().describe('Plans by name.'),
  default: reference.optional().describe('Plan of all other servers.'),
  servers: z.record(serverId, reference).optional().describe('Plans by the id of a server.'),
});

/** JSON schema of `SERVER_PLANS_FILE`, as `docs/server-plans.schema.json` publishes it. */
export function serverPlansSchema(): Readonly<Record<string, unknown>> {
  return { title: 'Plans of the servers of a bot', ...z.toJSONSchema(fileSchema, { io: 'input' }) };
}

/** The file up to its plans, which are checked one by one, so that each mistake names its entry. */
const outline = z.strictObject({
  $schema: z.string().optional(),
  plans: z.record(z.string().min(1), z.unknown()).default({}),
  default: z.unknown().optional(),
  servers: z.record(z.string(), z.unknown()).default({}),
});

/** Names that plans may use. */
type KnownNames = {
  /** Pipelines that are set up. */
  readonly pipelines: readonly PipelineName[];
};

type ReadPlans =
  | { readonly kind: 'ok'; readonly plans: ServerPlans }
  | { readonly kind: 'bad'; readonly mistakes: readonly string[] };

/** Reads the plans; `caps` are those of the settings. Without a path they are the plan of all servers. */
export function readServerPlans(
  path: string | undefined,
  caps: Caps,
  known: KnownNames,
): ReadPlans {
  if (path === undefined) return { kind: 'ok', plans: { standard: { caps }, byServer: new Map() } };
  const content = contentOf(path);
  if (content === undefined) return bad(path, ['the file: cannot be read as JSON']);
  const read = outline.safeParse(content);
  if (!read.success)
    return bad(
      path,
      read.error.issues.map((issue) => sentence([], issue)),
    );
  const mistakes: string[] = [];
  const planAt = (where: string, given: unknown): ServerPlan => {
    const parsed = planSchema.safeParse(given);
    if (parsed.success) {
      mistakes.push(...unknownNames(where, parsed.data, known));
      return planWith(parsed.data, caps);
    }
    mistakes.push(...parsed.error.issues.map((issue) => sentence([where], issue)));
    return { caps };
  };
  const { plans, default: standard = {}, servers } = read.data;
  const named = new Map(
    Object.entries(plans).map(([name, plan]) => [name, planAt(`plans.${name}`, plan)]),
  );
  const referred = (where: string, given: unknown): ServerPlan => {
    if (typeof given !== 'string') return planAt(where, given);
    const plan = named.get(given);
    if (!plan) mistakes.push(`${where}: there is no plan "${given}" in plans`);
    return plan ?? { caps };
  };
  const byServer = new Map(
    Object.entries(servers).map(([id, given]) => {
      if (!serverId.safeParse(id).success)
        mistakes.push(`servers.${id}: must be the numeric id of a server`);
      return [id, referred(`servers.${id}`, given)];
    }),
  );
  const found = { standard: referred('default', standard), byServer };
  return mistakes.length > 0 ? bad(path, mistakes) : { kind: 'ok', plans: found };
}

function bad(path: string, mistakes: readonly string[]): ReadPlans {
  return { kind: 'bad', mistakes: mistakes.map((one) => `SERVER_PLANS_FILE: ${path} ${one}`) };
}

function sentence(before: readonly string[], { message, path }: z.core.$ZodIssue): string {
  const where = [...before, ...path].join('.');
  return `${where || 'the file'}: ${message}`;
}

function unknownNames(where: string, { pipelines }: PlanEntry, known: KnownNames): string[] {
  const hasOne = pipelines?.some((name) => known.pipelines.includes(name)) ?? true;
  return hasOne ? [] : [`${where}.pipelines: the bot has no pipeline of this list`];
}

function planWith({ pipelines, ...own }: PlanEntry, caps: Caps): ServerPlan {
  const { serverDayUnpriced = 0, captionsDayMs = 0 } = caps;
  const amount = (usual: Caps['serverDay'], usd?: number, minutes?: number) => ({
    nanoUsd: usd === undefined ? usual.nanoUsd : Math.round(usd * 1e9),
    ms: minutes === undefined ? usual.ms : minutesMs(minutes),
  });
  const { captionsDayMinutes: captions } = own;
  return {
    caps: {
      personDay: amount(caps.personDay, own.personDayUsd, own.personDayMinutes),
      serverDay: amount(caps.serverDay, own.serverDayUsd, own.serverDayMinutes),
      serverMonth: amount(caps.serverMonth, own.serverMonthUsd, own.serverMonthMinutes),
      serverDayUnpriced: own.serverDayUnpriced ?? serverDayUnpriced,
      captionsDayMs: captions === undefined ? captionsDayMs : minutesMs(captions),
    },
    ...(pipelines && { pipelines }),
  };
}

function minutesMs(minutes: number): number {
  return Math.round(minutes * 60_000);
}

/** Undefined where it cannot be read. */
function contentOf(path: string): unknown {
  try {
    return parsedJson(readFileSync(path, 'utf8'));
  } catch {
    return undefined;
  }
}
