import { isUtf8 } from 'node:buffer';
import { type JsonLimits, readForeignJson } from '#src/base/json.ts';
import type { Persona, PersonaFault } from '#src/conversation/settings/persona.ts';
import { readPersona } from '#src/conversation/settings/persona.ts';

/** Format and version at the start of each file; the version changes when a reader of the former one would misread the file. */
export const personaFileFormat = { format: 'parley-persona', version: 1 } as const;

/** File of unknown origin: a persona with all its texts full takes a third of these bytes. */
export const personaFileLimits: JsonLimits = {
  bytes: 64 * 1_024,
  depth: 4,
  values: 200,
  elements: 100,
  stringBytes: 32 * 1_024,
  keyBytes: 256,
};

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
  if (bytes.length > personaFileLimits.bytes) return fault({ kind: 'too-big' });
  const read = isUtf8(bytes) ? readForeignJson(bytes, personaFileLimits) : undefined;
  if (read?.kind !== 'ok')
    return fault({ kind: read?.code === 'json.too_large' ? 'no-persona' : 'no-json' });
  const file = read.value;
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

function fault(why: PersonaFileFault): Extract<PersonaFileResult, { kind: 'fault' }> {
  return { kind: 'fault', fault: why };
}
