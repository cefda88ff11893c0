import { z } from 'zod';
import { mostPersonaVoices, personaSchema } from '#src/conversation/settings/persona.ts';
import { personaFileFormat } from './persona-file.ts';

/** JSON schema of persona files, as `docs/persona.schema.json` publishes it. */
export function personaSchemaFile(): Readonly<Record<string, unknown>> {
  const { $schema, ...persona } = z.toJSONSchema(personaSchema, {
    io: 'input',
    override: ({ zodSchema, jsonSchema }) => {
      if (zodSchema._zod.def.type === 'record') jsonSchema.maxProperties = mostPersonaVoices;
    },
  });
  return {
    $schema,
    title: 'Persona of a Discord server',
    type: 'object',
    required: ['format', 'version', 'persona'],
    additionalProperties: false,
    properties: {
      $schema: { type: 'string' },
      format: { const: personaFileFormat.format },
      version: { const: personaFileFormat.version },
      persona,
    },
  };
}
