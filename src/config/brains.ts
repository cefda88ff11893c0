import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { Secret } from '#src/base/secret.ts';
import type { Brain } from './types.ts';

/** `mistakes`: one line each. */
type BrainsFile = { readonly brains: readonly Brain[]; readonly mistakes: readonly string[] };

const brain = z.strictObject({
  pipeline: z.enum(['chained', 'audio-model', 'realtime']).default('chained'),
  baseUrl: z.string().regex(/^(https?|wss?):\/\/[^\s/]+/, 'must be an address'),
  model: z.string().trim().min(1),
  /** Name of the variable of the environment that holds the key. */
  keyVariable: z
    .string()
    .regex(/^[A-Z][A-Z0-9_]*$/, 'must be the name of a variable')
    .optional(),
});
const brainsFile = z.record(z.string().trim().min(1).max(32), brain);

/** Brains by a file of the operator, with their keys out of the environment. Without a path there are none. */
export function readBrains(
  path: string | undefined,
  environment: Readonly<Record<string, string | undefined>>,
): BrainsFile {
  if (path === undefined) return { brains: [], mistakes: [] };
  const parsed = brainsFile.safeParse(contentOf(path));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const where = issue?.path.join('.') || 'the file';
    return { brains: [], mistakes: [`BRAINS: ${path} ${where}: ${issue?.message ?? 'is wrong'}`] };
  }
  const all = Object.entries(parsed.data);
  const keyless = all.flatMap(([name, { keyVariable }]) =>
    keyVariable !== undefined && !environment[keyVariable]?.trim()
      ? [`BRAINS: ${name} names ${keyVariable}, which is not set`]
      : [],
  );
  return { brains: all.map((one) => brainOf(one, environment)), mistakes: keyless };
}

function brainOf(
  [name, { baseUrl, keyVariable, model, pipeline }]: [string, z.output<typeof brain>],
  environment: Readonly<Record<string, string | undefined>>,
): Brain {
  const key = keyVariable === undefined ? undefined : environment[keyVariable]?.trim();
  const apiKey = key ? { apiKey: new Secret(key) } : {};
  const keySetting = keyVariable ?? 'BRAINS';
  return { name, pipeline, server: { kind: 'remote', baseUrl, model, keySetting, ...apiKey } };
}

/** Undefined, which is no list of brains, where it cannot be read. */
function contentOf(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return undefined;
  }
}
