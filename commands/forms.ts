import type { FormHandler } from '#src/session/ports/command.ts';
import { personaForm } from './voice/persona-form.ts';

/** What becomes of every form of ours that somebody sends. */
export const forms: readonly FormHandler[] = [personaForm];
