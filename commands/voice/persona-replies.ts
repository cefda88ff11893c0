import { nearest } from '#commands/closest-names.ts';
import type { Reply } from '#src/conversation/command.ts';
import {
  type Persona,
  type PersonaField,
  personaLimits,
} from '#src/conversation/settings/persona.ts';
import { type PersonaFileFault, personaFileLimits } from '#src/features/personas/persona-file.ts';
import type { PersonaSaving } from '#src/features/personas/persona-outcomes.ts';
import { firstChars } from '#src/texts/plain.ts';
import type { TextLine } from '#src/texts/texts.ts';
import { unknownVoice } from './unknown-voice.ts';

/** Characters of the instructions that are shown, so that a person who imports a persona sees them. */
const shownChars = 1_200;

/** Reply to a name that no persona has. */
export function unknownPersona(x: string, known: readonly string[]): Reply {
  return known.length === 0
    ? { id: 'persona.unknown.none', with: { x }, to: 'caller' }
    : { id: 'persona.unknown', with: { x, closest: nearest(x, known).join(', ') }, to: 'caller' };
}

/** Reply to an invalid persona; nothing was changed. */
export function faultReply(fault: PersonaFileFault): Reply {
  return { ...faultLine(fault), to: 'caller' };
}

/** Reply to a persona that was stored, or to the reason why it was not. */
export function savedReply(persona: Persona, saving: PersonaSaving): Reply {
  const { instructions, name } = persona;
  switch (saving.kind) {
    case 'saved': {
      const shown = {
        id: 'persona.told',
        with: { instructions: shortened(instructions) },
      } as const;
      const unsaved = saving.saved ? [] : [{ id: 'persona.unsaved' } as const];
      const lines = [shown, ...unsaved];
      return { id: 'persona.saved', with: { persona: name }, lines, to: 'caller' };
    }
    case 'full':
      return { id: 'persona.full', with: { limit: saving.limit }, to: 'caller' };
    case 'unknown-voice':
      return unknownVoice(saving.name, saving.known);
    case 'unknown-brain': {
      const { known, name: x } = saving;
      return known.length === 0
        ? { id: 'persona.brain.none', with: { x }, to: 'caller' }
        : { id: 'persona.brain.unknown', with: { x, known: known.join(', ') }, to: 'caller' };
    }
  }
}

function faultLine(fault: PersonaFileFault): TextLine {
  switch (fault.kind) {
    case 'too-big':
      return { id: 'persona.bad.big', with: { kb: personaFileLimits.bytes / 1_024 } };
    case 'no-json':
    case 'no-persona':
      return { id: `persona.bad.${fault.kind === 'no-json' ? 'json' : 'shape'}` };
    case 'unknown':
      return { id: 'persona.bad.unknown', with: { field: firstChars(fault.field, 40) } };
    case 'hidden':
      return { id: 'persona.bad.hidden', with: { field: fault.field } };
    case 'choice': {
      const { allowed, field } = fault;
      return { id: 'persona.bad.choice', with: { field, allowed: allowed.join(', ') } };
    }
    case 'bad':
      return badLine(fault.field);
  }
}

function badLine(field: Exclude<PersonaField, 'cues'>): TextLine {
  switch (field) {
    case 'language':
      return { id: 'persona.bad.language', with: { field } };
    case 'voices':
      return { id: 'persona.bad.voices', with: { field } };
    case 'brain':
    case 'instructions':
    case 'name':
    case 'tone':
    case 'voice':
      return { id: 'persona.bad.chars', with: { field, n: personaLimits[field] } };
  }
}

function shortened(words: string): string {
  const chars = [...words];
  return chars.length > shownChars ? `${chars.slice(0, shownChars - 1).join('')}\u2026` : words;
}
