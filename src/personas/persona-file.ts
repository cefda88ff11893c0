import type { Persona, PersonaFault } from './persona.ts';
import { readPersona } from './persona.ts';

/** How each file begins; the version changes when a reader of the former one would misread the file. */
export const personaFileFormat = { format: 'parley-persona', version: 1 } as const;

/** Largest file, in bytes, that is read: a persona with all its texts full takes a third of it. */
export const mostPersonaFileBytes = 64 * 1_024;

export type PersonaFileResult =
  | { readonly kind: 'ok'; readonly persona: Persona }
  | { readonly kind: 'fault'; readonly fault: PersonaFileFault };

/** Why a file is no persona. */
export type PersonaFileFault = PersonaFault | { readonly kind: 'too-big' };

/** A persona as a file by `docs/persona.schema.json`. */
export function personaFile(persona: Persona): string {
  return `${JSON.stringify({ ...personaFileFormat, persona }, null, 2)}\n`;
}

/** A file of unknown origin: all of it fits, or nothing of it is used. */
export function readPersonaFile(bytes: Uint8Array): PersonaFileResult {
  if (bytes.length > mostPersonaFileBytes) return fault({ kind: 'too-big' });
  const file = parsed(bytes);
  if (file === undefined) return fault({ kind: 'no-json' });
  if (typeof file !== 'object' || file === null) return fault({ kind: 'no-persona' });
  const extra = Object.keys(file).find((key) => !envelope.has(key));
  if (extra !== undefined) return fault({ kind: 'unknown', field: extra });
  const { format, version, persona } = { ...emptyFile, ...file };
  const isOurs = format === personaFileFormat.format && version === personaFileFormat.version;
  if (!isOurs) return fault({ kind: 'no-persona' });
  return readPersona(persona);
}

const envelope = new Set(['$schema', 'format', 'version', 'persona']);
const emptyFile: Readonly<Record<string, unknown>> = {};

function parsed(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    return undefined;
  }
}

function fault(why: PersonaFileFault): Extract<PersonaFileResult, { kind: 'fault' }> {
  return { kind: 'fault', fault: why };
}
