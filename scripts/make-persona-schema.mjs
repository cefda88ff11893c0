// npm run node -- scripts/make-persona-schema.mjs: writes docs/persona.schema.json anew, out of the schema that personas are checked by.

import { writeFileSync } from 'node:fs';
import { personaSchemaFile } from '#src/features/personas/persona-file-json-schema.ts';

writeFileSync('docs/persona.schema.json', `${JSON.stringify(personaSchemaFile(), null, 2)}\n`);
