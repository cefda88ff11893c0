import { createRequire } from 'node:module';
import { resolve } from 'node:path';
import { z } from 'zod';
import { messageOf } from '#src/base/errors.ts';
import type { ProviderRole } from '#src/provider/provider-news.ts';
import { type Engine, engineVersion, roles } from './engine.ts';

/** Engine that a module exports as `engine`. Throws a plain Error with one line for the operator where it cannot be used. */
export function loadEngine<Role extends ProviderRole>(role: Role, place: string): Engine<Role> {
  const isFunction = (value: unknown) => typeof value === 'function';
  const outsideEngine = z.object({
    version: z.literal(engineVersion),
    role: z.literal(role),
    name: z.string().min(1).max(40),
    price: z.enum(['free', 'requests', 'stream']),
    open: z.custom<Engine<Role>['open']>(isFunction, 'must be a function'),
  });
  const { success, data, error } = outsideEngine.safeParse(exportOf(place));
  if (success) return { ...data, about: place, probe: roles[role].paid };
  const [{ message, path } = { message: '', path: [] }] = error.issues;
  throw new Error(`${place} exports no engine for ${role}: ${path.join('.')} ${message}`);
}

/** The export `engine` of a module, which must not await at its top level. */
function exportOf(place: string): unknown {
  try {
    return createRequire(resolve('package.json'))(place).engine;
  } catch (error) {
    const [why = ''] = messageOf(error).split('\n');
    throw new Error(`${place} cannot be loaded: ${why}`);
  }
}
